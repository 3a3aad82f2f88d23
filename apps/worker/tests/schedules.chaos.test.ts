/** Workers that are killed at every step of a schedule's tick. */
import { randomUUID } from "node:crypto";
import { waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { type System, startSystem } from "./fixture.ts";
import { expectOnceEach, putSchedule } from "./schedule-fixture.ts";
import { Victims } from "./victims.ts";

let system: System;
const victims = new Victims();
afterEach(async () => {
  await victims.close();
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
    const { proxy, worker } = await victims.start(system, { command: command(id), side });
    const planned = await system.queue("schedules").getDelayed();
    await planned.find((job) => job.id?.startsWith(`repeat:${id}:`))?.promote();
    await proxy.reached;
    await worker.kill("SIGKILL");
  }
  await victims.startHeirs(system, 3);
  for (const { id } of kills) await system.engine.accounts.resume(`account-of-${id}`);
  await system.outcomesArrive(kills.length);
  await waitFor(() => system.queue("schedules").getActiveCount(), { what: "all ticks to be done", until: (seen) => seen === 0 });
  expect(new Set(system.outcomes.map(({ accountId }) => accountId)).size).toBe(kills.length);
  await expectOnceEach(system);
});
