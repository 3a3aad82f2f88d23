/**
 * One account's trouble is its own: LinkedIn's limits, its restrictions, a refused recipient and a dead session, each in the words that
 * providers and clients were seen to use, with the calls spent and the people written to beside them.
 */
import { waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { expectAgreement } from "./expect-agreement.ts";
import { message, type NewJob, type System, scrape, startSystem } from "./fixture.ts";

let system: System;

afterEach(async () => await system.close());

const said = (text: string) => ({ status: "error", message: text });

type List = { count: number; first: number; note?: string | undefined };

function invitations(accountId: string, { count, first, note }: List): NewJob[] {
  return Array.from({ length: count }, (_, n) => {
    const input = { linkedin_url: `https://www.linkedin.com/in/person-${first + n}`, ...(note === undefined ? {} : { message: note }) };
    return { name: "invitation.send", data: { accountId, input } };
  });
}

const of = (accountId: string, operation: string) =>
  system.outcomes.filter((outcome) => outcome.accountId === accountId && outcome.operation === operation);

async function restsOf(accountId: string) {
  return (await system.engine.accounts.read(accountId))?.rests ?? [];
}

/** A list of twelve for an account whose invitations are answered so; messages of it and invitations of another account beside them. */
async function meets(status: number, text: string, note?: string): Promise<void> {
  const fault = { status, body: said(text), operation: "invitation.send", email: "ada@example.com", times: 1_000 };
  system = await startSystem({ scenario: { next: [fault] } });
  await system.activeAccounts(["ada", "bob"]);
  await system.add("network", [
    ...invitations("ada", { count: 12, first: 0, note }),
    ...invitations("bob", { count: 3, first: 100, note }),
  ]);
  await waitFor(async () => of("bob", "invitation.send").length + (await restsOf("ada")).length, {
    what: "bob's invitations and ada's rest",
    until: (seen) => seen >= 4,
  });
  await system.add("messages", [message("ada", 200), message("ada", 201), message("bob", 202)]);
}

const LIMITS = [
  { status: 429, text: "CUSTOM_INVITE_LIMIT_REACHED", scope: "invite", cause: "invitation_limit", spent: 1 },
  { status: 429, text: "CUSTOM_INVITE_LIMIT_REACHED", scope: "note", cause: "note_limit", spent: 1, note: "Hello" },
  { status: 406, text: "CUSTOM_INVITE_LIMIT_REACHED", scope: "note", cause: "note_limit", spent: 1, note: "Hello" },
  { status: 400, text: "weekly invitation limit reached", scope: "invite", cause: "weekly_limit", spent: 1 },
  {
    status: 400,
    text: "Error while sending connection request: weekly invitation limit reached",
    scope: "invite",
    cause: "weekly_limit",
    spent: 1,
  },
  { status: 200, text: "You have reached the weekly invitation limit", scope: "invite", cause: "weekly_limit", spent: 1 },
  { status: 400, text: "CANT_INVITE_CONNECTION_LIMIT_REACHED", scope: "invite", cause: "weekly_limit", spent: 1 },
  { status: 403, text: "You are out of invitations", scope: "invite", cause: "weekly_limit", spent: 1 },
  { status: 400, text: "TOO_MANY_PENDING_INVITATIONS", scope: "invite", cause: "pending_limit", spent: 1 },
  { status: 400, text: "PRIMARY_HANDLE_NOT_CONFIRMED", scope: "invite", cause: "email_unconfirmed", spent: 1 },
  { status: 422, text: "limit_exceeded", scope: "invite", cause: "linkedin_limited", spent: 1 },
  { status: 429, text: "FUSE_LIMIT_EXCEEDED", scope: "invite", cause: "invitation_limit", spent: 1 },
  { status: 429, text: "Please slow down", scope: "invite", cause: "linkedin_limited", spent: 1 },
  { status: 429, text: "LinkedIn Rate limit exceeded", scope: "invite", cause: "linkedin_limited", spent: 1 },
  { status: 403, text: "This member is temporarily restricted", scope: "invite", cause: "refused_in_a_row", spent: 3 },
  { status: 400, text: "Error while sending connection request", scope: "invite", cause: "refused_in_a_row", spent: 3 },
  { status: 422, text: "Zut", scope: "invite", cause: "refused_in_a_row", spent: 3 },
] satisfies { status: number; text: string; scope: string; cause: string; spent: number; note?: string }[];

test.each<(typeof LIMITS)[number] & { note?: string }>(LIMITS)(
  "$status $text rests $scope for $cause after $spent calls, and nobody else waits",
  async ({ status, text, scope, cause, spent, note }) => {
    await meets(status, text, note);
    await system.outcomesArrive(spent + 6);
    expect(await restsOf("ada")).toMatchObject([{ scope, cause }]);
    expect(of("ada", "invitation.send")).toHaveLength(spent);
    expect(of("ada", "invitation.send").map((outcome) => outcome.status)).not.toContain("succeeded");
    expect(of("ada", "message.send").map((outcome) => outcome.status)).toEqual(["succeeded", "succeeded"]);
    expect(of("bob", "invitation.send").map((outcome) => outcome.status)).toEqual(["succeeded", "succeeded", "succeeded"]);
    expect(await system.engine.accounts.read("ada")).toMatchObject({ state: "active", parked: 12 - spent });
    // Bob's three invitations and the three messages are all that was done to people.
    const { byOperation } = system.sandbox.summary();
    expect({ invitations: byOperation["invitation.send"], messages: byOperation["message.send"] }).toEqual({
      invitations: spent + 3,
      messages: 3,
    });
    expect((await system.engine.keys.read()).state).toBe("open");
    await expectAgreement(system);
  },
);

test("words about the calling account rest all of it after one call until a person acts, and the others go on", async () => {
  const fault = {
    status: 403,
    body: said("Your account has been temporarily restricted"),
    operation: "invitation.send",
    email: "ada@example.com",
  };
  system = await startSystem({ scenario: { next: [{ ...fault, times: 1_000 }] } });
  await system.activeAccounts(["ada", "bob"]);
  await system.add("network", [...invitations("ada", { count: 12, first: 0 }), ...invitations("bob", { count: 3, first: 100 })]);
  await system.accountIs("ada", "needs_attention");
  await system.add("messages", [message("ada", 200), message("bob", 201)]);
  await system.outcomesArrive(5);
  expect(await system.engine.accounts.read("ada")).toMatchObject({ why: "account_restricted", rests: [{ scope: "account" }] });
  expect(of("ada", "invitation.send")).toMatchObject([{ status: "failed", code: "linkedin_limited", calls: 1 }]);
  expect(of("ada", "message.send")).toEqual([]);
  expect(await restsOf("ada")).toMatchObject([{ until: null }]);
  system.sandbox.scenario({ next: [] });
  await system.engine.accounts.resume("ada");
  await system.outcomesArrive(17);
  expect(of("ada", "invitation.send").filter((outcome) => outcome.status === "succeeded")).toHaveLength(11);
  await expectAgreement(system);
});

const search = (accountId: string, number: number): NewJob => ({
  name: "profile.search",
  data: { accountId, input: { keyword: `engineer ${number}`, total_results: 10 } },
});

test.each([
  { status: 200, text: "Profile view limit reached", operation: "profile.scrape", scope: "view", cause: "linkedin_limited" },
  { status: 400, text: "You have viewed too many profiles", operation: "profile.scrape", scope: "view", cause: "linkedin_limited" },
  { status: 403, text: "search quota", operation: "profile.search", scope: "search", cause: "linkedin_limited" },
  { status: 422, text: "Search limit reached", operation: "profile.search", scope: "search", cause: "linkedin_limited" },
  { status: 200, text: "You've reached the commercial use limit", operation: "profile.search", scope: "search", cause: "commercial_limit" },
  { status: 403, text: "Monthly profile search limit", operation: "profile.search", scope: "search", cause: "commercial_limit" },
])("$status $text to $operation rests $scope of that account after one call; its other reads and other accounts go on", async (row) => {
  const { status, text, operation, scope, cause } = row;
  const fault = { status, body: said(text), operation, email: "ada@example.com", times: 1_000 };
  system = await startSystem({ scenario: { next: [fault] } });
  await system.activeAccounts(["ada", "bob"]);
  const [limited, other] = operation === "profile.scrape" ? [scrape, search] : [search, scrape];
  await system.add("profiles", [...[0, 1, 2, 3, 4, 5].map((n) => limited("ada", n)), limited("bob", 6), limited("bob", 7)]);
  await waitFor(async () => (await restsOf("ada")).length, { what: "ada's rest", until: (seen) => seen === 1 });
  await system.add("profiles", [other("ada", 8), other("bob", 9)]);
  await system.outcomesArrive(5);
  expect(await restsOf("ada")).toMatchObject([{ scope, cause }]);
  expect(of("ada", operation)).toMatchObject([{ status: "failed", code: "linkedin_limited", calls: 1 }]);
  expect(system.outcomes.filter((outcome) => outcome.status === "succeeded")).toHaveLength(4);
  expect(await system.engine.accounts.read("ada")).toMatchObject({ state: "active", parked: 5 });
  expect(await system.engine.keys.read()).toMatchObject({
    state: "open",
    brakes: [],
    rests: [{ account: "ada", scope, cause, waiting: 5 }],
  });
  await expectAgreement(system);
});

test.each([
  [400, "Zut"],
  [200, "Zut"],
])("%i %s to an account's reads, while those of others succeed, rests its family after the third, for an hour", async (status, text) => {
  const fault = { status, body: said(text), operation: "profile.scrape", email: "ada@example.com", times: 1_000 };
  system = await startSystem({ scenario: { next: [fault] } });
  await system.activeAccounts(["ada", "bob"]);
  for (const round of [0, 1, 2]) {
    await system.add("profiles", [scrape("ada", round), scrape("bob", 100 + round)]);
    await system.outcomesArrive(2 * (round + 1));
  }
  await system.add("profiles", [...[3, 4, 5, 6].map((n) => scrape("ada", n)), scrape("bob", 103)]);
  await system.outcomesArrive(7);
  expect(await restsOf("ada")).toMatchObject([{ scope: "view", cause: "reads_refused" }]);
  expect(of("ada", "profile.scrape")).toHaveLength(3);
  expect(await system.engine.keys.read()).toMatchObject({ state: "open", brakes: [], rests: [{ account: "ada", waiting: 4 }] });
  await expectAgreement(system);
});

test("an account whose refusals alternate between words rests after the third person, and the others go on", async () => {
  const fault = { operation: "invitation.send", email: "ada@example.com" };
  const answers = [
    { status: 403, body: said("This member is temporarily restricted") },
    { status: 400, body: said("Error while sending connection request") },
    { status: 200, body: said("Zut"), when: "before" as const },
  ];
  system = await startSystem({ scenario: { next: [...answers, ...answers].map((answer) => ({ ...fault, ...answer })) } });
  await system.activeAccounts(["ada", "bob"]);
  await system.add("network", [...invitations("ada", { count: 12, first: 0 }), ...invitations("bob", { count: 3, first: 100 })]);
  await system.outcomesArrive(6);
  await waitFor(async () => (await restsOf("ada")).length, { what: "ada's rest", until: (seen) => seen === 1 });
  expect(await restsOf("ada")).toMatchObject([{ scope: "invite", cause: "refused_in_a_row" }]);
  expect(of("ada", "invitation.send")).toHaveLength(3);
  expect(of("bob", "invitation.send").map((outcome) => outcome.status)).toEqual(["succeeded", "succeeded", "succeeded"]);
  expect(await system.engine.accounts.read("ada")).toMatchObject({ state: "active", parked: 9 });
  await expectAgreement(system);
});

test.each([
  [422, "cannot_resend_yet"],
  [400, "ALREADY_INVITED"],
  [403, "This member has blocked you"],
])("%i %s refuses that person alone: it ends recipient_refused, and the account goes on to the next", async (status, text) => {
  const fault = { status, body: said(text), operation: "invitation.send", email: "ada@example.com", times: 4 };
  system = await startSystem({ scenario: { next: [fault] } });
  await system.activeAccounts(["ada"]);
  await system.add("network", invitations("ada", { count: 6, first: 0 }));
  await system.outcomesArrive(6);
  const codes = of("ada", "invitation.send").map(({ code }) => code);
  expect(codes.filter((code) => code === "recipient_refused")).toHaveLength(4);
  expect(codes.filter((code) => code === null)).toHaveLength(2);
  expect(await restsOf("ada")).toEqual([]);
  await expectAgreement(system);
});

test.each([
  [401, "Session cookie revoked"],
  [400, "Invalid cookie"],
  [404, "Invalid Cookie"],
  [422, "Cookie has expired"],
  [403, "login_token is invalid"],
  [409, "LinkedIn session expired"],
  [400, "Please log in again"],
  [429, "Session timed out"],
  [200, "You have been logged out"],
])("%i %s costs one credit and one log-in of that account; the job is repeated, and the others go on", async (status, text) => {
  system = await startSystem();
  await system.activeAccounts(["ada", "bob"]);
  system.sandbox.scenario({ next: [{ status, body: said(text), operation: "message.send", email: "ada@example.com" }] });
  await system.add("messages", [...[0, 1, 2, 3].map((n) => message("ada", n)), message("bob", 10), message("bob", 11)]);
  await system.outcomesArrive(6);
  expect(system.outcomes.map((outcome) => outcome.status)).toEqual(Array.from({ length: 6 }, () => "succeeded"));
  const { byOperation } = system.sandbox.summary();
  expect({ messages: byOperation["message.send"], logins: byOperation["auth.login"] }).toEqual({ messages: 7, logins: 3 });
  expect((await system.engine.keys.read()).state).toBe("open");
  await expectAgreement(system);
});

test("an unclear 401 while other accounts' calls work is that account's: one log-in, its job is repeated, and the key stays open", async () => {
  system = await startSystem();
  await system.activeAccounts(["ada", "bob"]);
  await system.add("messages", [message("bob", 0)]);
  await system.outcomesArrive(1);
  system.sandbox.scenario({ next: [{ status: 401, body: said("Unauthorized"), operation: "message.send", email: "ada@example.com" }] });
  await system.add("messages", [message("ada", 1), message("ada", 2), message("bob", 3)]);
  await system.outcomesArrive(4);
  expect(system.outcomes.map((outcome) => outcome.status)).toEqual(["succeeded", "succeeded", "succeeded", "succeeded"]);
  expect(system.sandbox.summary().byOperation).toMatchObject({ "message.send": 5, "auth.login": 3 });
  expect((await system.engine.keys.read()).state).toBe("open");
  await expectAgreement(system);
});

test("an unclear 401 of a second account, with no success since the first one's, stops the key", async () => {
  system = await startSystem();
  await system.activeAccounts(["ada", "bob", "cyd"]);
  await system.add("messages", [message("cyd", 0)]);
  await system.outcomesArrive(1);
  const refusal = { status: 401, body: said("Unauthorized"), operation: "message.send", times: 100 };
  system.sandbox.scenario({
    next: [
      { ...refusal, email: "ada@example.com" },
      { ...refusal, email: "bob@example.com" },
    ],
  });
  await system.add("messages", [message("ada", 1), message("bob", 2)]);
  await waitFor(async () => (await system.engine.keys.read()).state, { what: "the key to stop", until: (state) => state === "stopped" });
  expect((await system.engine.keys.read()).reason).toBe("key_refused");
});

test("a place in a list that is called a token is no session: its job ends, and nobody logs in", async () => {
  system = await startSystem();
  await system.activeAccounts(["ada"]);
  system.sandbox.scenario({ next: [{ status: 400, body: said("Invalid page token"), operation: "message.send" }] });
  await system.add("messages", [message("ada", 0)]);
  await system.outcomesArrive(1);
  expect(system.outcomes[0]).toMatchObject({ status: "failed", code: "invalid_request" });
  expect(system.sandbox.summary().byOperation["auth.login"]).toBe(1);
});
