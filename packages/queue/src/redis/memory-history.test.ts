/** A day's growth from what was noted. */
import { START_MS } from "@linkup-queue/testkit";
import { expect, test } from "vitest";
import { growthPerDay } from "./memory-history.ts";

const HOUR_MS = 3_600_000;
const noted = (hoursAgo: number, bytes: number) => ({ atMs: START_MS - hoursAgo * HOUR_MS, bytes });
const now = { usedBytes: 1_000, nowMs: START_MS };

test("goes by the earliest note of the last day, as if all of a day went on like that", () => {
  expect(growthPerDay(now, [noted(30, 0), noted(24, 400), noted(12, 900)])).toBe(600);
  expect(growthPerDay(now, [noted(12, 900), noted(1, 990)])).toBe(200);
  expect(growthPerDay(now, [noted(24, 1_500)])).toBe(-500);
});

test("is not known while nothing lies six hours back, or all of it more than a day", () => {
  expect(growthPerDay(now, [])).toBeNull();
  expect(growthPerDay(now, [noted(5.9, 10)])).toBeNull();
  expect(growthPerDay(now, [noted(25, 10), noted(2, 10)])).toBeNull();
});
