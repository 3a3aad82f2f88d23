/** Whether this Redis may hold the ledger: its version, its persistence, what it does when it is full. Looked at before any work starts. */
import { LinkupError } from "@linkup-queue/contracts";
import type { Redis } from "ioredis";
import { mastersOf, type RedisClient } from "./redis-client.ts";

export type SuitabilityOptions = {
  /** LINKUP_ALLOW_VOLATILE_REDIS: for the demo, development and tests. */
  allowVolatile: boolean;
  /** LINKUP_TRUST_REDIS_DURABILITY: the operator vouches where CONFIG is forbidden. */
  trustDurability: boolean;
};

/** Above this share of `maxmemory` nothing is granted any more. */
export const FULL_SHARE = 0.9;

/** Older servers lack scripts that may write when memory is full. */
const LEAST_MAJOR_VERSION = 7;

/** The value of each setting that the engine needs, with the reason. */
const NEEDED = [
  {
    name: "maxmemory-policy",
    value: "noeviction",
    why: "any other policy may drop the ledger, and with it the promise never to send twice",
  },
  { name: "appendonly", value: "yes", why: "without it a restart of Redis loses accepted jobs" },
  {
    name: "appendfsync",
    value: "always",
    why: "with everysec a power loss rolls back the last second, and what was sent in it is sent again",
  },
] as const;

/** A setting of the server that the engine relies on, as it is; `found` is null where CONFIG is forbidden. */
export type RedisSetting = { name: string; needed: string; found: string | null; why: string };

export type RedisFacts = {
  /** Its name and version, as `Redis 7.0.15` or `Valkey 8.0.1`. */
  server: string;
  /** False for a server before 7.0. */
  recentEnough: boolean;
  settings: RedisSetting[];
  usedBytes: number;
  /** 0: no bound. */
  maxBytes: number;
  /** 0 where the server does not tell. */
  hostBytes: number;
  /** Whether the last write to the append-only file went well. */
  lastWriteOk: boolean;
  replicas: number;
  /** Of a cluster: of the master that has most. */
  mostReplicas: number;
  /** The server's clock, ms since the epoch. */
  nowMs: number;
};

/** The facts about the server, not judged yet; of a cluster the worst of its masters, as any of them may hold our keys. */
export async function inspectRedis(client: RedisClient): Promise<RedisFacts> {
  const [first, ...others] = await Promise.all(mastersOf(client).map(inspectServer));
  if (first === undefined) throw new LinkupError("redis_unreachable", "None of the cluster's masters is known; start the cluster");
  return others.reduce(worse, first);
}

type Memory = Pick<RedisFacts, "usedBytes" | "maxBytes">;

const numberOf = (pattern: RegExp, text: string) => Number(pattern.exec(text)?.[1] ?? "0");
const memoryOf = (info: string): Memory => ({
  usedBytes: numberOf(/used_memory:(\d+)/, info),
  maxBytes: numberOf(/maxmemory:(\d+)/, info),
});
const shareUsed = ({ usedBytes, maxBytes }: Memory) => (maxBytes === 0 ? 0 : usedBytes / maxBytes);

function worse(one: RedisFacts, other: RedisFacts): RedisFacts {
  const fuller = shareUsed(other) > shareUsed(one) ? other : one;
  const { usedBytes, maxBytes, hostBytes } = fuller;
  return {
    server: other.recentEnough ? one.server : other.server,
    recentEnough: one.recentEnough && other.recentEnough,
    settings: one.settings.map((setting, at) => (setting.found === setting.needed ? (other.settings[at] ?? setting) : setting)),
    usedBytes,
    maxBytes,
    hostBytes,
    lastWriteOk: one.lastWriteOk && other.lastWriteOk,
    replicas: Math.min(one.replicas, other.replicas),
    mostReplicas: Math.max(one.mostReplicas, other.mostReplicas),
    nowMs: one.nowMs,
  };
}

async function inspectServer(client: Redis): Promise<RedisFacts> {
  const [server, memory, persistence, replication, time] = await Promise.all([
    client.info("server"),
    client.info("memory"),
    client.info("persistence"),
    client.info("replication"),
    client.time(),
  ]);
  // Valkey tells the version of Redis, too, with which it is compatible.
  const valkey = /valkey_version:(\S+)/.exec(server)?.[1];
  const version = valkey ?? /redis_version:(\S+)/.exec(server)?.[1] ?? "0";
  const settings = await Promise.all(
    NEEDED.map(async ({ name, value, why }) => ({ name, needed: value, found: await readConfig(client, name), why })),
  );
  return {
    server: `${valkey === undefined ? "Redis" : "Valkey"} ${version}`,
    recentEnough: Number(version.split(".")[0]) >= LEAST_MAJOR_VERSION,
    settings,
    ...memoryOf(memory),
    hostBytes: numberOf(/total_system_memory:(\d+)/, memory),
    lastWriteOk: !/aof_last_write_status:err/.test(persistence),
    replicas: numberOf(/connected_slaves:(\d+)/, replication),
    mostReplicas: numberOf(/connected_slaves:(\d+)/, replication),
    nowMs: Number(time[0]) * 1_000 + Math.floor(Number(time[1]) / 1_000),
  };
}

/** The command that repairs a setting. */
export function redisRemedy({ name, needed }: RedisSetting): string {
  return `redis-cli config set ${name} ${needed}`;
}

/**
 * Checks the server. Returns warnings for what was allowed though it is less than needed.
 * Throws `redis_unsuitable` naming every setting that is wrong and the command that repairs it.
 */
export async function checkRedis(client: RedisClient, options: SuitabilityOptions): Promise<string[]> {
  const { server, recentEnough, settings } = await inspectRedis(client);
  if (!recentEnough) {
    throw new LinkupError(
      "redis_unsuitable",
      `${server} is too old: ${LEAST_MAJOR_VERSION}.0 or later is needed, for scripts that may free memory when Redis is full`,
    );
  }
  if (settings.some(({ found }) => found === null) && !options.trustDurability && !options.allowVolatile) {
    throw new LinkupError(
      "redis_unsuitable",
      "This Redis does not let its configuration be read. Make sure of appendonly yes, appendfsync always and maxmemory-policy noeviction, then say so with LINKUP_TRUST_REDIS_DURABILITY=1",
    );
  }
  const problems = settings
    .filter(({ found, needed }) => found !== null && found !== needed)
    .map((setting) => `${setting.name} is ${setting.found}, needed is ${setting.needed}: ${setting.why} (${redisRemedy(setting)})`);
  if (problems.length > 0 && !options.allowVolatile) {
    throw new LinkupError("redis_unsuitable", `This Redis can lose or forget what was sent:\n- ${problems.join("\n- ")}`);
  }
  return problems;
}

async function readConfig(client: Redis, name: string): Promise<string | null> {
  try {
    const reply: unknown = await client.config("GET", name);
    return Array.isArray(reply) && typeof reply[1] === "string" ? reply[1] : null;
  } catch {
    return null;
  }
}

/** `redis_memory`: more than 90 % of `maxmemory` is used. `redis_replicas`: fewer replicas than LINKUP_REDIS_REPLICAS, or they lag. */
export type RedisShortage = "redis_memory" | "redis_replicas";

/** Why nothing new may be granted on this Redis now, or null. Looks at its memory and, where any are needed, at its replicas. */
export async function redisShortage(client: RedisClient, { replicas }: { replicas: number }): Promise<RedisShortage | null> {
  const looks = await Promise.all(mastersOf(client).map((server) => lookAt(server, replicas)));
  return looks.find((shortage) => shortage !== null) ?? null;
}

async function lookAt(server: Redis, replicas: number): Promise<RedisShortage | null> {
  if (shareUsed(memoryOf(await server.info("memory"))) > FULL_SHARE) return "redis_memory";
  if (replicas === 0) return null;
  const replication = await server.info("replication");
  return (replication.match(/^slave\d+:.*state=online/gm)?.length ?? 0) < replicas ? "redis_replicas" : null;
}
