/** How many jobs a worker may hold. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { FetchWidth } from "./fetch-width.ts";

/** A width with `heads` bulk jobs that were told to wait. */
function withLine(heads: number): FetchWidth {
  const width = new FetchWidth();
  for (let head = 0; head < heads; head++) {
    width.fetched(false);
    width.lined();
  }
  return width;
}

test("one head in line beside those in flight", () => {
  const width = withLine(1);
  expect(width.concurrency).toBe(1);
  width.granted({ atOnce: false });
  expect(width.concurrency).toBe(2);
  width.ended({ granted: true });
  expect(width.concurrency).toBe(1);
});

test("jobs that are granted at once widen it, fast to sixteen and slowly to 64, a head that waits narrows it again", () => {
  const width = new FetchWidth();
  const capacity = Array.from({ length: 60 }, (_, before) => {
    width.fetched(false);
    width.granted({ atOnce: true });
    return width.concurrency - before - 1;
  });
  expect(capacity.slice(0, 6)).toEqual([2, 4, 8, 16, 17, 18]);
  expect(capacity.slice(-8)).toEqual(Array(8).fill(64));
  width.lined();
  expect(width.concurrency).toBe(61);
});

test("a run of parked jobs widens it up to sixteen, and back to that when accounts are met twice", () => {
  const width = new FetchWidth();
  const seen = [1, 2, 3, 4, 5].map(() => {
    width.parked();
    return width.concurrency;
  });
  expect(seen).toEqual([2, 4, 8, 16, 16]);
  for (let job = 0; job < 20; job++) {
    width.fetched(false);
    width.granted({ atOnce: true });
  }
  expect(width.concurrency).toBe(20 + 36);
  width.parked();
  expect(width.concurrency).toBe(20 + 16);
});

test("an urgent grant doesn't widen it: the window may be full all the same", () => {
  const width = withLine(1);
  width.fetched(true);
  width.granted({ atOnce: false });
  expect(width.concurrency).toBe(2);
});

test("urgent jobs that wait open one more place behind any number of heads, until a job comes that is not urgent", () => {
  for (const heads of [1, 5]) {
    const width = withLine(heads);
    expect(width.concurrency).toBe(1);
    width.urgentWaits();
    width.urgentWaits();
    expect(width.concurrency).toBe(heads + 1);
    width.fetched(true);
    width.granted({ atOnce: false });
    expect(width.concurrency).toBe(heads + 2);
    width.fetched(false);
    expect(width.concurrency).toBe(2);
  }
});

test("it is at least one more than what is in flight, and bounded, whatever happens", () => {
  const step = fc.constantFrom("fetch", "grant", "grantUrgent", "end", "drop", "parked", "lined", "urgentWaits");
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const width = new FetchWidth();
      let heads = 0;
      let inFlight = 0;
      for (const name of steps) {
        if (name === "fetch") {
          width.fetched(false);
          heads += 1;
        } else if ((name === "grant" || name === "grantUrgent") && heads > 0) {
          width.granted({ atOnce: name === "grant" });
          heads -= 1;
          inFlight += 1;
        } else if (name === "end" && inFlight > 0) {
          width.ended({ granted: true });
          inFlight -= 1;
        } else if (name === "drop" && heads > 0) {
          width.ended({ granted: false });
          heads -= 1;
        } else if (name === "parked" || name === "lined" || name === "urgentWaits") width[name]();
        expect(width.concurrency).toBeGreaterThanOrEqual(inFlight + 1);
        expect(width.concurrency).toBeLessThanOrEqual(inFlight + Math.max(64, heads + 1));
      }
    }),
  );
});
