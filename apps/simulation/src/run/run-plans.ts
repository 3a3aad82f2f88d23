/** Runs schedules one behind the other, on a Redis of their own. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { acquireRedis } from "@linkup-queue/testkit";
import { openLab } from "../machine/lab.ts";
import { enterVirtualTime } from "../machine/virtual-time.ts";
import { makePlan, type Plan } from "../plan/plan.ts";
import { type Report, World } from "../world/world.ts";

export type RunPlan = (plan: Plan) => Promise<Report>;

/** Hands over what runs a schedule, one at a time, and gives all back afterwards. */
export async function withWorlds<Done>(work: (run: RunPlan) => Promise<Done>): Promise<Done> {
  // A socket in the file system costs half of a connection over TCP.
  const socket = join(tmpdir(), `linkup-simulation-${process.pid}.sock`);
  const redis = await acquireRedis({ durable: false, fresh: true, args: ["--unixsocket", socket] });
  try {
    const lab = await openLab(redis.pid === null ? redis.url : socket, 0);
    const leave = enterVirtualTime();
    try {
      return await work((plan) => new World(plan, lab).run());
    } finally {
      leave();
      await lab.close();
    }
  } finally {
    await redis.stop();
  }
}

/** The first of these seeds whose schedule breaks a promise, with what it broke; null for none. */
export async function findBroken(run: RunPlan, seeds: Iterable<number>): Promise<{ seed: number; report: Report } | null> {
  for (const seed of seeds) {
    const report = await run(makePlan(seed));
    if (report.broken.length > 0) return { seed, report };
  }
  return null;
}
