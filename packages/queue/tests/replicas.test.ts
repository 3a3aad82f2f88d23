/** LINKUP_REDIS_REPLICAS: a byte leaves only when enough replicas have the mark that goes before it. */
import { acquireRedis, type TestRedis, testPrefix, testSecretsKey, waitFor } from "@linkup-queue/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connectRedis, createEngine, type Engine, type GateRequest, Secrets } from "../src/index.ts";
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
  maxCreditsPerDay: null,
  ledgerDays: 30,
  outcomeDays: 7,
  resultsMax: 100,
  redisReplicas: 1,
};

beforeEach(async () => {
  redis = await acquireRedis({ durable: false, fresh: true });
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
    message: "0 of 1 replicas confirmed a mark within 1000 ms",
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
  const replica = await acquireRedis({ durable: false, fresh: true, args: ["--replicaof", "127.0.0.1", String(redis.port)] });
  try {
    await waitFor(async () => /connected_slaves:1[\s\S]*state=online/.test(await client.info("replication")), { what: "the replica" });
    const { ref, callId } = await grant();
    expect(await engine.health.look()).toEqual({ before: null, shortage: null, unconfirmed: 0 });
    expect(await engine.gate.markLeft(ref, callId)).toBe(true);
  } finally {
    await replica.stop();
  }
});
