/** Runs random schedules against the gate, each on an empty Redis, and holds them to its promises. */
import fc from "fast-check";
import { jobDigest } from "../src/index.ts";
import type { ScriptOptions } from "../src/redis/scripts.ts";
import { createSchedule, type Schedule, STEP, type Step } from "./gate-model.ts";
import { type Rig, startRig } from "./rig.ts";

const LIMITS = { limit: 6, windowMs: 60_000, timeoutMs: 20_000 };

export function startGateRig(options: ScriptOptions = {}): Promise<Rig> {
  return startRig({ rateLimit: LIMITS.limit, rateWindowMs: LIMITS.windowMs, timeoutMs: LIMITS.timeoutMs, maxAttempts: 3 }, options);
}

/** One schedule on an empty Redis. */
export async function runSchedule(rig: Rig, steps: readonly Step[]): Promise<Schedule> {
  await rig.reset();
  await rig.open();
  const schedule = await createSchedule(rig, LIMITS);
  for (const step of steps) await schedule.take(step);
  return schedule;
}

/** Fails with the schedule that broke a promise and what replays it. */
export async function proveGate(rig: Rig, schedules: number): Promise<void> {
  const run = async (steps: readonly Step[]) => {
    const schedule = await runSchedule(rig, steps);
    await schedule.finish();
    schedule.checkWindow();
    await schedule.checkLedger(jobDigest);
  };
  const property = fc.asyncProperty(fc.array(STEP, { minLength: 20, maxLength: 120 }), run);
  await fc.assert(property, { numRuns: schedules, endOnFailure: true });
}
