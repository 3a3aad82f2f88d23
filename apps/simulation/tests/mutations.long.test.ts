/** The simulation bites: each way to break the engine is caught by a schedule, mostly by the one that is written beside it. */
import { expect, test } from "vitest";
import { MUTATIONS } from "../src/mutations/mutations.ts";
import { runMutant } from "../src/mutations/run-mutations.ts";

/** Which schedule meets a fault moves with every script that changes; the one that is written down is tried first. */
const SEARCHED = "1-600";

test.each(MUTATIONS)("$name is caught", { timeout: 300_000 }, async (mutation) => {
  const { seed, broken } = await runMutant(mutation, [String(mutation.seed), SEARCHED]);
  expect(seed, mutation.breaks).not.toBeNull();
  expect(broken).not.toEqual([]);
});
