/** Jobs whose account is unknown, away, asked for a code, refused, or loses its token in mid-run: who waits, who ends, what it costs. */
import { fromNow, waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { expectAgreement } from "./expect-agreement.ts";
import { message, type System, scrape, startSystem } from "./fixture.ts";

let system: System;
afterEach(async () => system.close());

const messages = (accountId: string, count: number, first = 0) => Array.from({ length: count }, (_, n) => message(accountId, first + n));
const allSucceeded = () => system.outcomes.every(({ status }) => status === "succeeded");
const held = (accountId: string, count: number) =>
  waitFor(async () => (await system.engine.accounts.read(accountId))?.parked, {
    what: `${count} held jobs`,
    until: (seen) => seen === count,
  });

test("a job of an unknown account fails, free, and others go on", async () => {
  system = await startSystem();
  await system.account("ada");
  await system.add("messages", [message("nobody", 1), message("ada", 2)]);
  await system.outcomesArrive(2);
  expect(system.outcomes.find(({ accountId }) => accountId === "nobody")).toMatchObject({
    status: "failed",
    code: "account_unavailable",
    calls: 0,
    credits: { charged: 0, uncertain: 0 },
  });
  await expectAgreement(system);
});

test("jobs that wait for an account are cancelled when it is removed, unsent", async () => {
  system = await startSystem({ scenario: { codeRequired: ["ada@example.com"] } });
  await system.account("ada");
  await system.accountIs("ada", "awaiting_code");
  await system.add("messages", messages("ada", 20));
  await held("ada", 20);
  await system.engine.accounts.remove("ada");
  await system.outcomesArrive(20);
  expect(system.outcomes.every(({ status, code, calls }) => status === "cancelled" && code === "account_unavailable" && calls === 0)).toBe(
    true,
  );
  expect(system.sandbox.summary().byOperation).toEqual({ "auth.login": 1 });
  await expectAgreement(system);
});

test("an account that is asked for a code holds its jobs, a wrong code changes nothing, and with the right one they go out in order", async () => {
  system = await startSystem({ scenario: { codeRequired: ["ada@example.com"] } });
  const { accounts, authJobs } = system.engine;
  await system.account("ada");
  await system.accountIs("ada", "awaiting_code");
  await system.add("messages", messages("ada", 30));
  await held("ada", 30);
  await authJobs.add(await accounts.giveCode("ada", "000000"));
  await waitFor(async () => (await accounts.read("ada"))?.why, {
    what: "the wrong code to be told",
    until: (seen) => seen === "code_wrong",
  });
  await authJobs.add(await accounts.giveCode("ada", "123456"));
  await system.outcomesArrive(30);
  expect(allSucceeded()).toBe(true);
  const sent = system.sandbox.journal().filter(({ operation }) => operation === "message.send");
  expect(sent.map(({ target }) => target)).toEqual(messages("ada", 30).map((_, n) => expect.stringMatching(new RegExp(`-${n}$`))));
  expect(system.sandbox.summary().byOperation).toMatchObject({ "auth.login": 1, "auth.verify": 2 });
  await expectAgreement(system);
});

test("a verification that hangs is paid for once: a second code is refused meanwhile, and afterwards the account asks for one again", async () => {
  const hangs = { status: "hang", when: "before", operation: "auth.verify" } as const;
  system = await startSystem({ scenario: { codeRequired: ["ada@example.com"], next: [hangs] }, settings: { timeoutMs: 500 } });
  const { accounts, authJobs } = system.engine;
  await system.account("ada");
  await system.accountIs("ada", "awaiting_code");
  // The process that took the code died before it added the job: the sweep does.
  await accounts.giveCode("ada", "123456");
  await waitFor(() => system.sandbox.summary().byOperation["auth.verify"], { what: "the call", until: (seen) => seen === 1 });
  await expect(accounts.giveCode("ada", "123456")).rejects.toMatchObject({ code: "conflict" });
  const told = async () => (await accounts.read("ada"))?.why === "verification_unknown";
  await waitFor(told, { what: "the unknown verification to be told" });
  expect(await accounts.read("ada")).toMatchObject({ state: "awaiting_code" });
  await authJobs.add(await accounts.giveCode("ada", "123456"));
  await system.accountIs("ada", "active");
  expect(system.sandbox.summary().byOperation).toEqual({ "auth.login": 1, "auth.verify": 2 });
  expect(system.outcomes).toEqual([]);
  await expectAgreement(system);
});

test("a log-in that is answered 'Session expired' is paid for once, and one under the key's limit three times at most", async () => {
  const expired = { status: 401, message: "Session expired", operation: "auth.login", email: "ada@example.com", times: 9 } as const;
  const limited = { status: 429, message: "API Rate limit exceeded", operation: "auth.login", email: "bob@example.com", times: 9 } as const;
  system = await startSystem({ scenario: { next: [expired, limited] }, settings: { rateWindowMs: 500 } });
  await system.account("ada");
  await system.accountIs("ada", "needs_attention");
  expect(await system.engine.accounts.read("ada")).toMatchObject({ why: "login_refused" });
  expect(system.sandbox.summary().byOperation).toEqual({ "auth.login": 1 });
  await system.account("bob");
  await system.accountIs("bob", "needs_attention");
  expect(await system.engine.accounts.read("bob")).toMatchObject({ why: "rate_limited" });
  expect(system.sandbox.summary().byOperation).toEqual({ "auth.login": 1 + 3 });
  await expectAgreement(system);
});

test("a wrong password costs one log-in, however many jobs wait, and a right one sets them going", async () => {
  system = await startSystem({ scenario: { badPassword: ["ada@example.com"] } });
  await system.account("ada");
  await system.add("messages", messages("ada", 50));
  await system.accountIs("ada", "needs_attention");
  await held("ada", 50);
  expect(await system.engine.accounts.read("ada")).toMatchObject({ why: "login_refused" });
  expect(system.sandbox.summary().byOperation).toEqual({ "auth.login": 1 });
  expect(system.outcomes).toEqual([]);
  system.sandbox.scenario({ badPassword: [] });
  await system.account("ada", { email: "ada@example.com", password: "the right one" });
  await system.outcomesArrive(50);
  expect(allSucceeded()).toBe(true);
  expect(system.sandbox.summary().byOperation["auth.login"]).toBe(2);
  await expectAgreement(system);
});

test("a token that dies in mid-run costs one refused call and one log-in for thirty waiting jobs", async () => {
  system = await startSystem({ scenario: { dieOnce: { afterCalls: 10 } }, workers: 2 });
  await system.account("ada");
  await system.add("messages", messages("ada", 40));
  await system.outcomesArrive(40);
  expect(allSucceeded()).toBe(true);
  const { byStatus, byOperation, effects } = system.sandbox.summary();
  expect(byStatus).toEqual({ 200: 42, 403: 1 });
  expect(byOperation).toEqual({ "auth.login": 2, "message.send": 41 });
  expect(effects.done).toBe(40);
  expect((await system.credits()).total).toEqual({ charged: 43, uncertain: 0, wasted: 1, redriven: 0 });
  await expectAgreement(system);
});

test("with several calls in flight a death costs at most one refused call for each of them, and one log-in", async () => {
  system = await startSystem({ scenario: { dieOnce: { afterCalls: 10 }, latencyMs: { min: 5, max: 30 } } });
  await system.account("ada", { email: "ada@example.com", password: "x", maxInFlight: 4 });
  await system.add("messages", messages("ada", 40));
  await system.outcomesArrive(40);
  expect(allSucceeded()).toBe(true);
  const { byStatus, byOperation } = system.sandbox.summary();
  expect(byOperation["auth.login"]).toBe(2);
  expect(byStatus["403"]).toBeLessThanOrEqual(4);
  await expectAgreement(system);
});

test("tokens that die young three times running end the job token_expired, close the account and hold its other jobs", async () => {
  system = await startSystem({ scenario: { tokenLifetimeCalls: 0 } });
  await system.account("ada");
  await system.add("messages", messages("ada", 12));
  await system.accountIs("ada", "needs_attention");
  await system.outcomesArrive(1);
  await held("ada", 11);
  expect(system.outcomes).toHaveLength(1);
  expect(system.outcomes[0]).toMatchObject({ status: "failed", code: "token_expired", httpStatus: 403, calls: 3, credits: { charged: 3 } });
  expect(await system.engine.accounts.read("ada")).toMatchObject({ why: "tokens_die_young", epoch: 3 });
  expect(system.sandbox.summary().byOperation).toEqual({ "auth.login": 3, "message.send": 3 });
  expect((await system.credits()).total).toEqual({ charged: 6, uncertain: 0, wasted: 3, redriven: 0 });
  await expectAgreement(system);
  // A person looks after it; then the rest goes out.
  system.sandbox.scenario({ tokenLifetimeCalls: null });
  const need = await system.engine.accounts.resume("ada");
  if (need !== null) await system.engine.authJobs.add(need);
  await system.outcomesArrive(12);
  expect(system.outcomes.filter(({ status }) => status === "succeeded")).toHaveLength(11);
  await expectAgreement(system);
});

test("a token that was brought along and dies holds the account's jobs, as nobody can log in for it", async () => {
  system = await startSystem({ scenario: { dieOnce: { afterCalls: 2 } } });
  await system.account("ada", { loginToken: "AQED-brought-along" });
  await system.add("messages", messages("ada", 5));
  await system.accountIs("ada", "needs_attention");
  await held("ada", 3);
  expect(await system.engine.accounts.read("ada")).toMatchObject({ why: "token_dead_and_no_password" });
  system.sandbox.scenario({ dieOnce: null });
  await system.account("ada", { loginToken: "AQED-another-one" });
  await system.outcomesArrive(5);
  expect(allSucceeded()).toBe(true);
  await expectAgreement(system);
});

test("LinkedIn's limit ends its job, rests that family of the account for a day, and leaves its others and all others at work", async () => {
  system = await startSystem({
    scenario: { next: [{ status: 429, message: "LinkedIn Rate limit exceeded", operation: "message.send", email: "ada@example.com" }] },
  });
  await system.activeAccounts(["ada", "bob"]);
  const askedMs = fromNow(0).getTime();
  await system.add("messages", [...messages("ada", 5), ...messages("bob", 5, 5)]);
  await system.outcomesArrive(6);
  await held("ada", 4);
  const [limited] = system.outcomes.filter(({ accountId }) => accountId === "ada");
  expect(limited).toMatchObject({ status: "failed", code: "linkedin_limited", httpStatus: 429, calls: 1, credits: { charged: 1 } });
  expect(system.outcomes.filter(({ accountId, status }) => accountId === "bob" && status === "succeeded")).toHaveLength(5);
  const account = await system.engine.accounts.read("ada");
  expect(account).toMatchObject({ state: "active", rests: [{ scope: "message", cause: "linkedin_limited" }] });
  const restsMs = Date.parse(account?.rests[0]?.until ?? "") - askedMs;
  expect(restsMs).toBeGreaterThanOrEqual(24 * 3_600_000);
  expect(restsMs).toBeLessThan(27 * 3_600_000);
  await system.add("profiles", [scrape("ada", 50)]);
  await system.outcomesArrive(7);
  expect(system.outcomes.at(-1)).toMatchObject({ accountId: "ada", status: "succeeded" });
  await expectAgreement(system);
});

test("a paused account's jobs wait, and go on when it is taken back to work, without another log-in", async () => {
  system = await startSystem();
  await system.activeAccounts(["ada", "bob"]);
  await system.engine.accounts.pause("ada");
  await system.add("messages", [...messages("ada", 10), ...messages("bob", 3, 10)]);
  await system.outcomesArrive(3);
  await held("ada", 10);
  expect(system.outcomes.every(({ accountId }) => accountId === "bob")).toBe(true);
  await system.engine.accounts.resume("ada");
  await system.outcomesArrive(13);
  expect(allSucceeded()).toBe(true);
  expect(system.sandbox.summary().byOperation["auth.login"]).toBe(2);
  await expectAgreement(system);
});

test("a log-in that LinkUp answers 500 is free and tried again until it works; one whose answer is lost is repeated, three times in all", async () => {
  const next = [
    { status: 500, operation: "auth.login", email: "ada@example.com", times: 3 },
    { status: "reset", when: "after", operation: "auth.login", email: "bob@example.com", times: 3 },
  ] as const;
  system = await startSystem({ scenario: { next: [...next] } });
  await system.account("ada");
  await system.account("bob");
  await system.add("messages", [message("ada", 1), message("bob", 2)]);
  await system.outcomesArrive(1);
  expect(system.outcomes[0]).toMatchObject({ accountId: "ada", status: "succeeded" });
  await system.accountIs("bob", "needs_attention");
  expect(await system.engine.accounts.read("bob")).toMatchObject({ why: "login_unknown", parked: 1 });
  expect(system.sandbox.summary().byOperation["auth.login"]).toBe(4 + 3);
  await expectAgreement(system);
});
