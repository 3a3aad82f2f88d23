/** A worker whose Redis refuses to move a job: it is tried again, and the job is never failed for it. */
import { acquireRedis, type TestRedis, waitFor } from "@linkup-queue/testkit";
import { Queue } from "bullmq";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CallWorker, connectRedis, type Decision, type RedisClient } from "../src/index.ts";
import type { Gate } from "../src/ledger/gate.ts";
import { type FlushingProxy, startFlushingProxy } from "./flushing-proxy.ts";
import { CONFIG } from "./rig.ts";

let redis: TestRedis;
let proxy: FlushingProxy;
let client: RedisClient;
/** Of the test itself: what it asks meets no trouble. */
let asking: RedisClient;
beforeAll(async () => {
  redis = await acquireRedis({ durable: false, fresh: true });
  proxy = await startFlushingProxy(redis.port);
  asking = await connectRedis({ kind: "single", url: redis.url });
  client = await connectRedis({ kind: "single", url: `redis://127.0.0.1:${proxy.port}` });
});
afterAll(async () => {
  client.disconnect();
  asking.disconnect();
  await proxy.close();
  await redis.stop();
});

/** How Redis refuses the next script of this connection, and how it takes them again once that is told. */
const TROUBLES = {
  NOREPLICAS: {
    begin: async () => void (await client.call("CONFIG", "SET", "min-replicas-to-write", "1")),
    // Said there, it goes before the write after it.
    end: () => void client.call("CONFIG", "SET", "min-replicas-to-write", "0"),
  },
  NOSCRIPT: { begin: async () => proxy.flush(), end: () => undefined },
};

const DECISIONS = [
  { kind: "snooze", afterMs: 10, reason: "test" },
  { kind: "retry", afterMs: 10 },
  { kind: "park", expiresAtMs: 1 },
  { kind: "hand_back" },
  { kind: "complete", value: {} },
] as unknown as Decision[];

describe.each(Object.entries(TROUBLES))("%s", (word, trouble) => {
  test.each(DECISIONS)(
    "a job that Redis does not let be moved is moved a moment later, or run again, and not failed: $kind",
    async (decision) => {
      const keyId = `move-${word.toLowerCase()}-${decision.kind.replaceAll("_", "-")}-${process.pid}`;
      const queue = new Queue("messages", { connection: asking, prefix: `{linkup-${keyId}}` });
      const errors = new Set<unknown>();
      const failedByBullmq: unknown[] = [];
      const confirmed: string[] = [];
      let times = 0;
      const worker = new CallWorker({
        queue: "messages",
        config: { ...CONFIG, keyId },
        connection: client,
        gate: { confirmPark: async ({ id }: { id: string }) => void confirmed.push(id) } as unknown as Gate,
        processor: async () => {
          times += 1;
          if (times > 1) return { kind: "complete", value: {} };
          await trouble.begin();
          return decision;
        },
        onError: (error) => {
          errors.add(error);
          trouble.end();
        },
        onFailedByBullmq: (job) => void failedByBullmq.push(job),
      });
      try {
        await worker.start();
        await queue.add("message.send", { n: 1 }, { jobId: "one", priority: 10 });
        const state = () => queue.getJobState("one");
        expect(await waitFor(state, { what: "the job to be over", until: (seen) => seen === "completed" || seen === "failed" })).toBe(
          "completed",
        );
        expect(times).toBe(2);
        // The move, and whatever else of the worker's was to be written at that moment.
        expect(errors.size).toBeGreaterThan(0);
        for (const error of errors) expect(String(error)).toContain(word);
        expect(failedByBullmq).toEqual([]);
        expect(confirmed).toEqual(decision.kind === "park" ? ["one"] : []);
      } finally {
        await worker.close();
        await queue.close();
      }
    },
  );
});
