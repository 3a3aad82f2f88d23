/**
 * Every setting: name, how its text is read, default, meaning. The parsers and the docs page both come from here.
 * It reads no environment.
 */
import { z } from "zod";
import { archiveUrl } from "./settings-archive.ts";
import { DEFAULT_REDIS_URL, redisNodes, redisUrl } from "./settings-redis.ts";
import { apiTokens } from "./settings-tokens.ts";
import {
  httpAddress,
  keyOf32Bytes,
  listenHost,
  MAKE_SECRETS_KEY,
  networks,
  oneOf,
  type SettingText,
  textLike,
  wholeNumber,
  yesOrNo,
} from "./settings-values.ts";

/** Where LinkUp answers. */
export const DEFAULT_BASE_URL = "https://api.linkupapi.com";

/** pino's own levels. */
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

type Explanation = {
  meaning: string;
  /** The remedy for a wrong value, where "correct it" is too little. */
  remedy?: string;
  /** True when the whole value is a secret or may hold one. */
  secret?: boolean;
};
type SettingDoc = Explanation & { required: boolean; whenAbsent: string; must: string };
const DOCS = z.registry<SettingDoc>();

function withDefault<T>(text: SettingText<T>, defaultText: string, explanation: Explanation) {
  return text
    .prefault(defaultText)
    .register(DOCS, { ...explanation, required: false, whenAbsent: defaultText, must: text.description ?? "" });
}

/** Null when left out. */
function optional<T>(text: SettingText<T>, whenAbsent: string, explanation: Explanation) {
  const schema = text.optional().transform((value) => value ?? null);
  return schema.register(DOCS, { ...explanation, required: false, whenAbsent, must: text.description ?? "" });
}

function required<T>(text: SettingText<T>, explanation: Explanation) {
  return text.clone().register(DOCS, { ...explanation, required: true, whenAbsent: "", must: text.description ?? "" });
}

/** Settings of every process that touches the queues. All of one key's processes must agree on these. */
export const EngineEnvironment = z.object({
  REDIS_URL: optional(redisUrl(), DEFAULT_REDIS_URL, {
    meaning: "The Redis server. Beside `REDIS_CLUSTER_NODES` or `REDIS_SENTINELS` only its user name, password, TLS and database count",
    secret: true,
  }),
  REDIS_CLUSTER_NODES: optional(redisNodes(), "none", { meaning: "Some nodes of a Redis Cluster, to find the others by" }),
  REDIS_SENTINELS: optional(redisNodes(), "none", { meaning: "Redis Sentinels, which know the master" }),
  REDIS_SENTINEL_NAME: optional(textLike(/^[\x21-\x7e]{1,100}$/, "1 to 100 printable characters without spaces"), "none", {
    meaning: "The master's name among the sentinels; required with `REDIS_SENTINELS`",
  }),
  LINKUP_REDIS_REPLICAS: withDefault(wholeNumber(0, 10), "0", {
    meaning:
      "How many replicas there are. All of them must have the mark of a call before its first byte leaves, and a write before it is answered with success. With `LINKUP_STRICT` a process refuses to start where it asks for fewer than are attached",
  }),
  LINKUP_BASE_URL: withDefault(httpAddress(), DEFAULT_BASE_URL, {
    meaning:
      "Where LinkUp's API, or the sandbox, answers. Only workers call it; the api names its host, and refuses what is for the sandbox alone beside any other",
  }),
  LINKUP_KEY_ID: withDefault(textLike(/^[a-z0-9-]{1,40}$/, "1 to 40 of a-z 0-9 -"), "default", {
    meaning: "Names the LinkUp API key: every key of ours in Redis, and BullMQ's prefix, is `{linkup-<key id>}`",
  }),
  LINKUP_RATE_LIMIT: withDefault(wholeNumber(1, 100_000), "300", {
    meaning: "Most requests that reach LinkUp in any window, over all processes; also BullMQ's limiter",
  }),
  LINKUP_RATE_WINDOW_MS: withDefault(wholeNumber(100, 3_600_000), "60000", { meaning: "The window of that limit, in milliseconds" }),
  LINKUP_TIMEOUT_MS: withDefault(wholeNumber(100, 600_000), "60000", {
    meaning: "One call's deadline, from asking for its place to the last byte of the answer, in milliseconds",
  }),
  LINKUP_TRANSIT_MS: optional(wholeNumber(1, 600_000), "none", {
    meaning:
      "The longest a request needs to be counted by LinkUp once it was handed over, in milliseconds: the place of a call that takes longer is free one window after that in place of one window after its answer, while the way is known to be open (`docs/operations-guide.md`). None: after its answer, always. Linux only",
  }),
  LINKUP_MAX_ATTEMPTS: withDefault(wholeNumber(1, 100), "5", {
    meaning: "Calls for one job, while each failed one was free and without effect",
  }),
  LINKUP_BACKOFF_MS: withDefault(wholeNumber(1, 60_000), "1000", {
    meaning: "First pause before a repeated call, in milliseconds; doubles with jitter, at most 60000",
  }),
  LINKUP_LOOK_GAP_MS: withDefault(wholeNumber(100, 3_600_000), "300000", {
    meaning:
      'Between two looks at a write whose effect is unknown (`onUnknown: "reconcile"`), in milliseconds: two that find nothing call it not done',
  }),
  LINKUP_RETRY_WRITES_ON_500: withDefault(yesOrNo(), "true", {
    meaning: "Whether a write that was answered 500 counts as not done and is repeated; otherwise its job ends `unknown`",
  }),
  LINKUP_ACCOUNT_CONCURRENCY: withDefault(wholeNumber(1, 100), "1", { meaning: "Calls in flight per account; an account may set its own" }),
  LINKUP_ACCOUNT_POLICY: withDefault(oneOf(["none", "careful"] as const), "none", {
    meaning:
      "The policy of accounts that set none of their own: `none`, no caps; `careful`, the caps and the pace of `docs/accounts-kept-safe.md` by plan. `linkup init` writes `careful`",
  }),
  LINKUP_CONTACT_GAP_DAYS: withDefault(wholeNumber(0, 365), "0", {
    meaning:
      "No account writes to a person to whom any account wrote within so many days, whatever the campaign; a campaign's `contactGapDays` may be more. 0: no such rule (`docs/accounts-kept-safe.md`)",
  }),
  LINKUP_SECRETS_KEY: required(keyOf32Bytes(), {
    meaning: `Encrypts credentials and tokens at rest; the same for all processes of one key. Make one: \`${MAKE_SECRETS_KEY}\``,
    remedy: `make one with: ${MAKE_SECRETS_KEY}`,
    secret: true,
  }),
  LINKUP_SECRETS_KEY_OLD: optional(keyOf32Bytes(), "none", {
    meaning: "While `LINKUP_SECRETS_KEY` is replaced, the other of the two keys: what is sealed with it is opened, and sealed anew",
    secret: true,
  }),
  LINKUP_MAX_CREDITS_PER_DAY: optional(wholeNumber(1, 1_000_000_000), "none", {
    meaning: "Credits that may be spent in one UTC day; jobs wait for the next",
  }),
  LINKUP_LEDGER_DAYS: withDefault(wholeNumber(1, 365), "30", {
    meaning:
      "Days for which a finished job's id stays used, at least; seven more at most, as the ledger forgets whole weeks. A longer time counts for jobs that end after it was set",
  }),
  LINKUP_OUTCOME_DAYS: withDefault(wholeNumber(0, 365), "7", {
    meaning: "Days for which Redis keeps outcomes for reading by HTTP; `0`: until they are delivered and archived",
  }),
  ARCHIVE_URL: optional(archiveUrl(), "none", {
    meaning: "Where outcomes and credits are kept for good, and read from when Redis keeps them no longer; see `docs/archive.md`",
    secret: true,
  }),
  LINKUP_RESULTS_MAX: withDefault(wholeNumber(0, 10_000_000), "100000", {
    meaning:
      "Most outcomes that wait on `results`; more wait in the outbox. `0`: that queue is not used, outcomes are read by HTTP, webhooks and archive",
  }),
  LINKUP_FRESH_KEY: withDefault(yesOrNo(), "0", {
    meaning: "Says that nobody used the API key in the last window, so that a Redis without state need not wait one. With the sandbox only",
  }),
  LINKUP_ALLOW_VOLATILE_REDIS: withDefault(yesOrNo(), "0", {
    meaning: "Starts with a Redis that may lose writes, and with them the promises. With the sandbox only",
  }),
  LINKUP_TRUST_REDIS_DURABILITY: withDefault(yesOrNo(), "0", {
    meaning: "Says that Redis keeps every write and evicts nothing, where `CONFIG` is forbidden and it can't be checked",
  }),
  LINKUP_STRICT: withDefault(yesOrNo(), "0", {
    meaning:
      "Refuses to start beside a live worker whose limit, window, account concurrency or credits of a day are stricter. Otherwise the stricter holds for all, and it is told",
  }),
  LINKUP_WEBHOOK_ALLOW_PRIVATE: withDefault(yesOrNo(), "0", {
    meaning:
      "Whether webhooks may lead to addresses that are not the public internet's: this machine, private networks, a cloud's metadata",
  }),
  LOG_LEVEL: withDefault(oneOf(LOG_LEVELS), "info", { meaning: "Least level that is logged" }),
});

/** LinkUp's API key, as far as its look is known. */
export const ApiKeyText = textLike(/^[\x21-\x7e]{1,512}$/, "1 to 512 printable ASCII characters without spaces");

/** Further settings of workers. */
export const WorkerEnvironment = z.object({
  LINKUP_API_KEY: required(ApiKeyText, {
    meaning: "LinkUp's API key. Never printed; in Redis only as a keyed fingerprint",
    remedy: "copy the API key from your LinkUp account",
    secret: true,
  }),
  LINKUP_STATE_DIR: optional(textLike(/^[^\0]{1,1000}$/, "the path of a folder"), "none", {
    meaning:
      "A folder in which each worker notes, on every beat, how far the state in Redis has come, so that a Redis that comes back older or empty while all workers are down is noticed: nothing leaves then until `linkup restore`. And which jobs were told, for a day, by their names alone, so that a job that was told in the time that is missing is not told otherwise: up to 6 MB for each worker. It must outlive the worker, and may be shared",
  }),
  WORKER_CONCURRENCY: optional(wholeNumber(1, 10_000), "chosen by the worker", {
    meaning: "Most calls in flight in one process, all queues together",
  }),
  WORKER_HEALTH_HOST: withDefault(listenHost(), "127.0.0.1", { meaning: "Where `/healthz`, `/readyz` and `/metrics` listen" }),
  WORKER_HEALTH_PORT: withDefault(wholeNumber(0, 65_535), "3001", {
    meaning: "Their port; `0` turns them off. When it is left out and 3001 is taken, a free one, which is logged",
  }),
  SHUTDOWN_GRACE_MS: optional(wholeNumber(1, 3_600_000), "LINKUP_TIMEOUT_MS + 5000", {
    meaning: "Milliseconds that calls in flight get after SIGTERM; what is still out then is settled `unknown`",
  }),
});

/** Further settings of the api. */
export const ApiEnvironment = z.object({
  API_HOST: withDefault(listenHost(), "127.0.0.1", { meaning: "Where the api listens" }),
  API_PORT: withDefault(wholeNumber(0, 65_535), "3000", { meaning: "The api's port; `0` takes a free one, which is logged" }),
  API_TOKENS: required(apiTokens(), {
    meaning:
      "Who may call the api, and as what; each role may do what those before it may. Names and secrets are unique, a secret holds no comma",
    remedy: "write name:role:secret,... with roles viewer, producer or admin",
    secret: true,
  }),
  API_TRUSTED_PROXIES: optional(networks(), "none", {
    meaning: "Proxies in front of the api: their `X-Forwarded-For` tells who called. From any other address that header is ignored",
  }),
});

/** One setting, for people; `whenAbsent` is its default in words, empty where it is required. */
export type Setting = {
  name: string;
  neededBy: "worker and api" | "worker" | "api";
  required: boolean;
  whenAbsent: string;
  /** Completes "must be ...". */
  must: string;
  meaning: string;
  remedy: string;
  secret: boolean;
};

function rowsOf(environment: z.ZodObject, neededBy: Setting["neededBy"]): Setting[] {
  return Object.entries(environment.shape).map(([name, schema]) => {
    const doc = DOCS.get(schema);
    if (doc === undefined) throw new Error(`${name} is not documented`);
    return { name, neededBy, remedy: "correct it", secret: false, ...doc };
  });
}

/** Every setting that any process reads, as data. */
export const SETTINGS: readonly Setting[] = [
  ...rowsOf(EngineEnvironment, "worker and api"),
  ...rowsOf(WorkerEnvironment, "worker"),
  ...rowsOf(ApiEnvironment, "api"),
];
