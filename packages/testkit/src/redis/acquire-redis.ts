/**
 * Gives a Redis to tests, the demo and benchmarks, from the first source that serves: `REDIS_URL`, a server on the path,
 * Docker, the system's package manager. It never touches a Redis that it did not start.
 */

import { LinkupError } from "@linkup-queue/contracts";
import { Redis } from "ioredis";
import { findRedisSource, LEAST_MAJOR_VERSION, type RedisSource } from "./find-redis-server.ts";
import { installRedis, WHAT_TO_INSTALL } from "./install-redis.ts";
import { runRedisContainer } from "./run-redis-container.ts";
import { runRedisServer } from "./run-redis-server.ts";

export type RedisOptions = {
  /** Appendonly with fsync at every write, as the product asks for. Default true. */
  durable?: boolean;
  /** More arguments for redis-server, `["--maxmemory", "20mb"]`; they mean a server of one's own. */
  args?: readonly string[];
  /** More of its environment, such as a clock; it means a process of this machine's, not a container. */
  env?: Readonly<Record<string, string>>;
  /** A server of one's own, for tests that kill, flush, stop or configure it. Default false. */
  fresh?: boolean;
  /** Default: `REDIS_URL` of the environment. */
  givenUrl?: string | undefined;
};

export type TestRedis = {
  readonly url: string;
  readonly port: number;
  /** Where it comes from, for people. */
  readonly origin: string;
  /** Null when it is not a process of this machine's, and while it is down. */
  readonly pid: number | null;
  /** Stops it and removes its data. Does nothing to a Redis that was given. */
  stop(): Promise<void>;
  /** SIGKILL. `restart` brings it back with what its log holds. */
  kill(): Promise<void>;
  /** Stops it if it runs, and starts it on the same port with the same data. */
  restart(): Promise<void>;
  /** Keeps a copy of its data as it is now; what is returned kills it and brings it back, on the same port, with that. */
  keepData(): Promise<() => Promise<void>>;
};

/**
 * A Redis that is ready for use; stop it when done.
 * @throws LinkupError `redis_unreachable`, `redis_unsuitable` (older than 7.0), or what to install when there is no source.
 */
export async function acquireRedis(options: RedisOptions = {}): Promise<TestRedis> {
  const { durable = true, args = [], env = {}, fresh = false } = options;
  const givenUrl = "givenUrl" in options ? options.givenUrl : process.env.REDIS_URL;
  if (givenUrl !== undefined && givenUrl !== "" && !fresh && args.length === 0) return useGivenRedis(givenUrl);
  const source = await findRedis();
  return source === "docker" ? runRedisContainer({ durable, args }) : runRedisServer(source.server, { durable, args, env });
}

/** The source of Redis here, installed where that is allowed. @throws LinkupError `redis_unsuitable`, or what to install. */
export async function findRedis(): Promise<RedisSource> {
  const source = (await findRedisSource()) ?? (await installRedis());
  if (source === null) throw new LinkupError("redis_unreachable", WHAT_TO_INSTALL);
  return source;
}

async function useGivenRedis(url: string): Promise<TestRedis> {
  const address = new URL(url);
  const where = address.host;
  const version = await readServerVersion(url, where);
  if (Number.parseInt(version, 10) < LEAST_MAJOR_VERSION) {
    throw new LinkupError("redis_unsuitable", `The Redis at ${where} is ${version}; ${LEAST_MAJOR_VERSION}.0 or later is needed`);
  }
  const refuse = async (): Promise<never> => {
    throw new LinkupError("redis_unsuitable", `The Redis at ${where} was given by REDIS_URL and is not ours to stop; ask for a fresh one`);
  };
  const port = address.port === "" ? 6379 : Number(address.port);
  return { url, port, origin: `REDIS_URL (${where})`, pid: null, stop: async () => {}, kill: refuse, restart: refuse, keepData: refuse };
}

async function readServerVersion(url: string, where: string): Promise<string> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0, connectTimeout: 5_000 });
  redis.on("error", () => {});
  try {
    await redis.connect();
    return /redis_version:(\S+)/.exec(await redis.info("server"))?.[1] ?? "0";
  } catch (thrown) {
    throw new LinkupError("redis_unreachable", `REDIS_URL is set but no Redis answers at ${where}`, { cause: thrown });
  } finally {
    redis.disconnect();
  }
}
