/** A worker that holds a job that waits hears of an urgent one, by the event that BullMQ writes, and fetches it past the first. */
import { acquireRedis, type TestRedis } from "@linkup-queue/testkit";
import { Queue } from "bullmq";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CallWorker, connectRedis, type RedisClient, UrgentWatch } from "../src/index.ts";
import type { Gate } from "../src/ledger/gate.ts";
import { CONFIG } from "./rig.ts";

const KEY_ID = `urgent-${process.pid}`;
const PREFIX = `{linkup-${KEY_ID}}`;
let redis: TestRedis;
let client: RedisClient;
beforeAll(async () => {
  redis = await acquireRedis({ durable: false, fresh: true });
  client = await connectRedis({ kind: "single", url: redis.url });
});
afterAll(async () => {
  client.disconnect();
  await redis.stop();
});

const failOn = (reject: (error: unknown) => void) => (error: unknown) => reject(error);

test("an urgent job is fetched while bulk jobs wait in the worker's hand, whichever queue they wait in", async () => {
  const fetched: string[] = [];
  const holds = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const urgent = Promise.withResolvers<void>();
  const urgentWatch = new UrgentWatch({ connection: client, onError: failOn(urgent.reject) });
  const queues = (["messages", "posts"] as const).map((name) => new Queue(name, { connection: client, prefix: PREFIX }));
  const workers = (["messages", "posts"] as const).map(
    (queue) =>
      new CallWorker({
        queue,
        config: { ...CONFIG, keyId: KEY_ID },
        connection: client,
        urgentWatch,
        gate: {} as Gate,
        processor: async ({ ref, priority }, progress) => {
          fetched.push(ref.id);
          if (priority === 1) {
            if (fetched.includes("urgent-posts") && fetched.includes("urgent-messages")) urgent.resolve();
            return { kind: "complete", value: {} };
          }
          progress.lined();
          if (fetched.length === 2) holds.resolve();
          await release.promise;
          return { kind: "complete", value: {} };
        },
        onError: failOn(urgent.reject),
        onFailedByBullmq: () => undefined,
      }),
  );
  try {
    for (const queue of queues) {
      await queue.addBulk(["a", "b"].map((id) => ({ name: "any", data: {}, opts: { jobId: `${id}-${queue.name}`, priority: 100 } })));
    }
    for (const worker of workers) await worker.start();
    await holds.promise;
    for (const queue of queues) await queue.add("any", {}, { jobId: `urgent-${queue.name}`, priority: 1 });
    await urgent.promise;
    expect(fetched.slice(0, 2).sort()).toEqual(["a-messages", "a-posts"]);
    expect(fetched.slice(2)).toEqual(expect.arrayContaining(["urgent-messages", "urgent-posts"]));
  } finally {
    release.resolve();
    await urgentWatch.close();
    await Promise.all([...workers.map((worker) => worker.close()), ...queues.map((queue) => queue.close())]);
  }
});

test("the watch looks again after each thing that came, and not while nothing is held", async () => {
  const queue = new Queue("network", { connection: client, prefix: PREFIX });
  const looks: (() => void)[] = [];
  const looked = () => new Promise<void>((resolve) => looks.push(resolve));
  let isNeeded = false;
  let asked = 0;
  const watch = new UrgentWatch({
    connection: client,
    onError: (error) => {
      throw error;
    },
  });
  const want = watch.add({
    queue,
    isNeeded: () => isNeeded,
    look: async () => {
      asked += 1;
      looks.shift()?.();
    },
  });
  try {
    await queue.add("any", {}, { jobId: "before" });
    expect(asked).toBe(0);
    for (const id of ["", "one", "two"]) {
      const next = looked();
      isNeeded = true;
      if (id === "") want();
      else await queue.add("any", {}, { jobId: id });
      await next;
    }
  } finally {
    await watch.close();
    await queue.close();
  }
});
