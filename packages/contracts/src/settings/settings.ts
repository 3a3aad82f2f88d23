/**
 * The one place where the environment becomes configuration: all problems told at once, no secret repeated.
 * Only mains hand `process.env` in; nothing else may read it.
 */
import type { z } from "zod";
import { LinkupError } from "../outcome/error.ts";
import type { ArchiveAddress } from "./settings-archive.ts";
import { developmentProblems } from "./settings-development.ts";
import { type Environment, givenSettings, unknownNames } from "./settings-names.ts";
import { type RedisSettings, redisConflicts, redisSettings } from "./settings-redis.ts";
import { ApiEnvironment, DEFAULT_BASE_URL, EngineEnvironment, type LogLevel, SETTINGS, WorkerEnvironment } from "./settings-table.ts";
import type { ApiToken } from "./settings-tokens.ts";

/** After the last call's deadline: time to settle, publish and disconnect. */
const SETTLING_MS = 5_000;

/** Settings that worker and api have in common. */
export type EngineSettings = {
  keyId: string;
  /** Where the provider answers, without a trailing slash. */
  baseUrl: string;
  redis: RedisSettings;
  redisReplicas: number;
  /** Requests per window. */
  rateLimit: number;
  rateWindowMs: number;
  timeoutMs: number;
  /** Null: a request counts until its answer. */
  transitMs: number | null;
  maxAttempts: number;
  backoffMs: number;
  /** Between two looks at a write whose effect is unknown. */
  lookGapMs: number;
  retryWritesOn500: boolean;
  accountConcurrency: number;
  /** The policy of accounts that set none. */
  accountPolicy: "none" | "careful";
  contactGapDays: number;
  /** 32 bytes. */
  secretsKey: Uint8Array;
  /** 32 bytes; null unless a former or a coming key is to be opened with, too. */
  secretsKeyOld: Uint8Array | null;
  /** Null: no bound. */
  maxCreditsPerDay: number | null;
  ledgerDays: number;
  outcomeDays: number;
  /** Null: outcomes are not kept for good. */
  archive: ArchiveAddress | null;
  resultsMax: number;
  freshKey: boolean;
  allowVolatileRedis: boolean;
  trustRedisDurability: boolean;
  /** Whether a process refuses to start beside workers with stricter settings. */
  strict: boolean;
  /** Whether webhooks may lead to addresses that are not public. */
  webhookAllowPrivate: boolean;
  logLevel: LogLevel;
};

export type WorkerSettings = EngineSettings & {
  apiKey: string;
  /** Where workers note how far the state in Redis has come; null: nowhere. */
  stateDir: string | null;
  /** Null: the worker chooses. */
  workerConcurrency: number | null;
  healthHost: string;
  /** 0: off. */
  healthPort: number;
  /** Whether the operator set the port; the default one may give way to a free one. */
  healthPortChosen: boolean;
  shutdownGraceMs: number;
};

export type ApiSettings = EngineSettings & {
  host: string;
  /** 0: any free one. */
  port: number;
  tokens: ApiToken[];
  /** Addresses and ranges whose X-Forwarded-For is believed. */
  trustedProxies: string[];
};

/** Settings of the command line: the engine's settings and where things answer. It holds no API key, so it can't spend a credit. */
export type CliSettings = EngineSettings & {
  apiHost: string;
  apiPort: number;
};

const WorkerProcessEnvironment = EngineEnvironment.extend(WorkerEnvironment.shape);
const ApiProcessEnvironment = EngineEnvironment.extend(ApiEnvironment.shape);
const CliEnvironment = EngineEnvironment.extend({
  API_HOST: ApiEnvironment.shape.API_HOST,
  API_PORT: ApiEnvironment.shape.API_PORT,
});

function problemLine({ path, message }: z.core.$ZodIssue, given: Environment): string {
  const name = String(path[0]);
  const setting = SETTINGS.find((row) => row.name === name);
  const remedy = setting?.remedy ?? "correct it";
  if (given[name] === undefined) return `${name}: is required; ${remedy}`;
  return setting?.required === false
    ? `${name}: ${message}; ${remedy}, or leave it out (${setting.whenAbsent})`
    : `${name}: ${message}; ${remedy}`;
}

/** Development values in an environment that leads to the internet, one line each; for those that judge them and start all the same. */
export function developmentValues(environment: Environment): string[] {
  const given = givenSettings(environment);
  return developmentProblems(given, given["LINKUP_BASE_URL"] ?? DEFAULT_BASE_URL);
}

type ReadOptions = { environment: Environment; refusesDevelopment: boolean };

function readSettings<Shape extends z.ZodRawShape>(schema: z.ZodObject<Shape>, { environment, refusesDevelopment }: ReadOptions) {
  const given = givenSettings(environment);
  const parsed = schema.safeParse(given);
  const issues = parsed.success ? [] : parsed.error.issues.map((issue) => problemLine(issue, given));
  const development = refusesDevelopment ? developmentValues(environment) : [];
  const problems = [...issues, ...redisConflicts(given), ...development, ...unknownNames(environment)];
  if (parsed.success && problems.length === 0) return { values: parsed.data, given };
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  throw new LinkupError("configuration_invalid", `The settings have ${count}; nothing was started.\n${problems.join("\n")}`);
}

function engineSettings(values: z.output<typeof EngineEnvironment>): EngineSettings {
  return {
    keyId: values.LINKUP_KEY_ID,
    baseUrl: values.LINKUP_BASE_URL,
    redis: redisSettings(values),
    redisReplicas: values.LINKUP_REDIS_REPLICAS,
    rateLimit: values.LINKUP_RATE_LIMIT,
    rateWindowMs: values.LINKUP_RATE_WINDOW_MS,
    timeoutMs: values.LINKUP_TIMEOUT_MS,
    transitMs: values.LINKUP_TRANSIT_MS,
    maxAttempts: values.LINKUP_MAX_ATTEMPTS,
    backoffMs: values.LINKUP_BACKOFF_MS,
    lookGapMs: values.LINKUP_LOOK_GAP_MS,
    retryWritesOn500: values.LINKUP_RETRY_WRITES_ON_500,
    accountConcurrency: values.LINKUP_ACCOUNT_CONCURRENCY,
    accountPolicy: values.LINKUP_ACCOUNT_POLICY,
    contactGapDays: values.LINKUP_CONTACT_GAP_DAYS,
    secretsKey: values.LINKUP_SECRETS_KEY,
    secretsKeyOld: values.LINKUP_SECRETS_KEY_OLD,
    maxCreditsPerDay: values.LINKUP_MAX_CREDITS_PER_DAY,
    ledgerDays: values.LINKUP_LEDGER_DAYS,
    outcomeDays: values.LINKUP_OUTCOME_DAYS,
    archive: values.ARCHIVE_URL,
    resultsMax: values.LINKUP_RESULTS_MAX,
    freshKey: values.LINKUP_FRESH_KEY,
    allowVolatileRedis: values.LINKUP_ALLOW_VOLATILE_REDIS,
    trustRedisDurability: values.LINKUP_TRUST_REDIS_DURABILITY,
    strict: values.LINKUP_STRICT,
    webhookAllowPrivate: values.LINKUP_WEBHOOK_ALLOW_PRIVATE,
    logLevel: values.LOG_LEVEL,
  };
}

/** The worker's settings. Throws LinkupError `configuration_invalid` with one line for each problem. */
export function parseWorkerSettings(environment: Environment): WorkerSettings {
  const { values, given } = readSettings(WorkerProcessEnvironment, { environment, refusesDevelopment: true });
  return {
    ...engineSettings(values),
    apiKey: values.LINKUP_API_KEY,
    stateDir: values.LINKUP_STATE_DIR,
    workerConcurrency: values.WORKER_CONCURRENCY,
    healthHost: values.WORKER_HEALTH_HOST,
    healthPort: values.WORKER_HEALTH_PORT,
    healthPortChosen: given["WORKER_HEALTH_PORT"] !== undefined,
    shutdownGraceMs: values.SHUTDOWN_GRACE_MS ?? values.LINKUP_TIMEOUT_MS + SETTLING_MS,
  };
}

/** The api's settings. Throws LinkupError `configuration_invalid` with one line for each problem. */
export function parseApiSettings(environment: Environment): ApiSettings {
  const { values } = readSettings(ApiProcessEnvironment, { environment, refusesDevelopment: true });
  return {
    ...engineSettings(values),
    host: values.API_HOST,
    port: values.API_PORT,
    tokens: values.API_TOKENS,
    trustedProxies: values.API_TRUSTED_PROXIES ?? [],
  };
}

/**
 * The command line's settings: neither an API key nor the api's tokens are asked for, and development values are no reason to refuse the
 * stop switch. Throws LinkupError `configuration_invalid`.
 */
export function parseCliSettings(environment: Environment): CliSettings {
  const { values } = readSettings(CliEnvironment, { environment, refusesDevelopment: false });
  return { ...engineSettings(values), apiHost: values.API_HOST, apiPort: values.API_PORT };
}
