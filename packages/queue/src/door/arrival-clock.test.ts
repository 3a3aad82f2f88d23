/** Moments that keep an account's order. */
import { expect, test } from "vitest";
import { ArrivalClock } from "./arrival-clock.ts";

test("jobs of one account in one millisecond get moments in their order, and other accounts are not moved", () => {
  const clock = new ArrivalClock();
  expect([clock.next("ada", 1_000), clock.next("ada", 1_000), clock.next("ada", 1_000)]).toEqual([1_000, 1_001, 1_002]);
  expect(clock.next("bob", 1_000)).toBe(1_000);
  expect(clock.next("ada", 5_000)).toBe(5_000);
});

test("a flood runs ahead of the clock by ten seconds at most", () => {
  const clock = new ArrivalClock();
  let last = 0;
  for (let count = 0; count < 20_000; count++) last = clock.next("ada", 1_000);
  expect(last).toBe(11_000);
});
