/** The results queue while nobody empties it: bounded, told, and nothing lost. */
import { waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { message, type System, startSystem } from "./fixture.ts";

const RESULTS_MAX = 7;
const JOBS = 60;
let system: System;
afterEach(async () => system.close());

test("never more than LINKUP_RESULTS_MAX outcomes wait, it is told once a minute, and the rest arrives when a consumer comes", async () => {
  const startedMs = performance.now();
  const lines: { msg?: string; unpublished?: number; resultsMax?: number }[] = [];
  system = await startSystem({
    workers: 2,
    takesResults: false,
    scenario: { limit: null },
    settings: { rateLimit: 10_000, resultsMax: RESULTS_MAX },
    onLog: (line) => lines.push(JSON.parse(line) as (typeof lines)[number]),
  });
  const accounts = Array.from({ length: 20 }, (_none, number) => `acc-${number}`);
  for (const id of accounts) await system.account(id, { loginToken: `token-of-${id}` });
  await system.add(
    "messages",
    Array.from({ length: JOBS }, (_none, number) => message(accounts[number % accounts.length] ?? "", number)),
  );
  const waiting = () => system.queue("results").getJobCountByTypes("waiting", "prioritized", "delayed");
  const unpublished = async () => (await system.engine.keys.read()).unpublished;
  // Nobody takes any, so what waits only grows: its length at the end is the most there was.
  await waitFor(async () => system.sandbox.summary().effects.done === JOBS && (await unpublished()) === JOBS - RESULTS_MAX, {
    what: "all jobs to have their outcome, and the outbox to hold what has no room",
  });
  const full = "the results queue is full: outcomes wait in the outbox until somebody takes results";
  await waitFor(() => lines.filter(({ msg }) => msg === full).length, { what: "both workers to tell it", until: (seen) => seen === 2 });
  const told = lines.find(({ msg }) => msg === full);
  // It is told when the first finds no room, while others are on their way.
  expect(told).toMatchObject({ unpublished: expect.any(Number), resultsMax: RESULTS_MAX });
  expect(told?.unpublished).toBeGreaterThan(0);
  expect(told?.unpublished).toBeLessThanOrEqual(JOBS - RESULTS_MAX);
  // The sweep has tried meanwhile, in each worker in turn.
  expect(await waiting()).toBe(RESULTS_MAX);

  system.takeResults();
  let most = 0;
  await waitFor(
    async () => {
      most = Math.max(most, await waiting());
      return system.outcomes.length === JOBS;
    },
    { what: "all outcomes" },
  );
  expect(most).toBeLessThanOrEqual(RESULTS_MAX);
  await waitFor(() => lines.some(({ msg }) => msg?.startsWith("the results queue has room again")), { what: "the end of it to be told" });
  const minutes = 1 + Math.floor((performance.now() - startedMs) / 60_000);
  expect(lines.filter(({ msg }) => msg === full).length).toBeLessThanOrEqual(2 * minutes);
  expect(await unpublished()).toBe(0);
  expect(new Set(system.outcomes.map(({ outcomeId }) => outcomeId)).size).toBe(JOBS);
});
