/** A worker whose connections to Redis are half open, in the middle of its work: it makes new ones by itself, and goes on. */
import { startHalfOpenProxy, waitFor } from "@linkup-queue/testkit";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { startWorker } from "../src/start-worker.ts";
import { message, startSystem } from "./fixture.ts";

test("jobs that were out are settled, jobs that wait are taken, and each message leaves once", async () => {
  const system = await startSystem({ workers: 0, scenario: { latencyMs: 300 }, settings: { timeoutMs: 30_000 } });
  const proxy = await startHalfOpenProxy(system.redis.port);
  const settings = { ...system.settings, redis: { kind: "single", url: `redis://127.0.0.1:${proxy.port}` } as const };
  const worker = await startWorker({ settings, log: pino({ level: "silent" }) });
  onTestFinished(async () => {
    await worker.drain();
    await proxy.close();
    await system.close();
  });
  const accounts = ["ada", "bob", "cyd", "dan"];
  await system.activeAccounts(accounts);
  const jobs = (from: number) => accounts.flatMap((account, at) => [message(account, from + at), message(account, from + at + 10)]);
  await system.add("messages", jobs(0));
  await waitFor(() => system.outcomes.length, { what: "the first outcome", until: (count) => count > 0 });
  expect(proxy.swallow()).toBeGreaterThan(1);
  await system.add("messages", jobs(100));
  const outcomes = await system.outcomesArrive(16);
  expect(new Set(outcomes.map(({ jobId }) => jobId)).size).toBe(16);
  expect(outcomes.map(({ status }) => status)).toEqual(outcomes.map(() => "succeeded"));
  const sent = system.sandbox.journal().filter(({ operation }) => operation === "message.send");
  expect(sent).toHaveLength(16);
});
