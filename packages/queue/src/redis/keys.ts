/**
 * Every key of ours in Redis, declared once: its name, type, fields, expiry and owner. Scripts get the constructors of these names as their
 * module `keys`, processes get them by `keysOf`; no other file spells a key. BullMQ's keys are BullMQ's.
 */

export type Key = {
  /** The name behind `{linkup-<key id>}:gate:`; a part in angle brackets is handed in. */
  name: string;
  type: "hash" | "list" | "set" | "stream" | "string" | "zset";
  /** The room whose rules it follows. */
  owner: string;
  what: string;
  /** Of a list, set, stream or zset: its members, and of a zset its scores. */
  members?: string;
  /** Of a hash: its fields. */
  fields?: Readonly<Record<string, string>>;
  /** When it goes by itself; a key that says nothing is removed by a script, or stays. */
  expires?: string;
};

const DIGEST = "the digest of a job's queue and id, 20 characters";

export const KEYS = {
  // The API key, its window and its workers
  state: {
    name: "key",
    type: "hash",
    owner: "ledger",
    what: "the API key's own state, Redis's clock as the scripts last saw it, and the number of the layout",
    fields: {
      now: "the latest moment that a script acted at, ms; time never goes back behind it",
      layout: "the layout of all these keys; `1>2` while a step is under way",
      born: "when the first worker came, ms",
      closedTold: "of which `closedUntil` people were told",
      closedUntil: "nothing leaves before, ms: what was sent in the last window is not known",
      closedAt: "when it was closed so, ms: what was granted until then does not leave",
      clockJump: "by how much a worker saw Redis's clock jump last, ms; below 0: back",
      clockJumpedAt: "when, ms",
      window: "the LINKUP_RATE_WINDOW_MS that holds: the strictest worker's",
      margin: "how long beyond it a slot is busy, ms",
      limit: "the LINKUP_RATE_LIMIT that holds",
      accountMax: "the LINKUP_ACCOUNT_CONCURRENCY that holds",
      dayCredits: "the LINKUP_MAX_CREDITS_PER_DAY that holds; none: no bound",
      fingerprint: "of the API key that the workers use",
      digests: "the secret of keyed digests, sealed",
      keyCanary: "a known text, sealed with LINKUP_SECRETS_KEY",
      canary: "`moved`: where versions from before the number look for that text, and open nothing",
      sealed: "how the stored secrets are sealed, once all of them are",
      state: "open | cooling | stopped",
      reason: "why it is not open",
      until: "of a cooling key, ms",
      pause: "of an outage: the present pause, ms",
      probe: "the call that is let through alone",
      nextProbe: "of a stopped key, ms",
      sent: "when the sweep last sent a job to be the key's probe, ms",
      unproven: "1 until LinkUp answered this key",
      ring: "the last fifty answers, 1 for a server error",
      hold: "mean time from grant to answer, ms",
      tat: "when the next paced grant is due (GCRA), ms",
      dayTold: "<day>:<bound>:spent | open, of the day's credits, as people were told last",
      summedDay: "the day whose credits were given their expiry",
      refusals: "how many calls the service itself refused",
      unproved: "how many of them since the last success that proves anything",
      doubt: "calls | logins, from a refusal to that success",
      "okBy | okAt | okBefore": "whose call worked last, when, and when the last of another account did, ms",
      "suspectBy | suspectAt": "the account that was refused last where it may have been the key, and when, ms",
      doubtful: "answers in a row that make no sense, as JSON by operation",
      feedWoken: "1: somebody has work for the feeder",
      news: "how many events of campaigns there were",
      changeEvents: "how many events of accounts, the key and brakes there were",
      "shortage | shortageBy": "what Redis is short of, as told to people, and the worker that saw it",
      fedAt: "counts the turns of accounts in feeding",
      formerKeysUntil: "the day until which keys of batch lines of an earlier form are honoured",
    },
  },
  slots: {
    name: "slots",
    type: "zset",
    owner: "ledger",
    what: "busy places of the rate window",
    members: "calls, by when their place is free",
  },
  fence: {
    name: "fence:<random>",
    type: "string",
    owner: "redis",
    what: "a write that replicas are waited for, with all that was written before it",
    expires: "a second later",
  },
  workers: { name: "workers", type: "zset", owner: "ledger", what: "workers that are alive", members: "workers, by their last beat" },
  workerBounds: {
    name: "worker-bounds",
    type: "hash",
    owner: "ledger",
    what: "the bounds that each worker was given by its settings",
    fields: { "<worker>": "as JSON; of one that is gone with `till`, when they cease to hold, ms" },
  },
  sweeping: { name: "sweeping", type: "string", owner: "work", what: "the worker whose sweep is on", expires: "with the sweep's lease" },
  failedCursor: {
    name: "failed-cursor",
    type: "hash",
    owner: "work",
    what: "how far the sweep read BullMQ's jobs that are over",
    fields: { "<queue>": "of the failed ones, a finish time, ms", "<queue>|completed": "of the completed ones" },
  },
  placesCursor: {
    name: "places-cursor",
    type: "hash",
    owner: "work",
    what: "how far the sweep is with looking at places behind which no live job stands",
    fields: {
      kind: "accounts | campaigns | brakes",
      holder: "the account, campaign or operation",
      rank: "in the line of those that wait there",
    },
  },

  // Jobs and calls
  job: {
    name: "job:<digest>",
    type: "hash",
    owner: "ledger",
    what: `a job's ledger entry, from its first visit at the gate until its outcome is published; ${DIGEST}`,
    fields: {
      state: "waiting | parked | released | held | braked | open | settled | vanished; none: the feeder's note, no entry yet",
      queue: "its queue",
      id: "its id in that queue",
      account: "its account",
      priority: "BullMQ's priority; 1 is urgent",
      member: "its name in its account's lane, which orders it",
      meta: "what its outcome needs, as JSON",
      op: "its operation",
      target: "what it is about",
      scopes: "its operation and the families that it counts to, with commas between",
      aside: "1: it waits for a rest, among its account's jobs aside",
      campaign: "its campaign, once the ledger counts it there",
      own: "1: made by the feeder for a recipient of its campaign",
      chosen: "1: sent by the sweep to be a probe",
      call: "the latest grant's call",
      granted: "when, ms",
      deadline: "when that grant is void unless it left, ms",
      left: "1: a byte of it may have left",
      expires: "when the job expires, ms; none: never",
      price: "what the call may cost",
      held: "credits of its grant that are out",
      heldDay: "the day whose sums they are out of",
      epoch: "of the account's token at the grant",
      seen: "refusals by the service that were known at the grant",
      calls: "calls that left",
      attempts: "free failures that counted",
      deaths: "calls that met a dead token",
      charged: "credits that it cost",
      uncertain: "credits that it may have cost",
      wasted: "of those charged",
      started: "when its first call was granted, ms",
      status: "of a settled job: its outcome's",
      outcomeId: "of a settled job",
      settledCall: "the call that was settled last",
      settledOnce: "by which settlement",
      settledAs: "and its answer",
      settledWaste: "and the waste that it told",
      settledNews: "and what it told of the key, of brakes and of rests, as JSON",
    },
  },
  open: { name: "open", type: "zset", owner: "ledger", what: "open grants", members: "digests, by their deadline" },
  waiting: {
    name: "waiting",
    type: "zset",
    owner: "ledger",
    what: "jobs between two calls",
    members: "digests, by when the sweep last looked for them",
  },
  vanished: {
    name: "vanished",
    type: "zset",
    owner: "ledger",
    what: "jobs that BullMQ has lost, for the sweep to end",
    members: "digests, by when that was found",
  },
  released: {
    name: "released",
    type: "zset",
    owner: "ledger",
    what: "jobs on their way back to their queue",
    members: "digests, by when they were sent there",
  },
  outbox: {
    name: "outbox",
    type: "zset",
    owner: "ledger",
    what: "outcomes that are not on the results queue yet",
    members: "digests, by when they were settled",
  },
  outcome: {
    name: "outcome:<outcome>",
    type: "string",
    owner: "ledger",
    what: "a packed outcome",
    expires: "LINKUP_OUTCOME_DAYS after it was published, later while it is owed",
  },
  used: {
    name: "used:<week>:<letters>",
    type: "hash",
    owner: "ledger",
    what: "finished jobs of a week, by the first two letters of their digests",
    fields: { "<rest of the digest>": "the first letter of the outcome's status" },
    expires: "LINKUP_LEDGER_DAYS after its week",
  },
  late: {
    name: "late:<call>",
    type: "hash",
    owner: "ledger",
    what: "a call whose charge is not known, should its answer come yet",
    fields: {
      day: "of its grant",
      price: "in credits",
      operation: "its operation",
      campaign: "its campaign or ''",
      redrive: "1: of a job that does another again",
    },
    expires: "a day after",
  },
  back: {
    name: "back:<once>",
    type: "string",
    owner: "ledger",
    what: "a limiter token that was given back, once",
    expires: "after ten minutes",
  },
  credits: {
    name: "credits:<day>",
    type: "hash",
    owner: "ledger",
    what: "credits of a UTC day, counted from 1 January 1970",
    fields: {
      "held | charged | uncertain | wasted | redriven": "in credits",
      "<one of them>|op|<operation>": "the same of an operation",
      "<one of them>|campaign|<campaign>": "the same of a campaign",
    },
    expires: "400 days after",
  },
  redriven: {
    name: "redriven:<digest>",
    type: "string",
    owner: "again",
    what: "the id of the job that does this one again",
    expires: "a week after the ids of the week in which the job ended are free",
  },
  redriveOf: {
    name: "redrive-of:<digest>",
    type: "string",
    owner: "again",
    what: "which job this one does again",
    expires: "as the name of the other",
  },
  keysOfJobs: {
    name: "keys:<bucket>:<letters>",
    type: "hash",
    owner: "door",
    what: "idempotency keys that were accepted by HTTP, in buckets of thirty days",
    fields: {
      "<rest of the id>": "the fingerprint of the job, and the day",
      "<rest of the id>#": "how many further lines had this content, and the day",
      "<rest of the id>#<n>": "the ordinal of one of them, and the day",
    },
    expires: "when its last record has",
  },

  accepted: {
    name: "accepted:<letters>",
    type: "hash",
    owner: "door",
    what: "jobs that were accepted and that the ledger may not know yet, by the first two letters of their digests",
    fields: {
      "<rest of the digest><queue>:<id>": "when it was made, ms, and a JSON list: operation, account, campaign, which job it does again",
    },
  },
  acceptedLooks: {
    name: "accepted-looks",
    type: "zset",
    owner: "door",
    what: "when the sweep looks whether accepted jobs are still in their queues",
    members: "first letters of digests, by when",
  },

  // Accounts and their lanes
  account: {
    name: "account:<account>",
    type: "hash",
    owner: "accounts",
    what: "an account; secrets are sealed",
    fields: {
      state: "active | refreshing | awaiting_code | cooling | needs_attention | disabled",
      why: "what brought it there",
      epoch: "counts its tokens",
      token: "sealed",
      credentials: "sealed",
      code: "sealed",
      country: "of its proxy",
      max: "calls in flight at once; 0: the setting's",
      print: "of its credentials, to know them again",
      emailPrint: "of its address",
      canLogin: "1: it has a password",
      createdAt: "ms",
      born: "of its token, ms",
      lastRefreshAt: "ms",
      try: "counts log-ins of an epoch",
      codeTry: "counts codes",
      codeFrom: "the codes before belong to an earlier log-in",
      quickDeaths: "tokens in a row that died within ten minutes",
      until: "the end of the whole account's rest, ms",
      rests:
        "what rests of it, as JSON by scope: since, till, step of the ladder, cause; on: its end is still to be told; by: who ended it",
      toldState: "needs_attention | awaiting_code | paused, as webhooks were told last; none once it is active again",
      refusals: "refusals in a row that don't say whose they are, as JSON by operation: the row and the people",
      "unknownLogins | expiredLogins | limitedLogins": "how often in a row",
    },
  },
  accounts: { name: "accounts", type: "zset", owner: "accounts", what: "all accounts", members: "accounts, in the order of names" },
  emails: {
    name: "emails",
    type: "hash",
    owner: "accounts",
    what: "one account for one address",
    fields: { "<fingerprint of an address>": "the account" },
  },
  removed: {
    name: "removed",
    type: "hash",
    owner: "accounts",
    what: "removed accounts",
    fields: { "<account>": "the epoch it goes on with, should it come back" },
  },
  refreshing: {
    name: "refreshing",
    type: "zset",
    owner: "accounts",
    what: "accounts that an auth job is at work for",
    members: "accounts, by since when",
  },
  cooling: { name: "cooling", type: "zset", owner: "accounts", what: "accounts that rest", members: "accounts, by until when" },
  rests: {
    name: "rests",
    type: "zset",
    owner: "safety",
    what: "accounts of which something rests, or rested and has not worked since",
    members: "accounts, by when the sweep looks at them",
  },
  aside: {
    name: "aside:<account>",
    type: "set",
    owner: "campaigns",
    what: "an account's jobs of campaigns that wait for a rest of their family",
    members: "digests",
  },
  orphans: {
    name: "orphans",
    type: "zset",
    owner: "accounts",
    what: "removed accounts whose jobs have yet to learn of it",
    members: "accounts, by when they were removed",
  },
  lane: {
    name: "lane:<account>",
    type: "zset",
    owner: "accounts",
    what: "jobs that are parked for an account",
    members: "names that sort by priority and arrival, and end with the digest; the score is 0, or when the rest is over that it waits for",
  },
  inFlight: { name: "flying:<account>", type: "set", owner: "accounts", what: "an account's jobs that are in flight", members: "digests" },
  placesHanded: {
    name: "next:<account>",
    type: "set",
    owner: "accounts",
    what: "jobs that were handed a place of the account and have not come for it",
    members: "digests",
  },
  served: {
    name: "served",
    type: "zset",
    owner: "accounts",
    what: "accounts at work",
    members: "accounts, by their latest grant",
  },
  ahead: {
    name: "ahead:<account>",
    type: "set",
    owner: "campaigns",
    what: "an account's jobs of campaigns that are in their queues and not settled",
    members: "digests",
  },
  aheadLooks: {
    name: "ahead-looks",
    type: "zset",
    owner: "campaigns",
    what: "accounts with jobs ahead",
    members: "accounts, by when the sweep looks whether those are still there",
  },

  // Brakes
  brakes: {
    name: "brakes",
    type: "zset",
    owner: "safety",
    what: "operations that have a brake, or whose jobs are not all back in their queues",
    members: "operations, by since when",
  },
  brake: {
    name: "brake:<operation>",
    type: "hash",
    owner: "safety",
    what: "an operation that the service itself refuses",
    fields: {
      since: "ms",
      cause: "the row of the answer table",
      step: "counts refused probes",
      seq: "the number of the last refusal",
      nextProbe: "ms",
      probe: "the call that is let through",
      sent: "when the sweep last sent a job to be the probe, ms",
    },
  },
  braked: {
    name: "braked:<operation>",
    type: "zset",
    owner: "safety",
    what: "jobs that wait behind a brake",
    members: "names as in a lane, by when each may be the probe",
  },
  refused: {
    name: "refused:<operation>",
    type: "hash",
    owner: "safety",
    what: "targets that were refused lately",
    fields: { "<target>": "<how often>:<refusals known by then>:<not before, ms>" },
    expires: "two days after the last refusal",
  },
  doubt: {
    name: "doubt",
    type: "hash",
    owner: "safety",
    what: "what was refused since the last success",
    fields: { "o:<operation> | t:<operation>:<target> | a:<account>": "1" },
  },
  doubted: {
    name: "doubted",
    type: "zset",
    owner: "safety",
    what: "calls that were let out in doubt",
    members: "calls, by their deadline",
  },
  worked: {
    name: "worked",
    type: "hash",
    owner: "safety",
    what: "the last success of each operation that was refused",
    fields: { "<operation>": "refusals that were known when it was granted" },
  },

  // Campaigns
  campaign: {
    name: "campaign:<campaign>",
    type: "hash",
    owner: "campaigns",
    what: "a campaign and its counts",
    fields: {
      state: "draft | scheduled | running | paused | ended | cancelled",
      why: "what brought it there",
      definition: "as JSON",
      "weight | price | maxCredits | startAt | expiresAt | handover | scopes": "of its definition, for the scripts",
      accounts: "a JSON list",
      rev: "counts its texts",
      "createdAt | startedAt | changedAt | endedAt": "ms",
      "accepted | fed | ended": "recipients",
      "charged | uncertain | wasted | redriven | held": "credits",
      "status:<status> | code:<code> | account:<account>:<status>": "outcomes of recipients",
      "minute | minuteCount | minuteBefore": "outcomes of this minute and the one before",
      "left:<account>": "recipients that are not fed yet",
      "chunk:<account> | at:<account>": "how far the feeder is",
      "first | firstLeft": "with how many recipients it was started, and how many of these are not fed yet",
      batch: "the last batch that was accepted",
      stalled: "why nothing moves",
      erased: "counts erasures in what is not fed",
      "dropped | droppedAt": "outcomes that are not listed any more",
    },
  },
  campaigns: { name: "campaigns", type: "zset", owner: "campaigns", what: "all campaigns", members: "campaigns, in the order of names" },
  running: { name: "running", type: "zset", owner: "campaigns", what: "campaigns that may be fed", members: "campaigns, by their turn" },
  scheduled: { name: "scheduled", type: "zset", owner: "campaigns", what: "campaigns that start later", members: "campaigns, by when" },
  expiring: { name: "expiring", type: "zset", owner: "campaigns", what: "campaigns that expire", members: "campaigns, by when" },
  resting: {
    name: "resting",
    type: "zset",
    owner: "campaigns",
    what: "running campaigns of which nothing can be fed",
    members: "campaigns, by when they are looked at again",
  },
  endedCampaigns: {
    name: "ended-campaigns",
    type: "zset",
    owner: "campaigns",
    what: "campaigns that are over, to be forgotten in time",
    members: "campaigns, by when the last of their jobs was",
  },
  endedResults: {
    name: "ended-results",
    type: "zset",
    owner: "campaigns",
    what: "campaigns that are over and whose outcomes are listed",
    members: "campaigns, by when they ended",
  },
  held: {
    name: "held:<campaign>",
    type: "zset",
    owner: "campaigns",
    what: "a campaign's jobs that its state or a brake holds",
    members: "digests, by since when",
  },
  todo: {
    name: "todo:<campaign>:<account>",
    type: "list",
    owner: "campaigns",
    what: "recipients that are not fed yet",
    members: "packed chunks",
  },
  recipients: {
    name: "recipients:<campaign>:<letters>",
    type: "hash",
    owner: "campaigns",
    what: "recipients that were accepted, by the first two letters of their digests",
    fields: { "<rest of the digest>": "empty" },
  },
  campaignOutcomes: {
    name: "campaign-outcomes:<campaign>",
    type: "list",
    owner: "campaigns",
    what: "a campaign's outcomes in the order in which they were settled",
    members: "outcome ids",
  },
  campaignEvents: {
    name: "campaign-news",
    type: "list",
    owner: "campaigns",
    what: "what the feeder tells people of campaigns",
    members: "JSON objects",
  },
  turn: { name: "turn", type: "string", owner: "campaigns", what: "the place in virtual time of the latest turn" },
  fedAt: {
    name: "fed-at",
    type: "zset",
    owner: "campaigns",
    what: "who waited longest for its turn",
    members: "accounts, by their latest turn",
  },
  fedLast: {
    name: "fed-last",
    type: "hash",
    owner: "campaigns",
    what: "whom each account served last",
    fields: { "<account>": "a campaign" },
  },

  // Events and outcomes on their way
  owed: {
    name: "owed",
    type: "hash",
    owner: "webhooks",
    what: "to how many webhooks and archives a payload is owed",
    fields: { "<item>": "a count" },
  },
  webhooks: { name: "webhooks", type: "zset", owner: "webhooks", what: "all webhooks", members: "webhooks, in the order of names" },
  webhook: {
    name: "webhook:<webhook>",
    type: "hash",
    owner: "webhooks",
    what: "a webhook",
    fields: {
      gen: "one life of it; a later one under the same id has nothing of the former's",
      sealed: "address and secret",
      "events | statuses | campaign": "what it asked for; '' for all",
      "waiting | delivered | dropped": "counts",
      "fails | rest | failingSince": "of one that fails whatever is posted",
      asked: "nothing is posted before, ms: its receiver asked for that",
      ended: "when it said that it is gone, ms",
      "createdAt | updatedAt | lastDeliveredAt | lastErrorAt": "ms",
      lastError: "in words",
    },
  },
  event: {
    name: "event:<item>",
    type: "string",
    owner: "webhooks",
    what: "the payload of an event that is no outcome",
    expires: "after ten days",
  },
  hookDue: {
    name: "hook:<gen>:due",
    type: "zset",
    owner: "webhooks",
    what: "lanes of deliveries",
    members: "lanes, by when their head is posted or its lease is over",
  },
  hookLane: {
    name: "hook:<gen>:line:<lane>",
    type: "list",
    owner: "webhooks",
    what: "deliveries of one recipient, in their order",
    members: "<item>|<since>",
  },
  hookTries: {
    name: "hook:<gen>:tries",
    type: "hash",
    owner: "webhooks",
    what: "tries of the heads of lanes",
    fields: { "<lane>": "a count" },
  },
  hookDead: { name: "hook:<gen>:dead", type: "zset", owner: "webhooks", what: "dead letters", members: "items, by when they died" },
  hookWhy: {
    name: "hook:<gen>:why",
    type: "hash",
    owner: "webhooks",
    what: "of what they died",
    fields: { "<item>": "line (the lane), since, tries and why, as JSON" },
  },
  hooksGone: { name: "hooks-gone", type: "set", owner: "webhooks", what: "removed webhooks that are not cleared yet", members: "gens" },
  archiving: {
    name: "archiving",
    type: "string",
    owner: "archive",
    what: "1: somebody archives",
    expires: "a month after the archive's last look",
  },
  archiver: { name: "archiver", type: "string", owner: "archive", what: "the process that archives", expires: "with its lease" },
  toArchive: {
    name: "to-archive",
    type: "stream",
    owner: "archive",
    what: "outcomes that are to be archived",
    members: "o: an outcome id",
  },

  // Schedules
  schedules: { name: "schedules", type: "zset", owner: "schedules", what: "all schedules", members: "schedules, in the order of names" },
  schedule: {
    name: "schedule:<schedule>",
    type: "hash",
    owner: "schedules",
    what: "a schedule and what became of its ticks",
    fields: {
      definition: "as JSON",
      revision: "of the definition",
      rule: "of its times",
      from: "the grid of an interval, ms",
      last: "the latest tick that was decided, ms",
      "createdAt | updatedAt": "ms",
      "missed | lastMissed | skipped | lastSkipped": "ticks that made no job",
      "jobTick | jobAt | queue | jobId | digest": "the latest job",
      "open:<tick>": "a tick whose job is not in its queue yet",
    },
  },
  schedulesRepaired: {
    name: "schedules-mended",
    type: "string",
    owner: "schedules",
    what: "the process that last repaired the schedules' timers",
    expires: "with its lease",
  },
} as const satisfies Record<string, Key>;

export type KeyName = keyof typeof KEYS;

type Parts<Name> = Name extends `${string}<${string}>${infer Rest}` ? [part: string | number, ...Parts<Rest>] : [];
type Made<Name> = Parts<Name> extends [] ? string : (...parts: Parts<Name>) => string;
/** The names of all our keys under one API key's tag: a text, or what makes one of its parts. */
export type Keys = { readonly [K in KeyName]: Made<(typeof KEYS)[K]["name"]> };

/** The prefix of every key of ours. */
export function keyPrefix(tag: string): string {
  return `${tag}:gate:`;
}

/** The texts between the parts that are handed in. */
export function partsOf(name: string): string[] {
  return name.split(/<[^>]*>/);
}

/** Our keys under a tag, `{linkup-<key id>}`. */
export function keysOf(tag: string): Keys {
  const made = Object.entries<Key>(KEYS).map(([key, { name }]) => {
    const [first = "", ...rest] = partsOf(keyPrefix(tag) + name);
    const make = (...parts: (string | number)[]) => rest.reduce((text, part, at) => text + parts[at] + part, first);
    return [key, rest.length === 0 ? first : make];
  });
  return Object.fromEntries(made) as Keys;
}
