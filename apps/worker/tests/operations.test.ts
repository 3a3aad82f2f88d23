/**
 * Every operation of the catalogue once through a worker and the sandbox, whose prices and answers are its own: what the outcome, the ledger
 * and the meter say that it cost must be the same. Where the price of a list is not known, what was held beyond the rows answered stays
 * uncertain. A row that is added without an answer of the sandbox's own ends here.
 */
import { LEAST_INPUTS, OPERATION_NAMES, OPERATIONS, type Operation, type OperationName } from "@linkup-queue/contracts";
import { V1_PRICES } from "@linkup-queue/linkup/prices";
import { ENDPOINTS } from "@linkup-queue/sandbox";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { expectAgreement } from "./expect-agreement.ts";
import { type System, startSystem } from "./fixture.ts";

/** Conversations by person: the sandbox has them without one being made before. */
const INPUTS: Readonly<Record<OperationName, Record<string, unknown>>> = {
  ...LEAST_INPUTS,
  "message.conversation": { linkedin_url: LEAST_INPUTS["message.send"].linkedin_url },
};

/** Inputs of more than one unit, for whichever operation has such fields. */
const LARGER: Readonly<Record<string, Record<string, unknown>>> = {
  "for three pages": { start_page: 2, end_page: 4 },
  "for a started third ten": { total_results: 21 },
  "for more rows than there are": { total_results: 300 },
  "with a file": { media_link: "https://files.example/a.png" },
};

type Case = { what: string; input: Record<string, unknown> };

function casesOf(name: OperationName): Case[] {
  const { input }: Operation = OPERATIONS[name];
  const least: Record<string, unknown> = INPUTS[name] ?? {};
  const fields = Object.keys(z.toJSONSchema(input, { io: "input" }).properties ?? {});
  const fits = (more: Record<string, unknown>) =>
    Object.keys(more).every((field) => fields.includes(field)) &&
    // An inbox of more than 25 comes back empty, which is no answer.
    !(name === "message.inbox" && Number(more.total_results) > 25);
  const larger = Object.entries(LARGER).filter(([, more]) => fits(more));
  return [{ what: "with its least input", input: least }, ...larger.map(([what, more]) => ({ what, input: { ...least, ...more } }))];
}

/** Where the price is not known, and less was answered than it was held for. */
const uncertainCases: string[] = [];
let system: System;
beforeAll(async () => {
  system = await startSystem({ scenario: { acceptAnyInvitation: true } });
  await system.activeAccounts(["ada"]);
});
afterAll(() => system.close());

/** Credits of one operation so far, in the ledger and on the meter. */
async function counted(operation: string): Promise<{ ledger: number; uncertain: number; meter: number; requests: number }> {
  const { byOperation } = await system.credits();
  const { credits, byOperation: requests } = system.sandbox.summary();
  const row = byOperation.find((sum) => sum.operation === operation);
  return {
    ledger: row?.charged ?? 0,
    uncertain: row?.uncertain ?? 0,
    meter: credits.byOperation[operation] ?? 0,
    requests: requests[operation] ?? 0,
  };
}

describe.each(OPERATION_NAMES)("%s", (name) => {
  test("has a price that is known in the same way here and to the sandbox", () => {
    expect(ENDPOINTS.find(({ operation }) => operation === name)?.priceEvidence).toBe(V1_PRICES[name].evidence);
  });

  test("has an input here", () => expect(Object.keys(INPUTS)).toContain(name));

  test.each(casesOf(name))("$what succeeds in one call, and outcome, ledger and meter agree on what it cost", async ({ what, input }) => {
    const { queue }: Operation = OPERATIONS[name];
    const before = await counted(name);
    const ended = system.outcomes.length;
    await system.add(queue, [{ name, data: { accountId: "ada", input: distinct(input) } }]);
    const outcome = (await system.outcomesArrive(ended + 1))[ended];
    const held = V1_PRICES[name].credits(input);
    const { charged, uncertain } = outcome?.credits ?? { charged: 0, uncertain: 0 };
    expect(outcome, outcome?.message).toMatchObject({ operation: name, status: "succeeded", code: null, calls: 1 });
    expect(charged + uncertain).toBe(held);
    if (uncertain > 0) uncertainCases.push(`${name} ${what}: ${charged} of ${held}`);
    const after = await counted(name);
    const spent = {
      ledger: after.ledger - before.ledger,
      uncertain: after.uncertain - before.uncertain,
      meter: after.meter - before.meter,
      requests: after.requests - before.requests,
    };
    expect(spent).toEqual({ ledger: charged, uncertain, meter: charged, requests: 1 });
  });
});

test("credits stay uncertain for lists whose price is not known alone, and for what was held beyond their rows", () => {
  // The sandbox has 250 rows of everything, fifty members a page, and ten of all else.
  expect(uncertainCases).toEqual([
    "company.search for three pages: 3 of 15",
    "post.reactions for three pages: 3 of 15",
    "post.comments for three pages: 3 of 15",
    "post.comments for more rows than there are: 25 of 30",
    "post.search for three pages: 3 of 15",
    "post.search for more rows than there are: 25 of 30",
    "post.feed for more rows than there are: 25 of 30",
  ]);
});

test("over all of them the accounts agree, no request went anywhere else, and some cost more than one credit", async () => {
  await expectAgreement(system);
  const { byOperation } = system.sandbox.summary();
  expect(Object.keys(byOperation).toSorted()).toEqual(["auth.login", ...OPERATION_NAMES].toSorted());
  const dear = new Set(system.outcomes.filter(({ credits }) => credits.charged > 1).map(({ operation }) => operation));
  const priced = OPERATION_NAMES.filter((name) => casesOf(name).some(({ input }) => V1_PRICES[name].credits(input) > 1));
  expect([...dear].toSorted()).toEqual(priced.toSorted());
  expect(priced).toEqual(expect.arrayContaining(["message.send", "message.inbox", "connection.list", "profile.search"]));
});

/** A message of one text is sent once; another text is no double. */
function distinct(input: Record<string, unknown>): Record<string, unknown> {
  return input.message_text === undefined ? input : { ...input, message_text: `Hi ${system.outcomes.length}` };
}
