/** The engine of one API key, put together: everything that touches Redis or BullMQ, behind one value. */
import type { PriceTable } from "@linkup-queue/contracts";
import { Redis } from "ioredis";
import { type AccountCensus, countAccounts } from "./accounts/account-census.ts";
import { Accounts } from "./accounts/accounts.ts";
import { AuthJobs } from "./accounts/auth-jobs.ts";
import { JobCancels } from "./again/cancels.ts";
import { Redrives } from "./again/redrive.ts";
import { type Load, readLoad } from "./campaigns/campaign-estimate.ts";
import type { Campaign } from "./campaigns/campaign-record.ts";
import { Campaigns } from "./campaigns/campaigns.ts";
import { JobDoor } from "./door/job-door.ts";
import { type ForgottenPerson, forgetPerson } from "./erasure/forget-person.ts";
import { type ExamineSettings, examineEngine } from "./findings/examine.ts";
import type { Finding } from "./findings/finding.ts";
import { Credits } from "./ledger/credits.ts";
import { type DayBudget, readDayBudget } from "./ledger/day-budget.ts";
import { Gate } from "./ledger/gate.ts";
import { KeyStates } from "./ledger/key-state.ts";
import { Outbox } from "./ledger/outbox.ts";
import { CallQueues } from "./redis/call-queues.ts";
import { type Confirmed, Confirmer, unconfirmed } from "./redis/confirmer.ts";
import type { EngineConfig } from "./redis/engine-config.ts";
import { RedisHealth } from "./redis/redis-health.ts";
import { type RedisClient, RedisScripts, type ScriptOptions } from "./redis/scripts.ts";
import type { Secrets } from "./redis/secrets.ts";
import { ScheduleTicks } from "./schedules/schedule-ticks.ts";
import { Schedules } from "./schedules/schedules.ts";
import { type Backlog, readBacklog } from "./views/backlog.ts";
import { JobPages } from "./views/job-pages.ts";
import { JobViews } from "./views/job-views.ts";
import { Webhooks } from "./webhooks/webhooks.ts";

export type EngineJobs = { queues: CallQueues; door: JobDoor; views: JobViews; pages: JobPages; cancels: JobCancels; redrives: Redrives };

export type Engine = {
  config: EngineConfig;
  /** The prices of calls at the provider that is in use. */
  prices: PriceTable;
  scripts: RedisScripts;
  gate: Gate;
  health: RedisHealth;
  accounts: Accounts;
  authJobs: AuthJobs;
  keys: KeyStates;
  outbox: Outbox;
  jobs: EngineJobs;
  campaigns: Campaigns;
  schedules: Schedules;
  ticks: ScheduleTicks;
  webhooks: Webhooks;
  credits: Credits;
  secrets: Secrets;
  /** How many accounts there are in each state. */
  census(): Promise<AccountCensus>;
  /** The backlog of all queues. `nowMs` is Redis's clock. */
  backlog(nowMs: number): Promise<Backlog>;
  /** The day's credits; null without a bound. `nowMs` is Redis's clock. */
  dayBudget(nowMs: number): Promise<DayBudget | null>;
  /** The findings in Redis and in all that is in it, the good too. */
  examine(settings: ExamineSettings): Promise<Finding[]>;
  /** The present load, for an estimate; looks at the accounts of these campaigns. */
  load(of: readonly Campaign[]): Promise<Load>;
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
  scriptOptions?: ScriptOptions;
};

/** Builds the engine on an open connection. Starts nothing, and opens a queue only when one is first used. */
export function createEngine(parts: EngineParts): Engine {
  const { client, config, secrets, prices, scriptOptions } = parts;
  const scripts = new RedisScripts(client, config.keyId, scriptOptions);
  const health = new RedisHealth(client, config.redisReplicas);
  const confirmer = confirmerOf(scripts, { config, health });
  const confirmed = confirmer?.over(client) ?? unconfirmed;
  const marks = confirmer === null ? null : openMarks(parts);
  const gate = new Gate({
    scripts,
    config,
    health,
    confirmed,
    ...(confirmer === null || marks === null ? {} : { marks: { scripts: marks, confirmed: confirmer.over(marks.client) } }),
  });
  const accounts = new Accounts(scripts, secrets, config);
  const authJobs = new AuthJobs(client, config.keyId);
  const keys = new KeyStates(scripts, config);
  const outbox = new Outbox(scripts, { gate, config, confirmed });
  const schedules = new Schedules(scripts, accounts, config);
  const campaigns = new Campaigns(scripts, prices);
  const webhooks = new Webhooks(scripts, secrets, config);
  const queues = new CallQueues(client, config.keyId);
  const views = new JobViews(scripts, config, prices);
  const pages = new JobPages(scripts, config, prices);
  const cancels = new JobCancels({ gate, outbox, views, queues });
  const door = new JobDoor(scripts, config, queues);
  const redrives = new Redrives({ scripts, config, queues, views, pages });
  return {
    config,
    prices,
    scripts,
    gate,
    health,
    accounts,
    authJobs,
    keys,
    outbox,
    jobs: { queues, door, views, pages, cancels, redrives },
    campaigns,
    schedules,
    ticks: new ScheduleTicks(scripts, config, queues),
    webhooks,
    credits: new Credits(scripts),
    secrets,
    census: () => countAccounts(scripts),
    backlog: (nowMs) => readBacklog(scripts, config.keyId, nowMs),
    dayBudget: (nowMs) => readDayBudget(scripts, config, nowMs),
    examine: (settings) => examineEngine({ scripts, config, secrets, keys, accounts, schedules, webhooks }, settings),
    load: (of) => readLoad({ scripts, config, accounts, keys, campaigns }, of),
    confirmed,
    forgetPerson: (person) => forgetPerson({ scripts, gate, outbox, campaigns, schedules, views, cancels }, person),
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
