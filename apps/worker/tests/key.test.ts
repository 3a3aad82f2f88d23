/** Trouble with the API key as a whole: refused, out of credits, over its limit, stopped by hand, the day's credits used up, an outage. */
import { waitFor } from "@linkup-queue/testkit";
import { afterEach, describe, expect, test } from "vitest";
import { expectAgreement } from "./expect-agreement.ts";
import { message, type System, startSystem } from "./fixture.ts";

let system: System;
afterEach(async () => system.close());

const ACCOUNTS = Array.from({ length: 8 }, (_, n) => `acc-${n}`);
const jobsOfAll = (count: number) => Array.from({ length: count }, (_, n) => message(ACCOUNTS[n % ACCOUNTS.length] ?? "", n));
const keyIs = (state: string) =>
  waitFor(async () => (await system.engine.keys.read()).state, { what: `the key to be ${state}`, until: (seen) => seen === state });
const allSucceeded = () => system.outcomes.every(({ status }) => status === "succeeded");

describe("a refused key", () => {
  test("costs one call, stops everything, and all jobs succeed once it is opened again", async () => {
    system = await startSystem();
    await system.activeAccounts(ACCOUNTS.slice(0, 1));
    system.sandbox.scenario({ badKey: true });
    const jobs = Array.from({ length: 40 }, (_, n) => message("acc-0", n));
    await system.add("messages", jobs);
    await keyIs("stopped");
    expect((await system.engine.keys.read()).reason).toBe("key_refused");
    expect(system.outcomes).toEqual([]);
    system.sandbox.scenario({ badKey: false });
    await system.engine.keys.resume();
    await system.outcomesArrive(jobs.length);
    expect(allSucceeded()).toBe(true);
    const { byStatus, credits } = system.sandbox.summary();
    expect(byStatus).toEqual({ 200: 41, 401: 1 });
    expect(credits.charged).toBe(42);
    await expectAgreement(system);
  });

  test("from the very start costs one call, whatever the number of accounts that want to log in", async () => {
    system = await startSystem({ scenario: { badKey: true, latencyMs: 50 } });
    await Promise.all(ACCOUNTS.map((id) => system.account(id)));
    await system.add("messages", jobsOfAll(40));
    await keyIs("stopped");
    await waitFor(async () => (await system.engine.keys.read()).openGrants, {
      what: "all calls to be settled",
      until: (seen) => seen === 0,
    });
    expect(system.sandbox.summary().requests).toBe(1);
    system.sandbox.scenario({ badKey: false });
    await system.engine.keys.resume();
    await system.outcomesArrive(40);
    expect(allSucceeded()).toBe(true);
    expect((await system.credits()).total).toMatchObject({ charged: 40 + ACCOUNTS.length + 1 });
    await expectAgreement(system);
  });

  test.each([
    { answer: "402", status: 402, message: "Insufficient credits available" },
    { answer: "403 that names the credits", status: 403, message: "Insufficient credits available" },
  ])("by $answer stops the key as well", async ({ status, message: text }) => {
    system = await startSystem({ scenario: { next: [{ status, message: text, operation: "message.send" }] } });
    await system.activeAccounts(["acc-0"]);
    await system.add("messages", [message("acc-0", 1)]);
    await keyIs("stopped");
    expect(system.outcomes).toEqual([]);
    await system.engine.keys.resume();
    await system.outcomesArrive(1);
    expect(system.outcomes[0]).toMatchObject({ status: "succeeded", calls: 2, credits: { charged: 2, uncertain: 0 } });
    await expectAgreement(system);
  });
});

test("the key's own 429 ends its job rate_limited, and nothing leaves for one window", async () => {
  const windowMs = 1_500;
  system = await startSystem({
    settings: { rateWindowMs: windowMs },
    scenario: { windowMs, next: [{ status: 429, operation: "message.send" }] },
  });
  await system.activeAccounts(["acc-0"]);
  await system.add(
    "messages",
    Array.from({ length: 5 }, (_, n) => message("acc-0", n)),
  );
  await system.outcomesArrive(5);
  expect(system.outcomes[0]).toMatchObject({ status: "failed", code: "rate_limited", httpStatus: 429, calls: 1, credits: { charged: 1 } });
  expect(system.outcomes.slice(1).map(({ status }) => status)).toEqual(["succeeded", "succeeded", "succeeded", "succeeded"]);
  const sent = system.sandbox.journal().filter(({ operation }) => operation === "message.send");
  const [refused, next] = sent;
  expect(refused?.status).toBe(429);
  expect((next?.arrivalMs ?? 0) - (refused?.answeredMs ?? 0)).toBeGreaterThanOrEqual(windowMs);
  await expectAgreement(system);
});

test("a key stopped by hand lets nothing leave until it is opened by hand", async () => {
  system = await startSystem();
  await system.activeAccounts(ACCOUNTS);
  await system.engine.keys.pause();
  const before = system.sandbox.summary().requests;
  await system.add("messages", jobsOfAll(16));
  await waitFor(() => system.queue("messages").getActiveCount(), { what: "a job to wait at the gate", until: (seen) => seen > 0 });
  expect(await system.engine.keys.read()).toMatchObject({ state: "stopped", reason: "by_hand" });
  await system.engine.keys.resume();
  expect(system.sandbox.summary().requests).toBe(before);
  await system.outcomesArrive(16);
  expect(allSucceeded()).toBe(true);
  await expectAgreement(system);
});

test("jobs beyond the day's credits wait for the next day, free", async () => {
  system = await startSystem({ settings: { maxCreditsPerDay: 5 } });
  await system.activeAccounts(["acc-0"]);
  await system.add(
    "messages",
    Array.from({ length: 8 }, (_, n) => message("acc-0", n)),
  );
  await system.outcomesArrive(4);
  await waitFor(() => system.queue("messages").getActiveCount(), { what: "the fifth to wait", until: (seen) => seen === 1 });
  expect(system.sandbox.summary().credits.charged).toBe(5);
  expect((await system.credits()).total.charged).toBe(5);
  expect(system.outcomes).toHaveLength(4);
});
