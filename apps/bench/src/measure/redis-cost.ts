/** Work's cost for a Redis: its processor's time and its commands, those within scripts too, as Redis counts both. */
import type { Redis } from "ioredis";
import { cpuUsed } from "./script-counter.ts";

export type RedisCost = {
  us: number;
  /** Of all kinds, by everybody. */
  commands: number;
};

/** All that this Redis has done since it was started. */
async function spentBy(redis: Redis): Promise<RedisCost> {
  const stats = await redis.info("commandstats");
  const commands = [...stats.matchAll(/:calls=(\d+),/g)].reduce((sum, [, calls]) => sum + Number(calls), 0);
  return { us: await cpuUsed(redis), commands };
}

/** The cost of each job that `done` counts from `begin` on until `end` answers. */
export async function costOfEach(
  redis: Redis,
  done: () => number,
  { begin, end }: { begin: () => Promise<void>; end: () => Promise<void> },
): Promise<RedisCost> {
  const [before, first] = [await spentBy(redis), done()];
  await begin();
  await end();
  const [after, last] = [await spentBy(redis), done()];
  return { us: (after.us - before.us) / (last - first), commands: (after.commands - before.commands) / (last - first) };
}
