/** A main for set-up: sees to it that a Redis can be had on this machine, installing one where that is allowed. It starts none. */
import { LinkupError } from "@linkup-queue/contracts";
import { findRedisSource } from "./redis/find-redis-server.ts";
import { installRedis, WHAT_TO_INSTALL } from "./redis/install-redis.ts";

async function prepareRedis(): Promise<void> {
  if ((process.env.REDIS_URL ?? "") !== "") return;
  if ((await findRedisSource()) === null && (await installRedis()) === null) throw new LinkupError("redis_unreachable", WHAT_TO_INSTALL);
}

try {
  await prepareRedis();
} catch (thrown) {
  process.stderr.write(`${LinkupError.from(thrown).message}\n`);
  process.exitCode = 1;
}
