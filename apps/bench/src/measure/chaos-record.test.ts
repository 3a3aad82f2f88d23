/** Runs under fire added up. */
import { expect, test } from "vitest";
import { chaosCells, isKept, type RecordedRun, recordedRuns, totalsOf } from "./chaos-record.ts";

const RUN: RecordedRun = {
  at: "2026-11-28T10:00:00.000Z",
  trouble: "failover",
  sends: 240,
  kills: 1,
  failovers: 1,
  doubled: 0,
  lost: 0,
  conflicting: 0,
  mostInWindow: 90,
  limit: 100,
  unknown: 2,
  uncertain: 2,
  recoveredS: 4,
  server: "Redis 7.0.15",
};

test("runs of one trouble are one line: sums, and the worst window and recovery", () => {
  const later = { ...RUN, at: "2026-11-29T10:00:00.000Z", mostInWindow: 99, recoveredS: 2.5, doubled: 1, unknown: 4 };
  const [total, ...others] = totalsOf([later, RUN, { ...RUN, trouble: "split" }]);
  expect(others).toHaveLength(1);
  expect(total).toMatchObject({ runs: 2, sends: 480, doubled: 1, kills: 2, from: "2026-11-28", to: "2026-11-29" });
  expect(total && chaosCells(total)).toEqual(["failover", "2", "480", "1", "0", "0", "99 of 100", "6", "4", "4"]);
  expect(total && isKept(total)).toBe(false);
});

test.each([["doubled"], ["lost"], ["conflicting"]] as const)("a single job that is %s breaks the promises", (field) => {
  const [kept] = totalsOf([RUN]);
  expect(kept && isKept(kept)).toBe(true);
  expect(kept && isKept({ ...kept, [field]: 1 })).toBe(false);
  expect(kept && isKept({ ...kept, mostInWindow: 101 })).toBe(false);
});

test("each recorded run can be read", () => {
  expect(recordedRuns().every(({ sends }) => sends > 0)).toBe(true);
});
