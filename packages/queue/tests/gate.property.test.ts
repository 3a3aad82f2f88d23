/**
 * The gate under random schedules: repeated scripts, crashes, zombies, clocks that stand still or go back, sweeps. The provider is modelled
 * apart from it: every call is an interval in which its request may arrive, and the worst placement of all of them must keep the limit.
 */

import fc from "fast-check";
import { afterAll, beforeAll, test } from "vitest";
import { jobDigest } from "../src/index.ts";
import { createSchedule, STEP, type Step } from "./gate-model.ts";
import { type Rig, startRig } from "./rig.ts";

const LIMIT = 6;
const WINDOW_MS = 60_000;
const TIMEOUT_MS = 20_000;

let rig: Rig;

beforeAll(async () => {
  rig = await startRig({ rateLimit: LIMIT, rateWindowMs: WINDOW_MS, timeoutMs: TIMEOUT_MS, maxAttempts: 3 });
});
afterAll(async () => await rig.close());

async function run(steps: readonly Step[]): Promise<void> {
  await rig.reset();
  await rig.open();
  const schedule = await createSchedule(rig, { limit: LIMIT, windowMs: WINDOW_MS, timeoutMs: TIMEOUT_MS });
  for (const step of steps) await schedule.take(step);
  await schedule.finish();
  schedule.checkWindow();
  await schedule.checkLedger(jobDigest);
}

test("whatever happens in whatever order, the limit holds, nothing is sent twice, every job ends once, and nothing leaks", async () => {
  await fc.assert(fc.asyncProperty(fc.array(STEP, { minLength: 20, maxLength: 120 }), run), {
    numRuns: 25,

    endOnFailure: true,
  });
}, 120_000);
