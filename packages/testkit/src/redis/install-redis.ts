/** Installs a Redis server through apt where that is allowed. It starts none. */

import { candidateOf, installPackage, mayInstall, type Tell, tellOnStderr, updateLists } from "../machine/install-with-apt.ts";
import { findRedisSource, LEAST_MAJOR_VERSION, type RedisSource } from "./find-redis-server.ts";

export const WHAT_TO_INSTALL =
  "No Redis to use: set REDIS_URL, or install redis-server or valkey-server (7.0 or later; on Debian and Ubuntu: sudo apt-get install redis-server), or start Docker.";

const PACKAGES = ["redis-server", "valkey-server"] as const;

/**
 * Installs redis-server or valkey-server and resolves with its server; null when this is no Debian, we are not root, or
 * apt has nothing recent enough. `tell` gets each line for people.
 */
export async function installRedis(tell: Tell = tellOnStderr): Promise<RedisSource | null> {
  if (!(await mayInstall())) return null;
  tell("No Redis on this machine: installing one with apt-get (its service is kept from starting)");
  await updateLists(tell);
  for (const name of PACKAGES) {
    const candidate = await candidateOf(name);
    if (candidate === null || Number.parseInt(candidate, 10) < LEAST_MAJOR_VERSION) continue;
    if (await installPackage(name, candidate, tell)) return findRedisSource();
  }
  return null;
}
