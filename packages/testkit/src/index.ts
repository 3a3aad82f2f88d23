/** Redis, processes and small tools for tests, the demo, benchmarks and `linkup dev`. No other product code may import this package. */

export { BROWSER_FLAGS } from "./browser/browser-flags.ts";
export { findBrowser, noBrowser, testBrowser } from "./browser/find-browser.ts";
export { findOnPath } from "./machine/find-on-path.ts";
export { freePort } from "./machine/free-port.ts";
export { type HalfOpenProxy, startHalfOpenProxy } from "./machine/half-open-proxy.ts";
export { AWAY_PROCESS } from "./machine/server-link.ts";
export { givenClock, makeSettableClock, type SettableClock } from "./machine/settable-clock.ts";
export { type ExitStatus, type LogLine, type ProcessOptions, type SpawnedProcess, spawnProcess } from "./machine/spawn-process.ts";
export { acquirePostgres, type TestPostgres } from "./postgres/acquire-postgres.ts";
export { NO_POSTGRES } from "./postgres/install-postgres.ts";
export { acquireCluster, type ClusterOptions, type ClusterServer, type TestCluster } from "./redis/acquire-cluster.ts";
export { acquireRedis, findRedis, type RedisOptions, type TestRedis } from "./redis/acquire-redis.ts";
export { acquireSentinels, type SentinelOptions, type TestSentinels } from "./redis/acquire-sentinels.ts";
export type { RedisSource } from "./redis/find-redis-server.ts";
export { REDIS_IMAGE } from "./redis/redis-image.ts";
export { readRedisText, writeRedisText } from "./redis/redis-text.ts";
export { fromNow } from "./suite/from-now.ts";
export { findLeftovers } from "./suite/leftovers.ts";
export { because } from "./suite/skip-reason.ts";
export { letExpire, TEST_REDIS_CALL, TestClock } from "./suite/test-clock.ts";
export { testPrefix, testSecretsKey } from "./suite/test-names.ts";
export { START_MS, STARTS, type TestStart } from "./suite/test-starts.ts";
export { WAIT_MS, waitFor } from "./suite/wait-for.ts";
