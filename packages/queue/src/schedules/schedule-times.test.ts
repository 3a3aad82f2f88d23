/** The times of schedules as arithmetic: order, days on which the clock changes, and what counts as passed by. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  countDueBetween,
  dueTimes,
  isCronDue,
  latestDue,
  MOST_COUNTED,
  nextTime,
  nextTimes,
  nextTimesYielding,
  type ScheduleRule,
} from "./schedule-times.ts";

const ZONES = ["UTC", "America/New_York", "Europe/Amsterdam", "America/Santiago", "Africa/Cairo", "Asia/Kolkata", "Pacific/Apia"];
const CRONS = ["30 2 * * *", "*/30 * * * *", "*/7 1-3 * * *", "0 9 * * 1-5", "0 0 1 * *", "*/20 * * * * *", "0 0 29 2 *", "@daily"];
const moment = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2032, 0, 1) });
const rules: fc.Arbitrary<ScheduleRule> = fc.oneof(
  fc.record({ kind: fc.constant("cron" as const), cron: fc.constantFrom(...CRONS), timezone: fc.constantFrom(...ZONES) }),
  fc.record({ kind: fc.constant("interval" as const), everyMs: fc.integer({ min: 1_000, max: 90_000_000 }), fromMs: moment }),
);
const iso = (rule: ScheduleRule, after: string, count: number) =>
  nextTimes(rule, { afterMs: Date.parse(after), count }).map((ms) => new Date(ms).toISOString());
const cron = (text: string, timezone: string): ScheduleRule => ({ kind: "cron", cron: text, timezone });

test("the next times come after the moment, strictly increasing, each the next one of the one before", () => {
  fc.assert(
    fc.property(rules, moment, (rule, afterMs) => {
      const times = nextTimes(rule, { afterMs, count: 10 });
      expect(times).toHaveLength(10);
      [afterMs, ...times].reduce((before, due) => {
        expect(due).toBeGreaterThan(before);
        return due;
      });
      expect(nextTime(rule, times[3] ?? 0)).toBe(times[4]);
    }),
    { numRuns: 200 },
  );
});

test("the latest due time is not after now, and the one after it is", () => {
  fc.assert(
    fc.property(rules, moment, fc.integer({ min: 0, max: 40 * 86_400_000 }), (rule, afterMs, laterMs) => {
      const tickMs = nextTime(rule, afterMs);
      const nowMs = tickMs + laterMs;
      const due = latestDue(rule, { tickMs, nowMs });
      expect(due).toBeGreaterThanOrEqual(tickMs);
      expect(due).toBeLessThanOrEqual(nowMs);
      expect(nextTime(rule, due)).toBeGreaterThan(nowMs);
    }),
    { numRuns: 100 },
  );
});

test("ticks between two due times are counted, both of them excluded", () => {
  fc.assert(
    fc.property(rules, moment, fc.integer({ min: 0, max: 30 }), (rule, afterMs, between) => {
      const times = nextTimes(rule, { afterMs, count: between + 2 });
      expect(countDueBetween(rule, { afterMs: times[0] ?? 0, beforeMs: times[between + 1] ?? 0 })).toBe(between);
    }),
    { numRuns: 100 },
  );
});

test("counting ends at its bound", () => {
  const beforeMs = Date.UTC(2030, 0, 1);
  expect(countDueBetween(cron("* * * * * *", "UTC"), { afterMs: Date.UTC(2029, 0, 1), beforeMs })).toBe(MOST_COUNTED);
  expect(countDueBetween({ kind: "interval", everyMs: 1_000, fromMs: 0 }, { afterMs: 0, beforeMs })).toBe(MOST_COUNTED);
});

test("a year of missed seconds is looked through at once", () => {
  const nowMs = Date.UTC(2030, 0, 1) + 250;
  expect(latestDue(cron("* * * * * *", "UTC"), { tickMs: Date.UTC(2029, 0, 1), nowMs })).toBe(nowMs - 250);
});

describe("on days on which the clock changes", () => {
  test("a time that the day leaves out runs an hour later, once", () => {
    expect(iso(cron("30 2 * * *", "America/New_York"), "2026-03-07T00:00:00Z", 3)).toEqual([
      "2026-03-07T07:30:00.000Z",
      "2026-03-08T07:30:00.000Z",
      "2026-03-09T06:30:00.000Z",
    ]);
  });

  test.each([
    ["0 0 * * *", "Africa/Cairo", { after: "2026-04-23T00:00:00Z", times: ["2026-04-23T22:00:00.000Z", "2026-04-24T21:00:00.000Z"] }],
    ["30 0 * * *", "America/Santiago", { after: "2026-09-05T12:00:00Z", times: ["2026-09-06T04:30:00.000Z", "2026-09-07T03:30:00.000Z"] }],
    [
      "0,30 0 * * *",
      "America/Santiago",
      { after: "2026-09-05T12:00:00Z", times: ["2026-09-06T04:00:00.000Z", "2026-09-06T04:30:00.000Z"] },
    ],
    ["0 0 6 9 *", "America/Santiago", { after: "2026-01-01T00:00:00Z", times: ["2026-09-06T04:00:00.000Z", "2027-09-06T03:00:00.000Z"] }],
    ["0 0 * * *", "America/Havana", { after: "2026-03-07T12:00:00Z", times: ["2026-03-08T05:00:00.000Z", "2026-03-09T04:00:00.000Z"] }],
    ["0 0 * * *", "Asia/Beirut", { after: "2026-03-28T12:00:00Z", times: ["2026-03-28T22:00:00.000Z", "2026-03-29T21:00:00.000Z"] }],
  ])("%s in %s is not passed over where the clock is put forward at midnight", (text, timezone, { after, times }) => {
    expect(iso(cron(text, timezone), after, 2)).toEqual(times);
  });

  test("no day of years is without its tick, wherever it is and whatever the hour", () => {
    const DAY_MS = 86_400_000;
    for (const timezone of ZONES.filter((zone) => zone !== "Pacific/Apia")) {
      for (const text of ["0 0 * * *", "30 0 * * *", "59 1 * * *", "30 2 * * *", "0 23 * * *"]) {
        let last = Date.UTC(2025, 0, 1);
        for (const due of nextTimes(cron(text, timezone), { afterMs: last, count: 400 })) {
          expect(due - last, `${text} in ${timezone} after ${new Date(last).toISOString()}`).toBeLessThanOrEqual(DAY_MS + 3_600_000);
          last = due;
        }
      }
    }
  });

  test("a time that the day has twice runs once, the first time", () => {
    expect(iso(cron("30 2 * * *", "Europe/Amsterdam"), "2026-10-24T12:00:00Z", 2)).toEqual([
      "2026-10-25T00:30:00.000Z",
      "2026-10-26T01:30:00.000Z",
    ]);
  });

  test("every half hour goes on through the repeated hour", () => {
    const times = nextTimes(cron("*/30 * * * *", "America/New_York"), { afterMs: Date.parse("2026-11-01T04:00:00Z"), count: 10 });
    expect(new Set(times.slice(1).map((due, at) => due - (times[at] ?? 0)))).toEqual(new Set([30 * 60_000]));
  });

  test("a change by half an hour, at which the cron library gives up, delays a schedule and does not end it", () => {
    const times = dueTimes(cron("5 2 * * *", "Australia/Lord_Howe"), Date.parse("2026-04-02T20:00:00Z"));
    const days = Array.from({ length: 6 }, () => new Date(times.next().value).toISOString().slice(0, 10));
    expect(days.at(-1)).toMatch(/^2026-04-0[789]$/);
    expect(new Set(days).size).toBe(6);
  });
});

test("an expression that never comes due, or is none, is known", () => {
  for (const text of ["0 0 30 2 *", "0 0 31 2,4 *", "61 0 * * *", "constructor", "a b c d e"]) expect(isCronDue(text, "UTC")).toBe(false);
  for (const text of CRONS) expect(isCronDue(text, "Europe/Amsterdam")).toBe(true);
});

test("days that no month has are refused without looking for them through the years", () => {
  // It took a third of a second for each: all of them then take longer than a test may.
  for (let round = 0; round < 400; round++) {
    for (const text of ["0 0 31 2,4,6,9,11 *", "0 0 30,31 2 *", `${round % 60} 0 31 4,6 *`])
      expect(isCronDue(text, "UTC"), text).toBe(false);
  }
  // A day of the week beside it comes due by itself.
  for (const text of ["0 0 31 2,4 1", "0 0 29 2 *", "0 0 L 2 *", "0 0 31 2,3 *"]) expect(isCronDue(text, "UTC"), text).toBe(true);
});

test("times that take long to find leave a turn to others after each, and are the same", async () => {
  const rule = cron("0 0 29 2 *", "Europe/Amsterdam");
  const asked = { afterMs: Date.UTC(2026, 0, 1), count: 10 };
  let turns = 0;
  let over = false;
  const count = () => {
    turns += 1;
    if (!over) setImmediate(count);
  };
  setImmediate(count);
  const found = await nextTimesYielding(rule, asked);
  over = true;
  expect(turns).toBeGreaterThanOrEqual(9);
  expect(found).toEqual(nextTimes(rule, asked));
});
