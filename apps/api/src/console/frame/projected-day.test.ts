import { expect, test } from "vitest";
import { projectedDay } from "./projected-day.ts";

const at = (time: string) => Date.parse(`2026-03-01T${time}Z`);

test("a day goes on as it began, from its second hour on", () => {
  expect(projectedDay({ spent: 40, nowMs: at("00:59:59"), limit: null })).toBeNull();
  expect(projectedDay({ spent: 40, nowMs: at("06:00:00"), limit: null })).toEqual({ credits: 160, spentAtMs: null });
  expect(projectedDay({ spent: 0, nowMs: at("12:00:00"), limit: 500 })).toEqual({ credits: 0, spentAtMs: null });
});

test("a day never comes to more than its budget, and the moment is told when that is spent", () => {
  expect(projectedDay({ spent: 40, nowMs: at("06:00:00"), limit: 161 })).toEqual({ credits: 160, spentAtMs: null });
  expect(projectedDay({ spent: 40, nowMs: at("06:00:00"), limit: 80 })).toEqual({ credits: 80, spentAtMs: at("12:00:00") });
  expect(projectedDay({ spent: 83, nowMs: at("06:00:00"), limit: 80 })).toEqual({ credits: 83, spentAtMs: at("06:00:00") });
});
