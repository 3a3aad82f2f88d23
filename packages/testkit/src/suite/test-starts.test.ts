/** The starts of tests: fixed, and all that a suite that turns on days must meet. */
import { expect, test } from "vitest";
import { readStarts } from "./test-starts.ts";

test("the usual ones are every weekday and the last half minutes of a month, of a leap February and of a year", () => {
  const starts = readStarts(undefined);
  expect(starts.slice(0, 7).map(({ ms }) => new Date(ms).getUTCDay())).toEqual([1, 2, 3, 4, 5, 6, 0]);
  const ends = starts.slice(7).map(({ ms }) => new Date(ms + 30_000).toISOString());
  expect(ends).toEqual(["2028-03-01T00:00:00.000Z", "2028-05-01T00:00:00.000Z", "2029-01-01T00:00:00.000Z"]);
});

test("a range is each of its days, whose hours differ; a year's days meet every hour", () => {
  expect(readStarts("2028-02-28..2028-03-01").map(({ name }) => name)).toEqual(["2028-02-28", "2028-02-29", "2028-03-01"]);
  expect(readStarts("2028-02-28")).toHaveLength(1);
  const year = readStarts("2028-01-01..2028-12-31");
  expect(year).toHaveLength(366);
  expect(new Set(year.map(({ ms }) => new Date(ms).getUTCHours())).size).toBe(24);
  for (const { name, ms } of year) expect(new Date(ms).toISOString().slice(0, 10)).toBe(name);
});

test.each(["tomorrow", "2028-02-30x", "2028-03-01..2028-02-01", "2028-13-01"])("%s is refused", (text) => {
  expect(() => readStarts(text)).toThrow("TEST_STARTS");
});
