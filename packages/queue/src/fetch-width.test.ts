/** How many jobs a worker may hold. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { FetchWidth } from "./fetch-width.ts";

test("one head in line beside those in flight", () => {
  const width = new FetchWidth();
  expect(width.concurrency).toBe(1);
  width.granted();
  width.granted();
  expect(width.concurrency).toBe(3);
  width.ended();
  expect(width.concurrency).toBe(2);
});

test("a run of parked jobs widens it up to eight, a head that waits or is granted narrows it again", () => {
  const width = new FetchWidth();
  const seen = [1, 2, 3, 4, 5].map(() => {
    width.parked();
    return width.concurrency;
  });
  expect(seen).toEqual([2, 4, 8, 8, 8]);
  width.lined();
  expect(width.concurrency).toBe(1);
});

test("urgent jobs that wait open one more place until a job comes that is not urgent", () => {
  const width = new FetchWidth();
  width.urgentWaits();
  width.urgentWaits();
  expect(width.concurrency).toBe(2);
  width.fetched(true);
  expect(width.concurrency).toBe(2);
  width.fetched(false);
  expect(width.concurrency).toBe(1);
});

test("it is at least one and at most nine more than what is in flight, whatever happens", () => {
  const step = fc.constantFrom("granted", "ended", "parked", "lined", "urgentWaits", "fetched");
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const width = new FetchWidth();
      let inFlight = 0;
      for (const name of steps) {
        if (name === "ended" && inFlight === 0) continue;
        if (name === "granted") inFlight += 1;
        if (name === "ended") inFlight -= 1;
        if (name === "fetched") width.fetched(false);
        else width[name]();
        expect(width.concurrency).toBeGreaterThanOrEqual(inFlight + 1);
        expect(width.concurrency).toBeLessThanOrEqual(inFlight + 9);
      }
    }),
  );
});
