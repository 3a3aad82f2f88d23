/** An outage of the provider's as whole workers meet it, with as many answers as it takes to be called one. The key's side of it is in the queue's tests. */
import { waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { expectAgreement } from "./expect-agreement.ts";
import { message, type System, startSystem } from "./fixture.ts";

let system: System;
afterEach(async () => system.close());

const ACCOUNTS = Array.from({ length: 8 }, (_, n) => `acc-${n}`);

test("an outage of 500s holds everything back for a while without using up the jobs' attempts", async () => {
  system = await startSystem({ settings: { maxAttempts: 4, rateLimit: 1_000 }, scenario: { limit: 1_000 } });
  await system.activeAccounts(ACCOUNTS);
  system.sandbox.scenario({ share500Before: 1 });
  await system.add(
    "messages",
    Array.from({ length: 60 }, (_, n) => message(ACCOUNTS[n % ACCOUNTS.length] ?? "", n)),
  );
  await waitFor(async () => (await system.engine.keys.read()).state, {
    what: "the key to be cooling",
    until: (seen) => seen === "cooling",
  });
  expect((await system.engine.keys.read()).reason).toBe("server_errors");
  system.sandbox.scenario({ share500Before: 0 });
  await system.outcomesArrive(60);
  // At least half of fifty answers must fail before it is called an outage: those jobs that failed four times by then have ended.
  expect(system.outcomes.filter(({ code }) => code !== null).every(({ code, calls }) => code === "server_error" && calls === 4)).toBe(true);
  expect(system.outcomes.filter(({ status }) => status === "succeeded").length).toBeGreaterThanOrEqual(47);
  await expectAgreement(system);
});
