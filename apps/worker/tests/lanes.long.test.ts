/** Accounts are lanes: what one account has in front of the queue holds up nobody else, keeps its order, and takes its turn among the others. */
import { waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { expectAgreement } from "./expect-agreement.ts";
import { message, type System, startSystem } from "./fixture.ts";

let system: System;
afterEach(async () => system.close());

const OTHERS = Array.from({ length: 10 }, (_, n) => `other-${n}`);
const crowd = (accountId: string, count: number, first = 0) => Array.from({ length: count }, (_, n) => message(accountId, first + n));
const ofOthers = (count: number, first: number) =>
  Array.from({ length: count }, (_, n) => message(OTHERS[n % OTHERS.length] ?? "", first + n));
const parked = (accountId: string) => async () => (await system.engine.accounts.read(accountId))?.parked ?? 0;

/** The message jobs of an account in the order in which they reached the sandbox, by their numbers. */
function order(email: string): number[] {
  const sent = system.sandbox
    .journal()
    .filter(({ operation, account, status }) => operation === "message.send" && account === email && status === 200);
  return sent.map(({ target }) => Number(target?.split("-").at(-1)));
}
/** The first call of an idle account is whichever job asked first: workers that fetch its neighbours at once can't know. All behind it were held. */
function expectHeldInOrder([first, ...held]: readonly number[], wanted: readonly number[]): void {
  expect(held).toEqual(wanted.filter((number) => number !== first));
}
const sortedFrom = (first: number, count: number) => Array.from({ length: count }, (_, n) => first + n);

test("eight hundred jobs of an account that is away stand in front, and the others' pass them at once; later they leave in order", async () => {
  system = await startSystem({ workers: 2, settings: { rateLimit: 100_000 }, scenario: { limit: null } });
  await system.activeAccounts(["crowd", ...OTHERS]);
  await system.engine.accounts.pause("crowd");
  await system.add("messages", [...crowd("crowd", 800), ...ofOthers(100, 10_000)]);
  await system.outcomesArrive(100);
  expect(system.outcomes.every(({ accountId, status }) => accountId !== "crowd" && status === "succeeded")).toBe(true);
  await waitFor(() => parked("crowd")(), { what: "the crowd to be held", until: (seen) => seen === 800 });
  await system.engine.accounts.resume("crowd");
  await system.outcomesArrive(900);
  expect(order("crowd@example.com")).toEqual(sortedFrom(0, 800));
  await expectAgreement(system);
});

test("held jobs give their tokens of BullMQ's limiter back: with a limit of twenty, two hundred of them cost the others nothing", async () => {
  // One window holds all calls of this test; without the tokens given back, the held jobs alone would use up ten windows.
  const windowMs = 20_000;
  system = await startSystem({ settings: { rateLimit: 20, rateWindowMs: windowMs }, scenario: { limit: 20, windowMs } });
  await system.activeAccounts(["crowd", "ada"]);
  await system.engine.accounts.pause("crowd");
  await system.add("messages", [...crowd("crowd", 200), ...crowd("ada", 10, 10_000)]);
  await system.outcomesArrive(10, 2 * windowMs);
  expect(system.outcomes.every(({ accountId }) => accountId === "ada")).toBe(true);
  expect(system.sandbox.summary().refused429).toBe(0);
  await waitFor(() => parked("crowd")(), { what: "the crowd to be held", until: (seen) => seen === 200 });
});

test("a busy account with many jobs takes turns with the others over two workers, and held jobs of each leave in order", async () => {
  // The first call of each account takes as long as it takes to hold all the others; from then on calls are short.
  system = await startSystem({
    workers: 2,
    settings: { rateLimit: 100_000, timeoutMs: 20_000 },
    scenario: { limit: null, latencyByPath: { "message.send": 6_000 } },
  });
  await system.activeAccounts(["crowd", ...OTHERS]);
  await system.add("messages", [...crowd("crowd", 200), ...ofOthers(300, 10_000)]);
  const held = async () => (await Promise.all(["crowd", ...OTHERS].map((id) => parked(id)()))).reduce((sum, count) => sum + count, 0);
  await waitFor(() => held(), { what: "all but each account's first to be held", until: (seen) => seen === 500 - 1 - OTHERS.length });
  system.sandbox.scenario({ latencyByPath: { "message.send": { min: 10, max: 20 } } });
  await system.outcomesArrive(500);
  expect(system.outcomes.every(({ status, calls }) => status === "succeeded" && calls === 1)).toBe(true);

  const sent = system.sandbox.journal().filter(({ operation }) => operation === "message.send");
  const others = sent.filter(({ account }) => account !== "crowd@example.com");
  const doneByThen = sent.filter(({ account, seq }) => account === "crowd@example.com" && seq < (others.at(-1)?.seq ?? 0)).length;
  // One call in flight each: while thirty of each other account leave, about thirty of the crowd do, and never all two hundred.
  expect(doneByThen).toBeLessThan(100);
  expectHeldInOrder(order("crowd@example.com"), sortedFrom(0, 200));
  for (const [at, id] of OTHERS.entries()) {
    expectHeldInOrder(
      order(`${id}@example.com`),
      Array.from({ length: 30 }, (_, n) => 10_000 + at + n * OTHERS.length),
    );
  }
  await expectAgreement(system);
});

test("never more calls of one account at once than it may have", async () => {
  system = await startSystem({ workers: 2, settings: { rateLimit: 100_000 }, scenario: { limit: null, latencyMs: { min: 5, max: 25 } } });
  await system.account("one");
  await system.account("three", { email: "three@example.com", password: "x", maxInFlight: 3 });
  await Promise.all(["one", "three"].map((id) => system.accountIs(id, "active")));
  await system.add("messages", [...crowd("one", 60), ...crowd("three", 60, 1_000)]);
  await system.outcomesArrive(120);
  const most = (email: string) => {
    const calls = system.sandbox.journal().filter(({ account, operation }) => account === email && operation === "message.send");
    const moments = calls.flatMap(({ arrivalMs, answeredMs }) => [
      { at: arrivalMs, change: 1 },
      { at: answeredMs ?? arrivalMs, change: -1 },
    ]);
    let now = 0;
    let top = 0;
    for (const { change } of moments.toSorted((a, b) => a.at - b.at)) {
      now += change;
      top = Math.max(top, now);
    }
    return top;
  };
  expect(most("one@example.com")).toBe(1);
  expect(most("three@example.com")).toBe(3);
  await expectAgreement(system);
});
