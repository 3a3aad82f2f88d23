/** The verdict: silent when all held, and one sentence for each way in which a promise can break. */
import type { Outcome } from "@linkup-queue/contracts";
import { expect, test } from "vitest";
import { brokenPromises, type Facts } from "./judge.ts";

function outcome(jobId: string, changes: Partial<Outcome> = {}): Outcome {
  const frame = {
    v: 1,
    queue: "messages",
    operation: "message.send",
    accountId: "anna",
    campaignId: null,
    redriveOf: null,
    reconciled: null,
    resolved: null,
  } as const;
  const end = { status: "succeeded", code: null, message: "Done", httpStatus: 200, output: null, calls: 1 } as const;
  const times = { enqueuedAt: "2026-01-01T00:00:00.000Z", startedAt: null, finishedAt: "2026-01-01T00:00:01.000Z" };
  const credits = { charged: 1, uncertain: 0 };
  return { ...frame, outcomeId: `o-${jobId}`, jobId, recipientId: null, step: null, ...end, credits, ...times, ...changes };
}

const sums = { charged: 2, uncertain: 0, wasted: 0, redriven: 0 };
const HELD: Facts = {
  accepted: ["messages/a", "messages/b"],
  deliveries: [outcome("a"), outcome("b")],
  ledger: { total: sums, byDay: [], byCampaign: [], byAccount: [], byCause: [], byOperation: [{ operation: "message.send", ...sums }] },
  witness: {
    jobCalls: 2,
    authCalls: 0,
    chargedJobCalls: 2,
    answered500: 0,
    refused429: 0,
    charged: 2,
    chargedByOperation: { "message.send": 2 },
    wasted: 0,
    uncertain: 0,
    maxInWindow: 2,
    repeated: 0,
    doubles: [],
  },
  rateLimit: 2,
  tokenDeaths: 0,
};
const withLedger = (changes: Partial<typeof sums>): Facts["ledger"] => ({
  ...HELD.ledger,
  byOperation: [{ operation: "message.send", ...sums, ...changes }],
});
const double = { operation: "message.send", account: "anna@example.com", target: "x", count: 2, seqs: [1, 2] };

test("nothing is said when every promise held", () => {
  expect(brokenPromises(HELD)).toEqual([]);
});

test("the same outcome delivered again is no second outcome", () => {
  expect(brokenPromises({ ...HELD, deliveries: [...HELD.deliveries, outcome("a")] })).toEqual([]);
});

test("credits that the ledger calls uncertain may be on the meter or not", () => {
  for (const charged of [1, 2]) expect(brokenPromises({ ...HELD, ledger: withLedger({ charged, uncertain: 2 - charged }) })).toEqual([]);
});

test("one charged refusal for each token that died is no waste, and one more is", () => {
  const refused = { ...HELD, tokenDeaths: 1, witness: { ...HELD.witness, chargedJobCalls: 3 } };
  expect(brokenPromises(refused)).toEqual([]);
  expect(brokenPromises({ ...refused, witness: { ...refused.witness, chargedJobCalls: 4 } })).toEqual([
    expect.stringMatching(/^No credit wasted: 2 calls were charged again for 2 jobs .* 1 token deaths/),
  ]);
});

test.each<[string, RegExp, Partial<Facts>]>([
  [
    "a job without an outcome",
    /^Nothing lost: 1 jobs ended without an outcome \(messages\/c\)$/,
    { accepted: [...HELD.accepted, "messages/c"] },
  ],
  [
    "two outcomes of one job",
    /^Nothing lost: 1 jobs ended in more than one/,
    { deliveries: [...HELD.deliveries, outcome("a", { outcomeId: "o-2", calls: 0 })] },
  ],
  [
    "an outcome of a stranger",
    /^Nothing lost: 1 jobs gave an outcome though/,
    { deliveries: [...HELD.deliveries, outcome("z", { calls: 0 })] },
  ],
  ["a window too full", /^Never over the limit: 3 requests in one window/, { witness: { ...HELD.witness, maxInWindow: 3 } }],
  ["a 429", /^Never over the limit: 1 requests were refused/, { witness: { ...HELD.witness, refused429: 1 } }],
  [
    "a send that happened twice",
    /^Never twice: 1 sends too many, such as/,
    { witness: { ...HELD.witness, repeated: 1, doubles: [double] } },
  ],
  ["a credit that the ledger missed", /ledger has 1 credits .* meter 2$/, { ledger: withLedger({ charged: 1 }) }],
  ["a credit that the ledger made up", /ledger has 3 credits .* meter 2$/, { ledger: withLedger({ charged: 3 }) }],
  ["a call that no outcome tells of", /outcomes tell of 2 calls, the sandbox of 3$/, { witness: { ...HELD.witness, jobCalls: 3 } }],
  [
    "a charge for an operation that the ledger does not know",
    /0 credits for auth.login, the sandbox's meter 1$/,
    { witness: { ...HELD.witness, chargedByOperation: { ...HELD.witness.chargedByOperation, "auth.login": 1 } } },
  ],
])("%s is told", (_what, sentence, changes) => {
  const broken = brokenPromises({ ...HELD, ...changes });
  expect(broken).toHaveLength(1);
  expect(broken[0]).toMatch(sentence);
});
