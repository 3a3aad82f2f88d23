/** A Redis written as text and read back is the same Redis, to the byte and to the second. */
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { acquireRedis, readRedisText, type TestRedis, writeRedisText } from "../src/index.ts";

let from: TestRedis;
let to: TestRedis;
const clients: Redis[] = [];
const connect = (url: string): Redis => {
  const client = new Redis(url);
  clients.push(client);
  return client;
};
beforeAll(async () => {
  [from, to] = await Promise.all([acquireRedis({ durable: false, fresh: true }), acquireRedis({ durable: false, fresh: true })]);
});
afterAll(async () => {
  for (const client of clients) client.disconnect();
  await Promise.all([from.stop(), to.stop()]);
});

const withoutTimes = (text: string) => text.replace(/"ttlMs":\d+/g, '"ttlMs":0');

test("keys of every type come back as they were, with bytes that are no text, long ones, and what is left of their time", async () => {
  const redis = connect(from.url);
  const bytes = Buffer.from([0xff, 0x00, 0x0a, 0x22]);
  await redis.set("text", 'two\nlines and "quotes" and é');
  await redis.set(bytes, bytes, "PX", 86_400_000);
  await redis.rpush("list", "b", "a", bytes);
  await redis.sadd("set", "b", "a", "c");
  await redis.hset("hash", { b: "1", a: "", c: bytes });
  await redis.zadd("zset", "1.5", "a", "12345678901234567", "b", "-inf", "c");
  await redis.rpush("long", ...Array.from({ length: 2_500 }, (_, at) => String(at)));
  await redis.xadd("stream", "5-1", "event", "added", "by", "me");
  await redis.xadd("stream", "9-1", "event", "gone");
  await redis.xdel("stream", "9-1");
  await redis.xadd("emptied", "7-1", "event", "gone");
  await redis.xdel("emptied", "7-1");

  const text = await readRedisText(from.url);
  expect(text.trimEnd().split("\n")).toHaveLength(9);
  await writeRedisText(to.url, text);
  expect(withoutTimes(await readRedisText(to.url))).toBe(withoutTimes(text));
  const back = connect(to.url);
  expect(await back.pttl(bytes)).toBeGreaterThan(86_300_000);
  expect(await back.ttl("text")).toBe(-1);
  await expect(back.xadd("stream", "9-1", "event", "again"), "ids go on from the last").rejects.toThrow();
});

test("the same Redis gives the same text, and one that holds anything takes none", async () => {
  const text = await readRedisText(from.url);
  expect(withoutTimes(await readRedisText(from.url))).toBe(withoutTimes(text));
  await expect(writeRedisText(from.url, text)).rejects.toMatchObject({ code: "conflict" });
});
