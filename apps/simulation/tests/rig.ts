/** Schedules for a test, and the words of one that broke a promise. */
import { expect } from "vitest";
import { makePlan } from "../src/plan/plan.ts";
import { kindsOf, shrink } from "../src/plan/shrink.ts";
import { fanOut } from "../src/run/fan-out.ts";
import { withWorlds } from "../src/run/run-plans.ts";
import { tellSchedule } from "../src/run/tell-schedule.ts";

/** Runs the schedules of these seeds on every core; fails with one that breaks a promise, made smaller and told step by step. */
export async function expectNoneBreaks(from: number, to: number): Promise<void> {
  const { schedules, broken, isWhole } = await fanOut({ from, to });
  if (broken !== null) expect.fail(await tellSmallest(broken.seed));
  expect({ schedules, isWhole }).toEqual({ schedules: to - from + 1, isWhole: true });
}

async function tellSmallest(seed: number): Promise<string> {
  return await withWorlds(async (run) => {
    const plan = makePlan(seed);
    const { broken } = await run(plan);
    const smallest = await shrink(plan, kindsOf(broken), async (smaller) => (await run(smaller)).broken);
    return tellSchedule(smallest, await run(smallest));
  });
}
