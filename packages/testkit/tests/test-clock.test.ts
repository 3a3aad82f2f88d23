/** A test's clock on a real Redis: scripts tell its time, keys expire by it, and this process goes by it. */
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { acquireRedis, fromNow, START_MS, TEST_REDIS_CALL, TestClock, type TestRedis } from "../src/index.ts";

const TAG = "{linkup-clock}";
const KEY = `${TAG}:gate:some`;
const MachineDate = Date;
const DAY_MS = 86_400_000;
let redis: TestRedis;
let client: Redis;
let clock: TestClock;

beforeAll(async () => {
  redis = await acquireRedis({ durable: false, fresh: true });
  client = new Redis(redis.url);
});
afterAll(async () => {
  await client.quit();
  await redis.stop();
});
beforeEach(async () => {
  await client.flushall();
  clock = new TestClock(client, TAG);
  await clock.start(START_MS);
});
afterEach(() => clock.stop());

const run = async (body: string) => await client.eval(`local call = ${TEST_REDIS_CALL} ${body}`, 1, TAG);

test("scripts and this process tell its time", async () => {
  await clock.set(START_MS + 1_234);
  expect(await run("return call('TIME')")).toEqual([String(START_MS / 1_000 + 1), "234000"]);
  expect(Math.abs(fromNow(0).getTime() - clock.nowMs)).toBeLessThan(1_000);
  expect(Math.abs(Reflect.construct(Date, []).getTime() - clock.nowMs)).toBeLessThan(1_000);
  expect(new Date(5)).toEqual(new Date(5));
  expect(fromNow(0) instanceof Date).toBe(true);
  expect(fromNow(0) instanceof MachineDate).toBe(true);
  clock.stop();
  expect(Date).toBe(MachineDate);
});

test("a key expires when the clock comes to its moment, not before, and never by a clock put back", async () => {
  const atSeconds = START_MS / 1_000 + 2 * 86_400;
  await run(`call('SET', '${KEY}', 'x') call('EXPIREAT', '${KEY}', ${atSeconds})`);
  expect(await run(`return call('EXPIRETIME', '${KEY}')`)).toBe(atSeconds);
  await clock.set(START_MS - DAY_MS);
  await clock.set(START_MS + 2 * DAY_MS - 5_000);
  expect(await client.exists(KEY)).toBe(1);
  await clock.set(START_MS + 2 * DAY_MS);
  expect(await client.exists(KEY)).toBe(0);
});

test("times that begin now run by the clock too; a key without an end and those of others stay", async () => {
  await run(`call('SET', '${KEY}', 'x', 'NX', 'EX', 600) call('SET', '${KEY}-2', 'x', 'PX', 600000) call('SET', '${KEY}-3', 'x')`);
  await client.set(`${TAG}:messages:lock`, "x", "EX", 60);
  await clock.set(START_MS + 599_000);
  expect(await client.exists(KEY, `${KEY}-2`)).toBe(2);
  await clock.set(START_MS + 600_000);
  expect(await client.keys("*")).toEqual(expect.arrayContaining([`${KEY}-3`, `${TAG}:messages:lock`]));
  expect(await client.exists(KEY, `${KEY}-2`)).toBe(0);
});

test("a script before the clock is set, and a command that would go by Redis's own, fail", async () => {
  for (const body of ["call('PEXPIREAT', 'k', 1)", "call('SET', 'k', 'v', 'EXAT', 1)", "call('GETEX', 'k', 'PERSIST')"]) {
    await expect(run(body)).rejects.toThrow("goes by the clock of Redis");
  }
  await client.del(`${TAG}:test-clock`);
  await expect(run("return call('TIME')")).rejects.toThrow("the test clock is not set");
});
