/** The walk through a year: it meets every day once, and the suites that turn on days. */
import { expect, test } from "vitest";
import { ROOT } from "./child.mjs";
import { findDaySuites, rangesOf } from "./days.mjs";

const DAY_MS = 86_400_000;

test("it walks through every day of a leap year, once, in months", () => {
  const days = rangesOf([]).flatMap((range) => {
    const [from, to] = range.split("..").map((day) => Date.parse(day));
    return Array.from({ length: ((to ?? 0) - (from ?? 0)) / DAY_MS + 1 }, (_none, index) => (from ?? 0) + index * DAY_MS);
  });
  expect(days).toHaveLength(366);
  expect(days).toEqual(Array.from({ length: 366 }, (_none, index) => Date.UTC(2028, 0, 1) + index * DAY_MS));
});

test("other months, days and ranges may be asked for", () => {
  expect(rangesOf(["2027-02", "2028-02-29", "2028-12-31..2029-01-02"])).toEqual([
    "2027-02-01..2027-02-28",
    "2028-02-29",
    "2028-12-31..2029-01-02",
  ]);
});

test("the suites of the ledger, the door and campaigns are among those that it runs", () => {
  expect(findDaySuites(ROOT)).toEqual(
    expect.arrayContaining([
      "packages/queue/src/campaigns/campaign-estimate.test.ts",
      "packages/queue/tests/campaign-cancel.test.ts",
      "packages/queue/tests/campaigns.test.ts",
      "packages/queue/tests/door.test.ts",
      "packages/queue/tests/ledger-days.test.ts",
    ]),
  );
});
