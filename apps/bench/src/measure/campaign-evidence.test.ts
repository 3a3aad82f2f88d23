import { expect, test } from "vitest";
import { compareEvidence, type Told } from "./campaign-evidence.ts";

const told = (recipientId: string, outcomeId: string): Told => ({ campaignId: "c", recipientId, outcomeId });
const expected = [
  { campaignId: "c", recipientId: "ada" },
  { campaignId: "c", recipientId: "bob" },
  { campaignId: "c", recipientId: "cyd" },
];
const all = [told("ada", "o-1"), told("bob", "o-2"), told("cyd", "o-3")];
const NONE = { export: 0, archive: 0, webhooks: 0, results: 0 };

test("four places that tell the same of every recipient leave nothing to say", () => {
  const places = { export: all, archive: all, webhooks: all, results: all };
  expect(compareEvidence(expected, places)).toEqual({ recipients: 3, without: 0, withMore: 0, missing: NONE, twice: NONE });
});

test("an outcome that one place lacks, tells twice, or tells under another id is counted there", () => {
  const places = {
    export: all.slice(1),
    archive: [...all, told("ada", "o-1")],
    webhooks: [told("ada", "o-9"), told("bob", "o-2")],
    results: all,
  };
  expect(compareEvidence([...expected, { campaignId: "c", recipientId: "dan" }], places)).toEqual({
    recipients: 4,
    without: 1,
    withMore: 1,
    missing: { export: 2, archive: 1, webhooks: 2, results: 1 },
    twice: { ...NONE, archive: 1 },
  });
});
