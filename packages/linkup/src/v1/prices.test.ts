/** Prices of v1's calls: by their inputs, as documented, assumed or inferred. */
import { LEAST_INPUTS, OPERATION_NAMES, OPERATIONS, type Operation, type OperationName } from "@linkup-queue/contracts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { V1_PRICES } from "../prices.ts";
import { V1_OPERATIONS } from "./operations.ts";

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
  ["post.reactions", { total_results: 300 }, 30],
  ["post.reactions", { start_page: 1, end_page: 2 }, 10],
  ["profile.search", { start_page: 2, end_page: 4 }, 15],
  ["company.search", { end_page: 2 }, 10],
  ["post.comments", { total_results: 101 }, 11],
  ["post.comments", { start_page: 3 }, 5],
  ["post.search", { total_results: 21, start_page: 1, end_page: 1 }, 5],
  ["post.feed", { total_results: 95 }, 10],
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

test("a call without a price on any page is priced as assumed or inferred, never as documented", () => {
  const unsure = OPERATION_NAMES.filter((name) => V1_PRICES[name].evidence !== "documented");
  expect(unsure).toEqual([
    ...["invitation.send", "profile.me", "profile.contact", "company.info", "post.create", "post.react", "post.comment"],
    ...["post.answer-comment", "post.repost", "post.comments", "post.search", "post.feed"],
  ]);
});

test("an answer's rows show what a list of unknown price cost, and never less than 1", () => {
  const shows = (name: OperationName, input: Record<string, unknown>, rows: number) =>
    V1_OPERATIONS[name].price.ofRows?.(input, rows) ?? null;
  expect([0, 1, 10, 11, 250].map((rows) => shows("post.search", { total_results: 1_000 }, rows))).toEqual([1, 1, 1, 2, 25]);
  expect(shows("profile.search", { start_page: 1 }, 50)).toBe(5);
  // With total_results the price is documented, and so it is not the rows' to say.
  for (const name of ["profile.search", "company.search", "post.reactions"] as const)
    expect(shows(name, { total_results: 30 }, 3)).toBeNull();
  for (const name of ["connection.list", "message.inbox", "profile.scrape"] as const) expect(shows(name, {}, 3)).toBeNull();
});
