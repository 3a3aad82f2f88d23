/** Workers killed while they post: every outcome's id arrives, the same on repeats, and each recipient's order holds. */
import { setTimeout as sleep } from "node:timers/promises";
import { type SpawnedProcess, waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { message, type System, startSystem } from "./fixture.ts";
import { type Receiver, startReceiver } from "./webhook-receiver.ts";
import { spawnWorker } from "./worker-process.ts";

let system: System;
let receiver: Receiver;
const running: SpawnedProcess[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((worker) => worker.kill("SIGKILL")));
  await receiver.close();
  await system.close();
});

const start = async () => {
  running.push(await spawnWorker(system, { LINKUP_WEBHOOK_ALLOW_PRIVATE: "1" }));
};

/** The outcomeIds that wait in each line, in the order in which they were settled. */
async function waitingLines(): Promise<string[][]> {
  const { client, tag } = system.engine.scripts;
  const keys = await client.keys(`${tag.replaceAll(/[{}]/g, "?")}:gate:hook:*:line:*`);
  const lines = await Promise.all(keys.map((key) => client.lrange(key, 0, -1)));
  return lines.map((line) => line.map((entry) => entry.split("|")[0] ?? ""));
}

test("kill -9 of the workers in mid-delivery, again and again, loses no outcome and turns no recipient's order around", async () => {
  const jobs = 300;
  system = await startSystem({ workers: 0, durable: true });
  receiver = await startReceiver();
  const held = Promise.withResolvers<void>();
  receiver.answer = async () => {
    await held.promise;
    await sleep(5);
    return 204;
  };
  await system.engine.webhooks.put("all", { url: receiver.url, secret: receiver.secret });
  await start();
  await start();
  const recipient = (n: number) => ({ recipientId: `https://www.linkedin.com/in/person-${n % 60}` });
  await system.add(
    "messages",
    Array.from({ length: jobs }, (_, n) => message("nobody", n, recipient(n))),
  );
  await system.outcomesArrive(jobs);
  const lines = await waitingLines();
  expect([lines.length, new Set(lines.flat()).size]).toEqual([60, jobs]);

  held.resolve();
  for (const count of [40, 120, 200]) {
    await waitFor(() => receiver.taken().length, { what: `${count} posts`, until: (seen) => seen >= count, everyMs: 1 });
    await running.shift()?.kill("SIGKILL");
    await start();
  }
  await waitFor(() => receiver.taken().length, { what: "every outcome", until: (seen) => seen === jobs });

  const taken = receiver.taken().map(({ messageId }) => messageId);
  expect(new Set(taken)).toEqual(new Set(system.outcomes.map(({ outcomeId }) => outcomeId)));
  for (const line of lines) expect(taken.filter((messageId) => line.includes(messageId))).toEqual(line);
  const byId = new Map(system.outcomes.map((outcome) => [outcome.outcomeId, outcome]));
  for (const { messageId, data } of receiver.posts) expect(data).toEqual(byId.get(messageId));
  expect(receiver.unverified).toBe(0);
  const waiting = async () => (await system.engine.webhooks.read("all"))?.waiting;
  await waitFor(() => waiting(), { what: "every delivery to be told", until: (seen) => seen === 0 });
});
