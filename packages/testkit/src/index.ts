/** Redis, processes and small tools for tests, the demo, benchmarks and `linkup dev`. No other product code may import this package. */
export { acquirePostgres, type TestPostgres } from "./acquire-postgres.ts";
export { acquireRedis, findRedis, type RedisOptions, type TestRedis } from "./acquire-redis.ts";
export { acquireSentinels, type SentinelOptions, type TestSentinels } from "./acquire-sentinels.ts";
export { noBrowser, testBrowser } from "./find-browser.ts";
export type { RedisSource } from "./find-redis-server.ts";
export { freePort } from "./free-port.ts";
export { fromNow } from "./from-now.ts";
export { type HalfOpenProxy, startHalfOpenProxy } from "./half-open-proxy.ts";
export { NO_POSTGRES } from "./install-postgres.ts";
export { findLeftovers } from "./leftovers.ts";
export { REDIS_IMAGE } from "./redis-image.ts";
export { readRedisText, writeRedisText } from "./redis-text.ts";
export { because } from "./skip-reason.ts";
export { type ExitStatus, type LogLine, type ProcessOptions, type SpawnedProcess, spawnProcess } from "./spawn-process.ts";
export { letExpire, TEST_REDIS_CALL, TestClock } from "./test-clock.ts";
export { testPrefix, testSecretsKey } from "./test-names.ts";
export { START_MS, STARTS, type TestStart } from "./test-starts.ts";
export { WAIT_MS, waitFor } from "./wait-for.ts";
