/** Whether this Redis may hold the ledger: its version, its persistence, what it does when it is full. Looked at before any work starts. */
import { LinkupError } from "@linkup-queue/contracts";
import type { RedisClient } from "./redis-scripts.ts";

export type SuitabilityOptions = {
  /** LINKUP_ALLOW_VOLATILE_REDIS: for the demo, development and tests. */
  allowVolatile: boolean;
  /** LINKUP_TRUST_REDIS_DURABILITY: the operator vouches where CONFIG is forbidden. */
  trustDurability: boolean;
};

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

/**
 * Checks the server. Returns warnings for what was allowed though it is less than needed.
 * Throws `redis_unsuitable` naming every setting that is wrong and the command that mends it.
 */
export async function checkRedis(client: RedisClient, options: SuitabilityOptions): Promise<string[]> {
  const info = await client.info("server");
  const version = /redis_version:(\S+)/.exec(info)?.[1] ?? "0";
  if (Number(version.split(".")[0]) < 7) {
    throw new LinkupError(
      "redis_unsuitable",
      `Redis ${version} is too old: 7.0 or later is needed, for scripts that may free memory when Redis is full`,
    );
  }
  const problems: string[] = [];
  for (const { name, value, why } of NEEDED) {
    const found = await readConfig(client, name);
    if (found === null) {
      if (options.trustDurability || options.allowVolatile) continue;
      throw new LinkupError(
        "redis_unsuitable",
        "This Redis does not let its configuration be read. Make sure of appendonly yes, appendfsync always and maxmemory-policy noeviction, then say so with LINKUP_TRUST_REDIS_DURABILITY=1",
      );
    }
    if (found !== value) problems.push(`${name} is ${found}, needed is ${value}: ${why} (redis-cli config set ${name} ${value})`);
  }
  if (problems.length > 0 && !options.allowVolatile) {
    throw new LinkupError("redis_unsuitable", `This Redis can lose or forget what was sent:\n- ${problems.join("\n- ")}`);
  }
  return problems;
}

async function readConfig(client: RedisClient, name: string): Promise<string | null> {
  try {
    const reply: unknown = await client.config("GET", name);
    return Array.isArray(reply) && typeof reply[1] === "string" ? reply[1] : null;
  } catch {
    return null;
  }
}

/** Whether more than 90 % of `maxmemory` is used; false where there is no bound. */
export async function isMemoryFull(client: RedisClient): Promise<boolean> {
  const info = await client.info("memory");
  const used = Number(/used_memory:(\d+)/.exec(info)?.[1] ?? "0");
  const max = Number(/maxmemory:(\d+)/.exec(info)?.[1] ?? "0");
  return max > 0 && used > max * 0.9;
}
