/** Connections to Redis that are half open: nobody is told, and nothing comes back on them. */
import { acquireRedis, startHalfOpenProxy, waitFor } from "@linkup-queue/testkit";
import { Queue } from "bullmq";
import { expect, onTestFinished, test } from "vitest";
import { connectRedis } from "../src/index.ts";
import { SteadyWorker } from "../src/redis/steady-worker.ts";

/** `silentMs`: after so long without an answer a connection is given up. */
async function proxied(silentMs: number) {
  const redis = await acquireRedis({ durable: false, fresh: true });
  const proxy = await startHalfOpenProxy(redis.port);
  const client = await connectRedis({ kind: "single", url: `redis://127.0.0.1:${proxy.port}` }, undefined, silentMs);
  const direct = await connectRedis({ kind: "single", url: redis.url });
  onTestFinished(async () => {
    client.disconnect();
    direct.disconnect();
    await proxy.close();
    await redis.stop();
  });
  return { proxy, client, direct };
}

test("a question that was asked on a connection that is half open is asked again on a new one", async () => {
  const { proxy, client } = await proxied(500);
  await client.set("counted", 1);
  expect(proxy.swallow()).toBe(1);
  expect(await client.incr("counted")).toBe(2);
});

test("a connection that is silent because nothing is asked stays", async () => {
  const { client, direct } = await proxied(500);
  const id = await client.call("CLIENT", "ID");
  // Longer than what would be given up.
  await direct.blpop("nothing", 2);
  expect(await client.call("CLIENT", "ID")).toBe(id);
});

test("BullMQ's worker takes jobs again whose connections are half open while it waits for one", async () => {
  const { proxy, client, direct } = await proxied(6_000);
  const done = Promise.withResolvers<unknown>();
  const worker = new SteadyWorker("half", async (job) => done.resolve(job.data), { connection: client, prefix: "{half}", autorun: false });
  worker.on("error", () => undefined);
  const queue = new Queue("half", { connection: direct, prefix: "{half}" });
  try {
    await worker.waitUntilReady();
    void worker.run();
    await waitFor(async () => String(await direct.call("CLIENT", "LIST")).includes("cmd=bzpopmin"), {
      what: "the worker to wait",
      until: Boolean,
    });
    expect(proxy.swallow()).toBe(2);
    await queue.add("a", { found: true });
    expect(await done.promise).toEqual({ found: true });
  } finally {
    await worker.close();
    await queue.close();
  }
});
