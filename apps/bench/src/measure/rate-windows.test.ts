/** Window arithmetic. */
import { expect, test } from "vitest";
import { utilisation } from "./rate-windows.ts";

const LIMIT = { limit: 10, windowMs: 1000 };
const steady = (count: number, everyMs: number) => Array.from({ length: count }, (_, index) => index * everyMs);

test("arrivals at the limit's own pace use all of it, at half the pace half, none none", () => {
  expect(utilisation(steady(101, 100), LIMIT, { fromMs: 0, windows: 5 })).toBe(1);
  expect(utilisation(steady(51, 200), LIMIT, { fromMs: 0, windows: 5 })).toBe(0.5);
  expect(utilisation([], LIMIT, { fromMs: 0, windows: 5 })).toBe(0);
});

test("the warm-up and what comes after the last whole window are left out", () => {
  const burst = Array.from({ length: 50 }, () => 1);
  const after = Array.from({ length: 50 }, () => 3000);
  const between = steady(20, 100).map((at) => at + 1000);
  expect(utilisation([...burst, ...between, ...after], LIMIT, { fromMs: 1000, windows: 2 })).toBe(1);
});
