/** Outcomes as bytes. */
import { OUTCOME_CODES, OUTCOME_STATUSES, type Outcome } from "@linkup-queue/contracts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { batchesByBytes, packOutcome, unpackOutcome } from "./outcome-store.ts";

const text = fc.string({ unit: "grapheme" });
const maybe = fc.option(text);
const credits = fc.record({ charged: fc.nat(), uncertain: fc.nat() });
const outcome: fc.Arbitrary<Outcome> = fc.record({
  v: fc.constant(1 as const),
  outcomeId: text,
  queue: text,
  jobId: text,
  operation: text,
  accountId: maybe,
  campaignId: maybe,
  recipientId: maybe,
  step: fc.option(fc.integer({ min: 1, max: 10 })),
  status: fc.constantFrom(...OUTCOME_STATUSES),
  code: fc.option(fc.constantFrom(...OUTCOME_CODES)),
  message: text,
  httpStatus: fc.option(fc.integer({ min: 100, max: 599 })),
  output: fc.jsonValue({ noUnicodeString: false }).map((value) => JSON.parse(JSON.stringify(value)) as unknown),
  calls: fc.nat(),
  credits,
  redriveOf: maybe,
  reconciled: fc.option(fc.record({ by: fc.string(), at: fc.string() })),
  resolved: fc.option(fc.record({ happened: fc.boolean(), by: fc.string(), at: fc.string() })),
  enqueuedAt: text,
  startedAt: maybe,
  finishedAt: text,
});

test("an outcome that was packed is unpacked as it was", () => {
  fc.assert(
    fc.property(outcome, (some) => {
      expect(unpackOutcome(packOutcome(some))).toEqual(some);
    }),
  );
});

test("an outcome of any length is unpacked as it was, also where the window of its deflate is shorter than its text", () => {
  const [base] = fc.sample(outcome, 1);
  for (const length of [3_000, 3_900, 4_200, 20_000]) {
    for (const letter of ["a", "ü", "語"]) {
      const some = {
        ...(base ?? expect.fail("no outcome")),
        message: Array.from({ length }, (_, at) => `${letter}${at % 97}`)
          .join("")
          .slice(0, length),
      };
      expect(unpackOutcome(packOutcome(some))).toEqual(some);
    }
  }
});

test("an ordinary outcome takes less than half of its JSON", () => {
  const ordinary: Outcome = {
    v: 1,
    outcomeId: "o-abcdefghijklmnopqrst",
    queue: "messages",
    jobId: "8f14e45f",
    operation: "message.send",
    accountId: "acc-1",
    campaignId: null,
    recipientId: null,
    step: null,
    status: "succeeded",
    code: null,
    message: "Done",
    httpStatus: 200,
    output: { message: "Message sent successfully" },
    calls: 1,
    credits: { charged: 1, uncertain: 0 },
    redriveOf: null,
    reconciled: null,
    resolved: null,
    enqueuedAt: "2026-11-22T10:00:00.000Z",
    startedAt: "2026-11-22T10:00:01.000Z",
    finishedAt: "2026-11-22T10:00:02.000Z",
  };
  expect(packOutcome(ordinary).length).toBeLessThan(JSON.stringify(ordinary).length / 2);
});

test("a form that this version does not know is refused in words", () => {
  expect(() => unpackOutcome(Buffer.from([9, 1, 2]))).toThrow("form 9");
});

test("a list is read in batches of bounded size that follow each other without a gap, and what is larger alone is a batch of its own", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50)), fc.integer({ min: 1, max: 60 }), (sizes, most) => {
      const batches = batchesByBytes(sizes, most);
      expect(batches.flatMap(({ from, to }) => sizes.slice(from, to))).toEqual(sizes);
      for (const { from, to } of batches) {
        const bytes = sizes.slice(from, to).reduce((sum, size) => sum + size, 0);
        expect(to > from && (bytes <= most || to - from === 1)).toBe(true);
      }
    }),
  );
  expect(batchesByBytes([3, 3, 3, 9, 1], 6)).toHaveLength(4);
});
