/** The statistics of the table. */
import { expect, test } from "vitest";
import { median, middleOf, percentile, ratePerSecond, slopeOf } from "./statistics.ts";

test("a percentile is the nearest rank, whatever the order of the values", () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect([0, 0.5, 0.99, 1].map((share) => percentile(values, share))).toEqual([1, 50, 99, 100]);
  expect(percentile([7], 0.99)).toBe(7);
  expect(percentile([], 0.5)).toBeNaN();
});

test("a median is the middle, or the mean of the two in the middle", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
});

test("a rate counts the steps between the first event and the last", () => {
  expect(ratePerSecond([0, 500, 1000])).toBe(2);
  expect(ratePerSecond([5])).toBe(0);
  expect(ratePerSecond([])).toBe(0);
});

test("the middle leaves out where things start and run out", () => {
  expect(middleOf([10, 1, 2, 3, 4, 5, 6, 7, 8, 9], { head: 0.2, tail: 0.1 })).toEqual([3, 4, 5, 6, 7, 8, 9]);
});

test("the slope of a line is found through noise, and of one point there is none", () => {
  const points = Array.from({ length: 100 }, (_, x) => [x, 3 * x + 7 + (x % 2 === 0 ? 1 : -1)] as const);
  expect(slopeOf(points)).toBeCloseTo(3, 2);
  expect(slopeOf([[1, 1]])).toBeNaN();
});
