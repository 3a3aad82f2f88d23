/** What v1's calls cost: by their inputs, as documented, assumed or inferred. */
import { LEAST_INPUTS, OPERATION_NAMES, OPERATIONS, type Operation, type OperationName } from "@linkup-queue/contracts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { V1_PRICES } from "../prices.ts";

test.each(OPERATION_NAMES)("%s costs 1 with its least input", (name) => {
  expect(V1_PRICES[name].credits(LEAST_INPUTS[name])).toBe(1);
});

test.each<[OperationName, Record<string, unknown>, number]>([
  ["message.send", { media_link: "https://files.example/a.png" }, 2],
  ["message.send", { media_file: "data:image/png;base64,AAAA" }, 2],
  ["message.inbox", { total_results: 10 }, 1],
  ["message.inbox", { total_results: 11 }, 2],
  ["message.conversation", { total_results: 25 }, 3],
  ["message.conversation", { start_page: 2, end_page: 4 }, 3],
  ["invitation.sent", { start_page: 1, end_page: 2, total_results: 500 }, 2],
  ["connection.list", { total_results: 1000 }, 100],
  ["connection.list", { start_page: 7 }, 1],
  ["connection.list", { end_page: 7 }, 7],
  ["recommendation.list", { start_page: 3, end_page: 3 }, 1],
  ["profile.search", { total_results: 1 }, 1],
  ["company.search", { total_results: 101 }, 11],
  ["post.reactions", { total_results: 500 }, 1],
])("%s with %j costs %d", (name, input, credits) => {
  const operation: Operation = OPERATIONS[name];
  expect(operation.input.safeParse({ ...LEAST_INPUTS[name], ...input }).success).toBe(true);
  expect(V1_PRICES[name].credits({ ...LEAST_INPUTS[name], ...input })).toBe(credits);
});

test("a price is a whole number of at least 1 for anything that passes as an input, and for anything else too", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...OPERATION_NAMES),
      fc.dictionary(fc.constantFrom("total_results", "start_page", "end_page"), fc.anything()),
      (name, input) => {
        const credits = V1_PRICES[name].credits(input);
        expect(Number.isSafeInteger(credits) && credits >= 1).toBe(true);
      },
    ),
  );
});

test("what no page states is priced as assumed or inferred, never as documented", () => {
  const unsure = OPERATION_NAMES.filter((name) => V1_PRICES[name].evidence !== "documented");
  expect(unsure).toEqual([
    ...["invitation.send", "profile.me", "profile.contact", "company.info", "post.create", "post.react", "post.comment"],
    ...["post.answer-comment", "post.repost", "post.reactions", "post.comments", "post.search", "post.feed"],
  ]);
});
