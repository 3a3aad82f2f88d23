/** A worker whose Redis refuses to move a job: it is tried again, and the job is never failed for it. */
import { acquireRedis, type TestRedis, waitFor } from "@linkup-queue/testkit";
import { Queue } from "bullmq";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CallWorker, connectRedis, type Decision, type Gate, type RedisClient } from "../src/index.ts";
import { CONFIG } from "./rig.ts";

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

/** Redis refuses the next write of this connection, and takes writes again once that is told: what is said there goes before the write after it. */
const refuseNextWrite = () => client.call("CONFIG", "SET", "min-replicas-to-write", "1");
const takeWritesAgain = () => void client.call("CONFIG", "SET", "min-replicas-to-write", "0");

test.each([
  { kind: "snooze", afterMs: 10, reason: "test" },
  { kind: "retry", afterMs: 10 },
  { kind: "park", expiresAtMs: 1 },
  { kind: "hand_back" },
  { kind: "complete", value: {} },
] as unknown as Decision[])(
  "a job that Redis does not let be moved is moved a moment later, or run again, and not failed: $kind",
  async (decision) => {
    const keyId = `move-${decision.kind.replaceAll("_", "-")}-${process.pid}`;
    const queue = new Queue("messages", { connection: client, prefix: `{linkup-${keyId}}` });
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
        await refuseNextWrite();
        return decision;
      },
      onError: (error) => {
        errors.add(error);
        takeWritesAgain();
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
      for (const error of errors) expect(String(error)).toContain("NOREPLICAS");
      expect(failedByBullmq).toEqual([]);
      expect(confirmed).toEqual(decision.kind === "park" ? ["one"] : []);
    } finally {
      await worker.close();
      await queue.close();
    }
  },
);
