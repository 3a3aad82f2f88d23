/** The engine of one API key, put together: everything that touches Redis or BullMQ, behind one value. */
import type { PriceTable } from "@linkup-queue/contracts";
import { Redis } from "ioredis";
import { type AccountCensus, countAccounts } from "./accounts/account-census.ts";
import { Accounts } from "./accounts/accounts.ts";
import { AuthJobs } from "./accounts/auth-jobs.ts";
import { JobCancels } from "./again/cancels.ts";
import { Reconciles } from "./again/reconciles.ts";
import { Redrives } from "./again/redrive.ts";
import { Audit } from "./audit/audit.ts";
import { type Load, readLoad } from "./campaigns/campaign-estimate.ts";
import { type CampaignHead, readCampaignHeads } from "./campaigns/campaign-heads.ts";
import type { Campaign } from "./campaigns/campaign-record.ts";
import { Campaigns } from "./campaigns/campaigns.ts";
import { type Preview, previewCampaign } from "./campaigns/preview.ts";
import { type RecipientsAsked, type RecipientsPage, recipientsPage } from "./campaigns/recipients-page.ts";
import { JobDoor } from "./door/job-door.ts";
import { type ForgottenPerson, forgetPerson } from "./erasure/forget-person.ts";
import { type Removal, removeRecipient } from "./erasure/remove-recipient.ts";
import { type Examined, type ExamineSettings, examineEngine } from "./findings/examine.ts";
import { ClockWatch } from "./ledger/clock-watch.ts";
import { Credits } from "./ledger/credits.ts";
import { type DayBudget, readDayBudget } from "./ledger/day-budget.ts";
import { Gate } from "./ledger/gate.ts";
import { type OutcomeCounts, readOutcomeCounts, readWindowHistory, type WindowHistory } from "./ledger/history.ts";
import type { KeptEnds } from "./ledger/kept-ends.ts";
import { type KeyState, KeyStates } from "./ledger/key-state.ts";
import { Outbox } from "./ledger/outbox.ts";
import { OutcomeFeed } from "./ledger/outcome-feed.ts";
import { Resolutions } from "./ledger/resolutions.ts";
import { SeenState } from "./ledger/seen-state.ts";
import { countUnknownWrites, readUnknownWrites, type UnknownPage, type UnknownPlace } from "./ledger/unknown-writes.ts";
import { InboxWatch } from "./people/inbox-watch.ts";
import { InvitationCounts } from "./people/invitation-counts.ts";
import { type PersonFacts, readPersonFacts } from "./people/person-facts.ts";
import { Replies } from "./people/replies.ts";
import { StoppedJobs } from "./people/stopped-jobs.ts";
import { Suppressions } from "./people/suppressions.ts";
import { attachedReplicas, tooFewAsked } from "./redis/attached-replicas.ts";
import { CallQueues } from "./redis/call-queues.ts";
import { type Confirmed, Confirmer, unconfirmed } from "./redis/confirmer.ts";
import type { EngineConfig } from "./redis/engine-config.ts";
import { MemoryHistory } from "./redis/memory-history.ts";
import { RedisHealth } from "./redis/redis-health.ts";
import { type Resealed, resealAll } from "./redis/reseal.ts";
import { type RedisClient, RedisScripts, type ScriptOptions } from "./redis/scripts.ts";
import type { Secrets } from "./redis/secrets.ts";
import { operationOfBrake } from "./safety/brakes.ts";
import { PeopleDigests } from "./safety/people-digests.ts";
import { restOfId } from "./safety/rests.ts";
import type { OnChanged } from "./safety/state-event.ts";
import { ScheduleTicks } from "./schedules/schedule-ticks.ts";
import { Schedules } from "./schedules/schedules.ts";
import { type Backlog, readBacklog } from "./views/backlog.ts";
import { JobPages } from "./views/job-pages.ts";
import { JobViews } from "./views/job-views.ts";
import { type PastState, readPastStates } from "./views/state-history.ts";
import { Webhooks } from "./webhooks/webhooks.ts";

export type EngineJobs = {
  queues: CallQueues;
  door: JobDoor;
  views: JobViews;
  pages: JobPages;
  cancels: JobCancels;
  redrives: Redrives;
  reconciles: Reconciles;
  resolutions: Resolutions;
};

/** An end by hand: of an account's rest, or of an operation's brake. */
export type Released = { kind: "rest"; account: string; scope: string } | { kind: "brake"; operation: string };

/** `trouble`: a failover's harm where fewer are asked for than are attached; null for none. */
export type Replicas = { asked: number; attached: number; trouble: string | null };

/** Who is not to be contacted, who answered, and the jobs that end for it. */
export type EnginePeople = {
  suppressions: Suppressions;
  replies: Replies;
  stoppedJobs: StoppedJobs;
  inboxes: InboxWatch;
  /** When a person, by `personKey`, answered and was written to last. */
  facts(key: string): Promise<PersonFacts>;
  invitations: InvitationCounts;
};

export type Engine = {
  config: EngineConfig;
  /** The prices of calls at the provider that is in use. */
  prices: PriceTable;
  scripts: RedisScripts;
  gate: Gate;
  health: RedisHealth;
  /** Redis's memory, hour by hour. */
  memory: MemoryHistory;
  accounts: Accounts;
  authJobs: AuthJobs;
  keys: KeyStates;
  /** The highest that this process has seen of the state in Redis. */
  seen: SeenState;
  /** Sees jumps of Redis's clock; null where nobody asked to hear of them. */
  clock: ClockWatch | null;
  outbox: Outbox;
  jobs: EngineJobs;
  campaigns: Campaigns;
  /** A campaign's recipients by their state. */
  recipients(of: Pick<Campaign, "id" | "definition" | "formerAccounts">, asked: RecipientsAsked): Promise<RecipientsPage>;
  /** Takes a recipient out of its campaign. Throws `not_found`, and `conflict` once its call left or the campaign is over. */
  removeRecipient(campaignId: string, recipientId: string): Promise<Removal>;
  schedules: Schedules;
  ticks: ScheduleTicks;
  webhooks: Webhooks;
  credits: Credits;
  /** Kept outcomes in the order they came. */
  outcomes: OutcomeFeed;
  audit: Audit;
  secrets: Secrets;
  people: EnginePeople;
  /** How many accounts there are in each state. */
  census(): Promise<AccountCensus>;
  /** The states that an account or a campaign came into, the latest first. */
  pastStates(of: { accountId: string } | { campaignId: string }): Promise<PastState[]>;
  /** The backlog of all queues. `nowMs` is Redis's clock. */
  backlog(nowMs: number): Promise<Backlog>;
  /** The day's credits; null without a bound. `nowMs` is Redis's clock. */
  dayBudget(nowMs: number): Promise<DayBudget | null>;
  /** The calls of the last window, second by second; `key` as it was just read. */
  windowHistory(key: KeyState): Promise<WindowHistory>;
  /** Outcomes of the last 24 h by quarter of an hour. `nowMs` is Redis's clock. */
  outcomeCounts(nowMs: number): Promise<OutcomeCounts[]>;
  /** Writes whose effect nobody knows and that were not done again, newest first. */
  unknownWrites: { count(): Promise<number>; read(page: { before?: UnknownPlace | undefined; limit: number }): Promise<UnknownPage> };
  /** Campaigns that are not over, in a few fields each. */
  campaignHeads(): Promise<CampaignHead[]>;
  /** The findings in Redis and in all that is in it, the good too, with the facts of Redis that they go by. */
  examine(settings: ExamineSettings): Promise<Examined>;
  /** The present load, for an estimate; looks at the accounts of these campaigns. */
  load(of: readonly Campaign[]): Promise<Load>;
  /** The course of a campaign if it went on now, under this load: cost, end, whom it would not write to, examples. */
  preview(campaign: Campaign, load: Load): Promise<Preview>;
  /** Takes off the brake that bears this id, or ends the rest that does; null for an id that none bears. `by`: who asks, for the event. */
  release(id: string, by?: string): Promise<Released | null>;
  /** Whether as many replicas are asked for as follow the master: any of them may be promoted. */
  replicas(): Promise<Replicas>;
  /** Seals with LINKUP_SECRETS_KEY all that is stored and was sealed otherwise. */
  resealSecrets(): Promise<Resealed>;
  /** Forgets a person (by `personKey`) in all that Redis holds. */
  forgetPerson(person: string): Promise<ForgottenPerson>;
  /** A door on a connection of its own, for batches: other requests would wait behind their hundreds of commands. */
  openDoor(client: RedisClient): { door: JobDoor; confirmed: Confirmed; close(): Promise<void> };
  /** Does some work over the engine's connection, and answers once Redis has confirmed what it wrote: before anybody is told. */
  confirmed: Confirmed;
  /** Closes the queues and what the engine opened; the connection is its owner's. */
  close(): Promise<void>;
};

export type EngineParts = {
  client: RedisClient;
  config: EngineConfig;
  secrets: Secrets;
  prices: PriceTable;
  /** Hears of each change that people or this process itself make to an account, the key or a brake, once; those of settlements and sweeps are in their answers. */
  onChanged?: OnChanged;
  /** Keeps what is settled here, should Redis lose it; left out where nobody would settle it again. */
  keptEnds?: KeptEnds;
  /** Hears of each jump of Redis's clock that this process sees; left out where nothing leaves. */
  onClockJump?: (jumpMs: number) => void;
  scriptOptions?: ScriptOptions;
};

/** Builds the engine on an open connection. Starts nothing, and opens a queue only when one is first used. */
export function createEngine(parts: EngineParts): Engine {
  const { client, config, secrets, prices, scriptOptions, onChanged, keptEnds, onClockJump } = parts;
  const scripts = new RedisScripts(client, config.keyId, scriptOptions);
  const health = new RedisHealth(client, config.redisReplicas);
  const memory = new MemoryHistory(scripts);
  const confirmer = confirmerOf(scripts, { config, health });
  const confirmed = confirmer?.over(client) ?? unconfirmed;
  const marks = confirmer === null ? null : openMarks(parts);
  const seen = new SeenState();
  const people = new PeopleDigests(scripts, secrets);
  const keys = new KeyStates(scripts, config, onChanged);
  const clock = onClockJump === undefined ? null : new ClockWatch({ close: (jumpMs) => keys.clockJumped(jumpMs), onJump: onClockJump });
  const gate = new Gate({
    people,
    seen,
    clock: clock ?? undefined,
    keptEnds,
    scripts,
    config,
    health,
    confirmed,
    ...(confirmer === null || marks === null ? {} : { marks: { scripts: marks, confirmed: confirmer.over(marks.client) } }),
  });
  const accounts = new Accounts(scripts, secrets, { ...config, onChanged });
  const authJobs = new AuthJobs(client, config.keyId);
  const outbox = new Outbox(scripts, { gate, config, confirmed });
  const schedules = new Schedules(scripts, accounts, config);
  const campaigns = new Campaigns(scripts, prices);
  const webhooks = new Webhooks(scripts, secrets, config);
  const queues = new CallQueues(client, config.keyId);
  const views = new JobViews(scripts, config, prices);
  const pages = new JobPages(scripts, config, prices);
  const cancels = new JobCancels({ scripts, gate, outbox, views, pages, queues });
  const suppressions = new Suppressions(scripts, people);
  const replies = new Replies(scripts, { digests: people, config, onChanged });
  const door = new JobDoor(scripts, config, queues);
  const resolutions = new Resolutions(scripts, config);
  const redrives = new Redrives({ scripts, config, prices, queues, views, pages });
  const reconciles = new Reconciles({ scripts, config, queues, views });
  return {
    config,
    prices,
    scripts,
    gate,
    health,
    memory,
    accounts,
    authJobs,
    keys,
    seen,
    clock,
    outbox,
    jobs: { queues, door, views, pages, cancels, redrives, reconciles, resolutions },
    campaigns,
    recipients: (of, asked) => recipientsPage(scripts, of, asked),
    removeRecipient: (campaignId, recipientId) =>
      removeRecipient({ scripts, gate, outbox, campaigns, views, cancels }, campaignId, recipientId),
    schedules,
    ticks: new ScheduleTicks(scripts, config, queues),
    webhooks,
    credits: new Credits(scripts),
    outcomes: new OutcomeFeed(scripts, config),
    audit: new Audit(scripts),
    secrets,
    people: {
      suppressions,
      replies,
      stoppedJobs: new StoppedJobs({ scripts, views, cancels, digests: people }),
      inboxes: new InboxWatch({ scripts, config, queues }),
      facts: (key) => readPersonFacts(scripts, people, key),
      invitations: new InvitationCounts({ scripts, config, queues }),
    },
    census: () => countAccounts(scripts),
    pastStates: (of) => readPastStates(scripts, of),
    backlog: (nowMs) => readBacklog(scripts, config.keyId, nowMs),
    dayBudget: (nowMs) => readDayBudget(scripts, config, nowMs),
    windowHistory: (key) => readWindowHistory(scripts, key),
    outcomeCounts: (nowMs) => readOutcomeCounts(scripts, nowMs),
    unknownWrites: { count: () => countUnknownWrites(scripts), read: (page) => readUnknownWrites(scripts, page) },
    campaignHeads: () => readCampaignHeads(scripts),
    examine: (settings) => examineEngine({ scripts, config, secrets, keys, memory, accounts, schedules, webhooks }, settings),
    load: (of) => readLoad({ scripts, config, accounts, keys, campaigns }, of),
    preview: (campaign, load) => previewCampaign({ scripts, digests: people }, campaign, { load }),
    confirmed,
    release: async (id, by) => {
      const rest = restOfId(id);
      if (rest !== null) return (await accounts.endRest(rest.account, rest.scope)) ? { kind: "rest", ...rest } : null;
      const operation = operationOfBrake(id);
      if (operation === null || (await keys.releaseBrake(operation, by)) === null) return null;
      return { kind: "brake", operation };
    },
    replicas: async () => {
      const counts = { asked: config.redisReplicas, attached: await attachedReplicas(client) };
      return { ...counts, trouble: tooFewAsked(counts) };
    },
    resealSecrets: () => resealAll(scripts, secrets),
    forgetPerson: (person) => forgetPerson({ scripts, gate, outbox, campaigns, schedules, digests: people, views, cancels }, person),
    openDoor: (own) => {
      const ownQueues = new CallQueues(own, config.keyId);
      const scriptsThere = new RedisScripts(own, config.keyId, scriptOptions);
      const door = new JobDoor(scriptsThere, config, ownQueues);
      return { door, confirmed: confirmer?.over(own) ?? unconfirmed, close: () => ownQueues.close() };
    },
    close: async () => {
      await Promise.all([authJobs.close(), outbox.close(), schedules.close(), queues.close()]);
      marks?.client.disconnect();
      confirmer?.close();
    },
  };
}

function confirmerOf(scripts: RedisScripts, { config, health }: { config: EngineConfig; health: RedisHealth }): Confirmer | null {
  if (config.redisReplicas === 0) return null;
  const { client, tag, keys } = scripts;
  return new Confirmer({ client, tag, keys, replicas: config.redisReplicas, onUnconfirmed: () => health.markUnconfirmed() });
}

/** A connection of their own for marks; over a cluster's they go with all else. */
function openMarks({ client, config, scriptOptions }: EngineParts): RedisScripts | null {
  if (!(client instanceof Redis)) return null;
  // A mark that was under way when the connection broke fails at once: its call is not sent, and asks again.
  const own = client.duplicate({ maxRetriesPerRequest: 0 });
  own.on("error", () => undefined);
  return new RedisScripts(own, config.keyId, scriptOptions);
}
