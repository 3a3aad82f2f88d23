/** The function library on a real Redis: taken when it is missing, beside those of other versions, and by whoever may. */
import { acquireRedis, type TestRedis, testPrefix } from "@linkup-queue/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { keyReadScript, keyResumeScript } from "../src/ledger/lua/key.ts";
import { RedisScripts } from "../src/redis/scripts.ts";
import { sweepScript } from "../src/work/lua/sweep.ts";

let redis: TestRedis;
let client: Redis;
beforeAll(async () => {
  redis = await acquireRedis({ durable: false, fresh: true });
  client = new Redis(redis.url);
});
afterAll(async () => {
  await client.quit();
  await redis.stop();
});
beforeEach(async () => {
  await client.config("SET", "maxmemory", "0");
  await client.flushall();
  await client.function("FLUSH");
});

/** Scripts of one version: another text makes another library. */
const versionOf = (n: number, connection = client) =>
  new RedisScripts(connection, testPrefix("library"), { redisCall: `(function() local version = ${n} return redis.call end)()` });
async function libraries(): Promise<string[]> {
  const listed = (await client.function("LIST", "LIBRARYNAME", "linkup_*")) as unknown[][];
  return listed.map((one) => String(one[1]));
}

test("a server that has no library takes it at the first call, and once, however many call", async () => {
  const scripts = versionOf(0);
  const read = await Promise.all(Array.from({ length: 20 }, () => scripts.run(keyReadScript, {})));
  expect(read[0]).toMatchObject({ state: "open", slots: 0, brakes: [] });
  expect(await libraries()).toHaveLength(1);
});

test("two versions work side by side, and of many that came and went the latest eight stay", async () => {
  const [first, second] = [versionOf(0), versionOf(1)];
  for (const scripts of [first, second, first, second]) await scripts.run(keyReadScript, {});
  expect(await libraries()).toHaveLength(2);
  for (let n = 2; n < 12; n++) await versionOf(n).run(keyReadScript, {});
  expect(await libraries()).toHaveLength(8);
  // A library that is still used comes back by itself.
  expect(await first.run(keyReadScript, {})).toMatchObject({ state: "open" });
  expect(await libraries()).toHaveLength(8);
});

test("a user who may not load or call functions is told which right is missing and how it is given", async () => {
  await client.call("ACL", "SETUSER", "poor", "on", ">secret", "~*", "+@all", "-function", "-fcall");
  const poor = new Redis(redis.url, { username: "poor", password: "secret" });
  const refusal = (right: string) => ({
    code: "redis_unsuitable",
    message: expect.stringMatching(new RegExp(`does not let its user run ${right}, .*acl setuser <user> \\+fcall \\+function\\|load`)),
  });
  try {
    const scripts = versionOf(0, poor);
    await expect(scripts.run(keyReadScript, {})).rejects.toMatchObject(refusal("FCALL"));
    await client.call("ACL", "SETUSER", "poor", "+fcall");
    await expect(scripts.run(keyReadScript, {})).rejects.toMatchObject(refusal("FUNCTION LOAD"));
    await client.call("ACL", "SETUSER", "poor", "+function|load", "+function|list", "+function|delete");
    expect(await scripts.run(keyReadScript, {})).toMatchObject({ state: "open" });
  } finally {
    poor.disconnect();
    await client.call("ACL", "DELUSER", "poor");
  }
});

test("a server with no memory left still runs what may run then, though it can't take the library; what needs memory is refused", async () => {
  const asked = { worker: "w", everyMs: 1_000, graceMs: 0, outboxAgeMs: 0, releasedAgeMs: 0, waitingAgeMs: 0, failedAgeMs: 0 };
  await client.config("SET", "maxmemory", "1kb");
  const scripts = versionOf(0);
  expect(
    await scripts.run(sweepScript, {
      ...asked,
      queues: [],
      ledgerDays: 30,
      outcomeDays: 7,
      maxCreditsPerDay: null,
      probeEveryMs: 600_000,
      hoursAheadMs: 0,
    }),
  ).toMatchObject({ feed: ["feed"] });
  expect(await libraries()).toEqual([]);
  await expect(scripts.run(keyResumeScript, { outcomeDays: 7 })).rejects.toThrow(/OOM/);
});
