/** The backlog and its age, read from a real Redis. */
import { queuePrefix } from "@linkup-queue/contracts";
import { acquireRedis, fromNow, type TestRedis, testPrefix } from "@linkup-queue/testkit";
import { Queue } from "bullmq";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectRedis } from "../src/redis/connection.ts";
import { type RedisClient, RedisScripts } from "../src/redis/scripts.ts";
import { checkRedis, inspectRedis } from "../src/redis/suitability.ts";
import { readBacklog } from "../src/views/backlog.ts";

const NOW = 1_800_000_000_000;
const KEY_ID = testPrefix("backlog");

let redis: TestRedis;
let client: RedisClient;
let queue: Queue;
beforeAll(async () => {
  redis = await acquireRedis({ durable: false, fresh: true });
  client = await connectRedis({ kind: "single", url: redis.url });
  queue = new Queue("messages", { connection: client, prefix: queuePrefix(KEY_ID) });
});
afterAll(async () => {
  await queue?.close();
  client?.disconnect();
  await redis?.stop();
});

test("the oldest job that is due is found behind younger ones of a higher priority; delayed jobs are not due", async () => {
  const scripts = new RedisScripts(client, KEY_ID);
  const messages = async () => (await readBacklog(scripts, KEY_ID, NOW)).queues.find(({ queue: name }) => name === "messages");
  expect(await messages()).toEqual({ queue: "messages", paused: false, waiting: 0, delayed: 0, active: 0, failed: 0, oldestMs: null });
  await queue.addBulk([
    { name: "message.send", data: {}, opts: { priority: 1, timestamp: NOW - 1_000 } },
    { name: "message.send", data: {}, opts: { priority: 10, timestamp: NOW - 5_000 } },
    { name: "message.send", data: {}, opts: { priority: 100, timestamp: NOW - 90_000 } },
    { name: "message.send", data: {}, opts: { priority: 100, timestamp: NOW - 80_000 } },
    { name: "message.send", data: {}, opts: { timestamp: NOW - 2_000 } },
    { name: "message.send", data: {}, opts: { timestamp: NOW - 500_000, delay: 1_000_000 } },
  ]);
  expect(await messages()).toMatchObject({ waiting: 5, delayed: 1, oldestMs: NOW - 90_000, paused: false });
  // Jobs that BullMQ's own producers gave other priorities stand between ours.
  await queue.addBulk([
    ...Array.from({ length: 5 }, () => ({ name: "message.send", data: {}, opts: { priority: 5, timestamp: NOW - 3_000 } })),
    { name: "message.send", data: {}, opts: { priority: 2_000_000, timestamp: NOW - 120_000 } },
  ]);
  expect(await messages()).toMatchObject({ waiting: 11, oldestMs: NOW - 120_000 });
  // Due since ten seconds ago, though it was added long before.
  const late = await queue.add("message.send", {}, { priority: 7, timestamp: NOW - 400_000, delay: 390_000 });
  await late.promote();
  expect(await messages()).toMatchObject({ waiting: 12, oldestMs: NOW - 120_000 });
  await late.remove();
  await queue.pause();
  expect(await messages()).toMatchObject({ waiting: 11, paused: true, oldestMs: NOW - 120_000 });
  await queue.resume();
});

test("schedules' ticks that wait are looked at too", async () => {
  const ticks = new Queue("schedules", { connection: client, prefix: queuePrefix(KEY_ID) });
  await ticks.add("tick", {}, { timestamp: NOW - 7_000 });
  const { queues } = await readBacklog(new RedisScripts(client, KEY_ID), KEY_ID, NOW);
  expect(queues.find(({ queue: name }) => name === "schedules")).toMatchObject({ waiting: 1, oldestMs: NOW - 7_000 });
  await ticks.close();
});

test("calls past their deadline and outcomes to publish are counted, those that a sweep is about to finish left out", async () => {
  const scripts = new RedisScripts(client, KEY_ID);
  await client.zadd(scripts.key("open"), NOW - 60_000, "forgotten", NOW - 1_000, "about to be swept", NOW + 1_000, "out");
  await client.zadd(scripts.key("outbox"), NOW - 7_000, "old", NOW, "new");
  const backlog = await readBacklog(scripts, KEY_ID, NOW);
  expect(backlog).toMatchObject({ overdueGrants: 1, unpublished: 2, oldestUnpublishedMs: NOW - 7_000 });
});

test("a Redis is described setting by setting, and refused with the command that repairs each", async () => {
  await client.config("SET", "maxmemory-policy", "allkeys-lru");
  const facts = await inspectRedis(client);
  expect(facts).toMatchObject({ recentEnough: true, lastWriteOk: true, replicas: 0 });
  expect(facts.settings.map(({ name, found }) => [name, found])).toContainEqual(["maxmemory-policy", "allkeys-lru"]);
  expect(Math.abs(facts.nowMs - fromNow(0).getTime())).toBeLessThan(5_000);
  const options = { allowVolatile: false, trustDurability: true };
  await expect(checkRedis(client, options)).rejects.toMatchObject({
    code: "redis_unsuitable",
    message: expect.stringContaining("(redis-cli config set maxmemory-policy noeviction)"),
  });
  expect(await checkRedis(client, { ...options, allowVolatile: true })).toContainEqual(
    expect.stringContaining("maxmemory-policy is allkeys-lru"),
  );
});
