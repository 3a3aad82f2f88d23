/** LINKUP_TRANSIT_MS in a worker: a slow provider, and a way that stands still behind a proxy that acknowledges everything. */
import { tellsAcknowledged } from "@linkup-queue/linkup";
import { type JitterProxy, startJitterProxy } from "@linkup-queue/sandbox";
import { because, waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { expectAgreement } from "./expect-agreement.ts";
import { message, type System, startSystem } from "./fixture.ts";

const NO_TABLE = (await tellsAcknowledged()) ? undefined : because("this machine's kernel has no /proc/self/net/tcp");
const LIMIT = 20;
const WINDOW_MS = 4_000;
const CALL_MS = 2_000;
const TRANSIT_MS = 1_000;
const JOBS = 80;
const ACCOUNTS = Array.from({ length: 40 }, (_none, n) => `acc-${n}`);

let system: System;
let proxy: JitterProxy | null = null;
afterEach(async () => {
  await system.close();
  await proxy?.close();
  proxy = null;
});

/** A worker with this transit, behind a proxy, and a backlog of slow calls. */
async function startSlow(transitMs: number | null): Promise<JitterProxy> {
  const settings = { rateLimit: LIMIT, rateWindowMs: WINDOW_MS, timeoutMs: 30_000, shutdownGraceMs: 35_000 };
  system = await startSystem({ settings, scenario: { limit: LIMIT, windowMs: WINDOW_MS, latencyMs: CALL_MS }, workers: 0 });
  proxy = await startJitterProxy({ target: system.sandbox.url, delayMs: { min: 0, max: 0 } });
  for (const id of ACCOUNTS) await system.account(id, { loginToken: `token-of-${id}` });
  await system.startWorker({ baseUrl: proxy.url, transitMs });
  const jobs = Array.from({ length: JOBS }, (_none, n) => message(ACCOUNTS[n % ACCOUNTS.length] ?? "", n));
  await system.add("messages", jobs);
  return proxy;
}

async function expectAllWithinLimit(): Promise<void> {
  await system.outcomesArrive(JOBS, 120_000);
  expect(new Set(system.outcomes.map(({ status }) => status))).toEqual(new Set(["succeeded"]));
  const { maxInWindow, refused429 } = system.sandbox.summary();
  expect(refused429).toBe(0);
  expect(maxInWindow).toBeLessThanOrEqual(LIMIT);
  await expectAgreement(system);
}

const holdMs = async () => (await system.engine.keys.read()).meanHoldMs;

test.skipIf(NO_TABLE)(
  "slow calls hold their places for less than until their answers, within the limit",
  { timeout: 180_000 },
  async () => {
    await startSlow(TRANSIT_MS);
    await expectAllWithinLimit();
    const mean = await holdMs();
    expect(mean).toBeGreaterThanOrEqual(TRANSIT_MS);
    expect(mean).toBeLessThan(CALL_MS);
  },
);

test("without the setting they hold them until their answers", { timeout: 180_000 }, async () => {
  await startSlow(null);
  await expectAllWithinLimit();
  expect(await holdMs()).toBeGreaterThanOrEqual(CALL_MS);
});

test.skipIf(NO_TABLE)(
  "a way that stands still has nothing freed early, though all that is sent is acknowledged",
  { timeout: 180_000 },
  async () => {
    const way = await startSlow(TRANSIT_MS);
    const requests = () => system.sandbox.summary().requests;
    // Twice, when the window is full: for longer than the transit, and until calls were handed over in the stall.
    for (const before of [LIMIT + 4, 2 * LIMIT + 4]) {
      await waitFor(requests, { what: `${before} requests`, until: (seen) => seen >= before, timeoutMs: 60_000 });
      way.stall();
      const arrived = requests();
      const sinceMs = performance.now();
      await waitFor(() => performance.now() - sinceMs, { what: "the stall to last", until: (ms) => ms > 2.5 * TRANSIT_MS });
      expect(requests() - arrived).toBeLessThanOrEqual(LIMIT);
      await way.resume();
    }
    await expectAllWithinLimit();
  },
);
