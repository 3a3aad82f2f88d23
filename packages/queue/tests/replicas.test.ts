/** LINKUP_REDIS_REPLICAS: a byte leaves, and somebody is told, only when enough replicas have what went before it. */
import { queuePrefix, RESULTS_QUEUE } from "@linkup-queue/contracts";
import { acquireRedis, type TestRedis, testPrefix, testSecretsKey, waitFor } from "@linkup-queue/testkit";
import { Redis } from "ioredis";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  connectRedis,
  createEngine,
  type Engine,
  endOf,
  type GateRequest,
  jobDigest,
  NO_HISTORY,
  Secrets,
  settlementOf,
} from "../src/index.ts";
import type { RedisClient } from "../src/redis/scripts.ts";
import { TEST_PRICES } from "./test-prices.ts";

let redis: TestRedis;
let client: RedisClient;
let engine: Engine;

const SETTINGS = {
  rateLimit: 10,
  rateWindowMs: 1_000,
  timeoutMs: 5_000,
  maxAttempts: 3,
  accountConcurrency: 1,
  accountPolicy: "none" as const,
  maxCreditsPerDay: null,
  ledgerDays: 30,
  outcomeDays: 7,
  resultsMax: 100,
  redisReplicas: 1,
};

beforeEach(async () => {
  redis = await acquireRedis({ durable: false, fresh: true, args: ["--repl-diskless-sync-delay", "0"] });
  client = await connectRedis({ kind: "single", url: redis.url });
  const secrets = new Secrets(Buffer.from(testSecretsKey(), "base64"));
  engine = createEngine({ client, config: { keyId: testPrefix(), ...SETTINGS }, secrets, prices: TEST_PRICES });
  await engine.keys.start({ worker: "w", apiKey: "k", secrets, fresh: true });
  await engine.accounts.register("ada", { loginToken: "token-of-ada" });
});

afterEach(async () => {
  await engine.close();
  client.disconnect();
  await redis.stop();
});

/** With a replica that is in step. */
async function followed(work: (replica: TestRedis) => Promise<void>): Promise<void> {
  const replica = await acquireRedis({ durable: false, fresh: true, args: ["--replicaof", "127.0.0.1", String(redis.port)] });
  try {
    await inStep();
    await work(replica);
  } finally {
    await replica.stop();
  }
}

async function inStep(): Promise<void> {
  await waitFor(async () => /connected_slaves:1[\s\S]*state=online/.test(await client.info("replication")), { what: "the replica" });
}

/** Outcomes on the results queue. */
async function published(): Promise<number> {
  return (await client.keys(`${queuePrefix(engine.config.keyId)}:${RESULTS_QUEUE}:o-*`)).length;
}

async function grant(): Promise<GateRequest> {
  const request: GateRequest = {
    callId: "call-1",
    ref: { queue: "messages", id: "1", timestamp: 1 },
    accountId: "ada",
    priority: 10,
    urgent: false,
    price: 1,
    target: "a person",
    expiresAtMs: null,
    meta: { operation: "message.send", accountId: "ada", campaignId: null, recipientId: null, redriveOf: null, enqueuedAtMs: 1 },
  };
  expect(await engine.gate.ask(request)).toMatchObject({ kind: "granted" });
  return request;
}

test("without its replica the mark is refused, so nothing may leave", async () => {
  // A key that LinkUp has answered before: a new one's first call goes out alone.
  await client.hdel(engine.scripts.key("key"), "unproven");
  const request = await grant();
  await expect(engine.gate.markLeft(request.ref, request.callId)).rejects.toMatchObject({
    code: "redis_unsuitable",
    message:
      "0 of 1 replicas confirmed a write within 1000 ms. It is written here, but a failover may take it back: ask again, jobs with the same idempotencyKey",
  });
  expect(engine.health.shortage).toBeNull();
  expect(await engine.health.look()).toEqual({ before: null, shortage: "redis_replicas", unconfirmed: 1 });
  const other = { ...request, callId: "call-2", ref: { ...request.ref, id: "2" } };
  expect(await engine.gate.ask(other)).toMatchObject({ kind: "wait", reason: "redis_replicas" });
  expect(await engine.health.look()).toEqual({ before: "redis_replicas", shortage: "redis_replicas", unconfirmed: 0 });
});

test("a connection that breaks while a mark is confirmed gives no mark, whoever answers for it then", async () => {
  const { ref, callId } = await grant();
  const mark = engine.gate.markLeft(ref, callId).catch((error: unknown) => error);
  await waitFor(async () => /cmd=wait/.test(String(await client.call("CLIENT", "LIST"))), { what: "the wait", everyMs: 5 });
  await client.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
  expect(await mark).toBeInstanceOf(Error);
  expect(await engine.health.look()).toMatchObject({ unconfirmed: 0 });
});

test("with a replica that follows, the mark is given", async () => {
  await followed(async () => {
    const { ref, callId } = await grant();
    expect(await engine.health.look()).toEqual({ before: null, shortage: null, unconfirmed: 0 });
    expect(await engine.gate.markLeft(ref, callId)).toBe(true);
  });
});

test("a job that no replica knows to be parked does not go to sleep: nobody could wake it after a failover", async () => {
  await client.hdel(engine.scripts.key("key"), "unproven");
  const request = await grant();
  const other = { ...request, callId: "call-2", ref: { ...request.ref, id: "2" } };
  await expect(engine.gate.ask(other)).rejects.toMatchObject({ code: "redis_unsuitable" });
  await followed(async () => {
    expect(await engine.gate.ask(other)).toMatchObject({ kind: "parked", why: "busy" });
  });
});

test("an outcome that no replica has is told to nobody: not by who settled it, and not by the sweep; settled again, it is", async () => {
  const { ref, meta } = await grant();
  const ending = { status: "succeeded", code: null, message: "sent", httpStatus: 200, output: null } as const;
  const { outcome, end } = endOf(ref, meta, { ending, history: NO_HISTORY, data: {} });
  const call = { callId: "call-1", left: true, httpStatus: 200, charge: "yes", price: 1 } as const;
  const settlement = settlementOf(ref, meta, { next: { kind: "end", ...end }, call });
  await expect(engine.gate.settle(settlement)).rejects.toMatchObject({ code: "redis_unsuitable" });
  await expect(engine.outbox.republish(jobDigest(ref))).rejects.toMatchObject({ code: "redis_unsuitable" });
  expect(await published()).toBe(0);
  await followed(async () => {
    expect(await engine.gate.settle(settlement)).toMatchObject({ kind: "ended" });
    await engine.outbox.publish(jobDigest(ref), outcome);
    expect(await published()).toBe(1);
  });
});

test("a write while the master became a replica and a master again is not confirmed, though the replica has all that it has", async () => {
  await followed(async (replica) => {
    const write = () => client.set(engine.scripts.key("written"), "1");
    await engine.confirmed(write);
    const other = new Redis(replica.url);
    try {
      const demoted = engine.confirmed(async () => {
        await write();
        await client.call("REPLICAOF", "127.0.0.1", String(replica.port));
        await client.call("REPLICAOF", "NO", "ONE");
        await other.call("REPLICAOF", "127.0.0.1", String(redis.port));
        await inStep();
      });
      await expect(demoted).rejects.toMatchObject({ code: "redis_unreachable" });
      await engine.confirmed(write);
    } finally {
      other.disconnect();
    }
  });
});

test("many who ask at the same time are answered together", async () => {
  await followed(async () => {
    await Promise.all(Array.from({ length: 200 }, (_, n) => engine.confirmed(() => client.set(engine.scripts.key("written"), n))));
    const waits = Number(/cmdstat_wait:calls=(\d+)/.exec(await client.info("commandstats"))?.[1]);
    expect(waits).toBeGreaterThan(0);
    expect(waits).toBeLessThan(20);
  });
});

test("a Redis that stands still confirms nothing, and is asked again once it answers", async () => {
  await followed(async () => {
    const write = () => client.set(engine.scripts.key("written"), "1");
    await engine.confirmed(write);
    const frozen = redis.pid ?? 0;
    const asked = engine.confirmed(async () => {
      await write();
      process.kill(frozen, "SIGSTOP");
    });
    await expect(asked).rejects.toMatchObject({ code: "redis_unreachable" });
    process.kill(frozen, "SIGCONT");
    await waitFor(() => engine.confirmed(write).catch(() => null), { what: "a write that is confirmed" });
  });
});
