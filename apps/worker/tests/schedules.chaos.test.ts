/** Workers that are killed at every step of a schedule's tick. */
import { randomUUID } from "node:crypto";
import { type SpawnedProcess, waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { type System, startSystem } from "./fixture.ts";
import { expectOnceEach, putSchedule } from "./schedule-fixture.ts";
import { type StepProxy, startStepProxy } from "./step-proxy.ts";
import { spawnWorker } from "./worker-process.ts";

let system: System;
const running: SpawnedProcess[] = [];
const proxies: StepProxy[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((worker) => worker.kill("SIGKILL")));
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
  await system.close();
});

test("a worker killed at any step of a tick neither loses its job nor adds it twice", async () => {
  system = await startSystem({ workers: 0 });
  const call = (script: string, id: string) => new RegExp(`linkup_${script}_\\w+\\r\\n[^"]*\\{"id":"${id}"`);
  const tick = (id: string) => call("schedule_tick", id);
  const add = (id: string) => new RegExp(`"accountId":"account-of-${id}","input":`);
  const done = (id: string) => call("schedule_done", id);
  const completed = (id: string) => new RegExp(`:schedules:completed\\r\\n[^{}]*(?:\\{[^{}]*\\}[^{}]*)*repeat:${id}:`);
  const kills = [tick, add, done, completed]
    .flatMap((command) => (["before", "after"] as const).map((side) => ({ command, side })))
    .map((step, at) => ({ ...step, id: `s${at}` }));
  for (const { id, command, side } of kills) {
    const accountId = `account-of-${id}`;
    await system.account(accountId, { loginToken: `token-${randomUUID()}` });
    // No call is out when a worker is killed: its job would end unknown, and rightly.
    await system.engine.accounts.pause(accountId);
    await putSchedule(system, { everyMs: 3_600_000 }, { accountId, id });
    const proxy = await startStepProxy(system.redis.port, { command: command(id), side });
    proxies.push(proxy);
    const worker = await spawnWorker(system, { REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
    running.push(worker);
    const planned = await system.queue("schedules").getDelayed();
    await planned.find((job) => job.id?.startsWith(`repeat:${id}:`))?.promote();
    await proxy.reached;
    await worker.kill("SIGKILL");
  }
  running.push(await spawnWorker(system), await spawnWorker(system), await spawnWorker(system));
  for (const { id } of kills) await system.engine.accounts.resume(`account-of-${id}`);
  await system.outcomesArrive(kills.length);
  await waitFor(() => system.queue("schedules").getActiveCount(), { what: "all ticks to be done", until: (seen) => seen === 0 });
  expect(new Set(system.outcomes.map(({ accountId }) => accountId)).size).toBe(kills.length);
  await expectOnceEach(system);
});
