/** Redis, processes and small tools for tests, the demo and benchmarks. No product code may import this package. */
export { acquirePostgres, type TestPostgres } from "./acquire-postgres.ts";
export { acquireRedis, type RedisOptions, type TestRedis } from "./acquire-redis.ts";
export { freePort } from "./free-port.ts";
export { NO_POSTGRES } from "./install-postgres.ts";
export { findLeftovers } from "./leftovers.ts";
export { type ExitStatus, type LogLine, type ProcessOptions, type SpawnedProcess, spawnProcess } from "./spawn-process.ts";
export { testPrefix, testSecretsKey } from "./test-names.ts";
export { waitFor } from "./wait-for.ts";
