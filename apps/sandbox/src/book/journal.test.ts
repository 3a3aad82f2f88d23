/** The journal's columns, and what happens above its capacity. */
import { expect, test } from "vitest";
import { Journal } from "./journal.ts";

function filled(journal: Journal, lines: number): Journal {
  for (let i = 0; i < lines; i += 1) journal.open({ arrivalMs: i, key: "k", path: "/v1/check", operation: "key.check" });
  return journal;
}

test("lines are read from a seq on, at most so many, in order", () => {
  const journal = filled(new Journal(0, 100), 50);
  expect(journal.read({ since: 10, limit: 3 }).map(({ seq, arrivalMs }) => [seq, arrivalMs])).toEqual([
    [11, 10],
    [12, 11],
    [13, 12],
  ]);
  expect(journal.read({ since: 50 })).toEqual([]);
});

test("above its capacity the oldest lines go, seqs stay, and the number of lost lines is told", () => {
  const journal = filled(new Journal(0, 10_000), 100_000);
  expect(journal.size).toBeGreaterThanOrEqual(10_000);
  expect(journal.size + journal.dropped).toBe(100_000);
  const lines = journal.read();
  expect(lines[0]).toMatchObject({ seq: journal.dropped + 1, arrivalMs: journal.dropped });
  expect(lines.at(-1)).toMatchObject({ seq: 100_000, arrivalMs: 99_999 });
  let visited = 0;
  journal.eachArrival((arrivalMs) => {
    expect(arrivalMs).toBe(journal.dropped + visited);
    visited += 1;
  });
  expect(visited).toBe(journal.size);
});

test("a line is pending until it is settled, and keeps its word or number", () => {
  const journal = new Journal(1000, 10);
  const line = journal.open({ arrivalMs: 1.5, key: "k", path: "/x", operation: null });
  expect(journal.read()).toMatchObject([{ status: "pending", time: "1970-01-01T00:00:01.001Z", answeredMs: null, effect: "none" }]);
  line.settle({ account: "a", target: "t", status: "hang", charged: 2, effect: "done", fault: "hang after" });
  expect(journal.read()).toMatchObject([{ status: "hang", charged: 2, effect: "done", fault: "hang after", account: "a", target: "t" }]);
});
