/** Redis's clock beside the worker's own: a jump is told from a slow answer. */
import { START_MS } from "@linkup-queue/testkit";
import { expect, test } from "vitest";
import { ClockWatch } from "./clock-watch.ts";

test.each([
  ["runs", { askedMs: 5_000, answeredMs: 5_001, clockMs: START_MS + 5_000 }, 0],
  ["runs, and its answer took three seconds", { askedMs: 5_000, answeredMs: 8_000, clockMs: START_MS + 7_990 }, 0],
  ["runs, and its answer took three seconds on the way back", { askedMs: 5_000, answeredMs: 8_000, clockMs: START_MS + 5_010 }, 0],
  ["jumped forward", { askedMs: 5_000, answeredMs: 5_002, clockMs: START_MS + 35_000 }, 29_998],
  ["jumped back", { askedMs: 5_000, answeredMs: 5_002, clockMs: START_MS - 25_000 }, -29_998],
])("a clock that %s", (_case, second, jumpMs) => {
  const watch = new ClockWatch();
  expect(watch.see({ askedMs: 0, answeredMs: 2, clockMs: START_MS })).toBe(0);
  expect(watch.see(second)).toBe(jumpMs);
});
