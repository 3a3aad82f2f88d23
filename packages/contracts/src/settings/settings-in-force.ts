/** The settings of a running api, for people: each by its name as a text. A setting that may hold a secret is told to be set or not, and nothing more. */
import type { ApiSettings } from "./settings.ts";
import type { RedisNode, RedisSettings } from "./settings-redis.ts";
import { type ApiEnvironment, type EngineEnvironment, SETTINGS, type Setting } from "./settings-table.ts";

export type SettingInForce = Pick<Setting, "name" | "whenAbsent" | "secret"> & {
  /** Its value as it would be written; of a secret one `set`. Null: it is not set. */
  value: string | null;
};

type Name = keyof typeof EngineEnvironment.shape | keyof typeof ApiEnvironment.shape;

const SET = "set";
const yes = (is: boolean) => (is ? "1" : "0");
const number = (value: number | null) => (value === null ? null : String(value));
const setOrNull = (value: unknown) => (value === null ? null : SET);
const nodes = (list: readonly RedisNode[]) => list.map(({ host, port }) => `${host.includes(":") ? `[${host}]` : host}:${port}`).join(",");
const ofKind = <K extends RedisSettings["kind"]>(redis: RedisSettings, kind: K) =>
  redis.kind === kind ? (redis as Extract<RedisSettings, { kind: K }>) : null;

const TEXTS: Readonly<Record<Name, (settings: ApiSettings) => string | null>> = {
  REDIS_URL: () => SET,
  REDIS_CLUSTER_NODES: ({ redis }) => nodes(ofKind(redis, "cluster")?.nodes ?? []) || null,
  REDIS_SENTINELS: ({ redis }) => nodes(ofKind(redis, "sentinel")?.sentinels ?? []) || null,
  REDIS_SENTINEL_NAME: ({ redis }) => ofKind(redis, "sentinel")?.name ?? null,
  LINKUP_REDIS_REPLICAS: ({ redisReplicas }) => number(redisReplicas),
  LINKUP_BASE_URL: ({ baseUrl }) => baseUrl,
  LINKUP_KEY_ID: ({ keyId }) => keyId,
  LINKUP_RATE_LIMIT: ({ rateLimit }) => number(rateLimit),
  LINKUP_RATE_WINDOW_MS: ({ rateWindowMs }) => number(rateWindowMs),
  LINKUP_TIMEOUT_MS: ({ timeoutMs }) => number(timeoutMs),
  LINKUP_TRANSIT_MS: ({ transitMs }) => number(transitMs),
  LINKUP_MAX_ATTEMPTS: ({ maxAttempts }) => number(maxAttempts),
  LINKUP_BACKOFF_MS: ({ backoffMs }) => number(backoffMs),
  LINKUP_LOOK_GAP_MS: ({ lookGapMs }) => number(lookGapMs),
  LINKUP_RETRY_WRITES_ON_500: ({ retryWritesOn500 }) => String(retryWritesOn500),
  LINKUP_ACCOUNT_CONCURRENCY: ({ accountConcurrency }) => number(accountConcurrency),
  LINKUP_ACCOUNT_POLICY: ({ accountPolicy }) => accountPolicy,
  LINKUP_CONTACT_GAP_DAYS: ({ contactGapDays }) => number(contactGapDays),
  LINKUP_SECRETS_KEY: () => SET,
  LINKUP_SECRETS_KEY_OLD: ({ secretsKeyOld }) => setOrNull(secretsKeyOld),
  LINKUP_MAX_CREDITS_PER_DAY: ({ maxCreditsPerDay }) => number(maxCreditsPerDay),
  LINKUP_LEDGER_DAYS: ({ ledgerDays }) => number(ledgerDays),
  LINKUP_OUTCOME_DAYS: ({ outcomeDays }) => number(outcomeDays),
  ARCHIVE_URL: ({ archive }) => setOrNull(archive),
  LINKUP_RESULTS_MAX: ({ resultsMax }) => number(resultsMax),
  LINKUP_FRESH_KEY: ({ freshKey }) => yes(freshKey),
  LINKUP_ALLOW_VOLATILE_REDIS: ({ allowVolatileRedis }) => yes(allowVolatileRedis),
  LINKUP_TRUST_REDIS_DURABILITY: ({ trustRedisDurability }) => yes(trustRedisDurability),
  LINKUP_STRICT: ({ strict }) => yes(strict),
  LINKUP_WEBHOOK_ALLOW_PRIVATE: ({ webhookAllowPrivate }) => yes(webhookAllowPrivate),
  LOG_LEVEL: ({ logLevel }) => logLevel,
  API_HOST: ({ host }) => host,
  API_PORT: ({ port }) => number(port),
  API_TOKENS: () => SET,
  API_TRUSTED_PROXIES: ({ trustedProxies }) => trustedProxies.join(",") || null,
};

const isNamed = (name: string): name is Name => Object.hasOwn(TEXTS, name);

/** The settings by which an api runs, in the order of their page. */
export function settingsInForce(settings: ApiSettings): SettingInForce[] {
  return SETTINGS.flatMap(({ name, whenAbsent, secret }) => {
    if (!isNamed(name)) return [];
    const value = TEXTS[name](settings);
    // Whatever a row above says, a secret is never handed on.
    return [{ name, whenAbsent, secret, value: secret && value !== null ? SET : value }];
  });
}
