/** The rate window and the exact count, against their plain definitions. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { maxInWindow, RateWindow } from "./rate-window.ts";

const arrivals = fc.array(fc.nat({ max: 40 }), { maxLength: 80 }).map((gaps) => {
  let at = 0;
  return gaps.map((gap) => {
    at += gap;
    return at;
  });
});

test("the most in any window is what counting from each arrival gives", () => {
  fc.assert(
    fc.property(arrivals, fc.integer({ min: 1, max: 200 }), (times, windowMs) => {
      const counts = times.map((start, i) => times.slice(i).filter((at) => at - start < windowMs).length);
      expect(maxInWindow(times, windowMs)).toBe(Math.max(0, ...counts));
    }),
  );
});

test("an arrival is refused exactly when it is one too many of those that occupy its window", () => {
  fc.assert(
    fc.property(arrivals, fc.integer({ min: 1, max: 9 }), fc.boolean(), (times, limit, refusedOccupy) => {
      const window = new RateWindow();
      const occupying: number[] = [];
      for (const at of times) {
        const expected = occupying.filter((earlier) => at - earlier < 100).length >= limit;
        expect(window.arrive(at, { limit, windowMs: 100, refusedOccupy })).toBe(expected);
        if (!expected || refusedOccupy) occupying.push(at);
      }
    }),
  );
});

test("two arrivals exactly one window apart are in different windows", () => {
  const window = new RateWindow();
  const rule = { limit: 1, windowMs: 60_000, refusedOccupy: true };
  expect([0, 60_000].map((at) => window.arrive(at, rule))).toEqual([false, false]);
  expect(window.arrive(119_999.999, rule)).toBe(true);
  expect(maxInWindow([0, 60_000], 60_000)).toBe(1);
  expect(maxInWindow([0, 59_999.999], 60_000)).toBe(2);
});

test("a new limit keeps the latest arrivals", () => {
  const window = new RateWindow();
  const rule = (limit: number) => ({ limit, windowMs: 100, refusedOccupy: true });
  for (const at of [0, 1, 2]) window.arrive(at, rule(5));
  expect(window.arrive(3, rule(2))).toBe(true);
  expect(window.arrive(4, rule(10))).toBe(false);
  expect(window.arrive(500, rule(1))).toBe(false);
});
