/** A seed is a schedule: what failed once fails again. */
import { expect, test } from "vitest";
import { makePlan } from "../src/plan/plan.ts";
import { withWorlds } from "../src/run/run-plans.ts";

test("a seed runs to the same steps each time", async () => {
  await withWorlds(async (run) => {
    for (const seed of [3, 17, 250, 352]) {
      const first = await run(makePlan(seed));
      const second = await run(makePlan(seed));
      const names = (trace: readonly string[]) => trace.map((line) => line.replace(/(?:fence|o-)\S*/g, ""));
      expect(names(second.trace), `seed ${seed}`).toEqual(names(first.trace));
    }
  });
});
