/** The private Redis of tests: what it promises about durability, death and restarts. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Redis } from "ioredis";
import { afterEach, expect, test } from "vitest";
import { acquireRedis, because, type TestRedis, waitFor } from "../src/index.ts";
import { findRedisSource } from "../src/redis/find-redis-server.ts";

const toStop: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of toStop.splice(0).reverse()) await stop();
});

async function own(options: Parameters<typeof acquireRedis>[0] = {}): Promise<TestRedis> {
  const redis = await acquireRedis({ fresh: true, ...options });
  toStop.push(() => redis.stop());
  return redis;
}

function connect(url: string): Redis {
  const client = new Redis(url, { retryStrategy: () => null, maxRetriesPerRequest: 0 });
  client.on("error", () => {});
  toStop.push(async () => client.disconnect());
  return client;
}

test("a private Redis is durable and evicts nothing unless asked otherwise", async () => {
  const client = connect((await own()).url);
  expect(await client.config("GET", "appendonly", "appendfsync", "maxmemory-policy", "save")).toEqual(
    expect.arrayContaining(["appendonly", "yes", "appendfsync", "always", "maxmemory-policy", "noeviction", "save", ""]),
  );
});

test("a volatile Redis and further arguments can be asked for", async () => {
  const client = connect((await own({ durable: false, args: ["--maxmemory", "20mb"] })).url);
  expect(await client.config("GET", "appendonly")).toEqual(["appendonly", "no"]);
  expect(await client.config("GET", "maxmemory")).toEqual(["maxmemory", "20971520"]);
});

test("a write that was acknowledged survives SIGKILL and a restart on the same port", async () => {
  const redis = await own();
  const before = connect(redis.url);
  await before.set("mark", "left");
  await redis.kill();
  expect(redis.pid).toBeNull();
  await redis.restart();
  expect(await connect(redis.url).get("mark")).toBe("left");
});

const IN_CONTAINERS = "Redis runs in Docker here, whose engine outlives a killed test and removes what that left on its own time";
const hasServer = (await findRedisSource()) !== "docker";

test.runIf(hasServer)("stopping removes the data and leaves no process", because(IN_CONTAINERS), async () => {
  const redis = await own();
  const pid = redis.pid ?? 0;
  const [, folder = ""] = (await connect(redis.url).config("GET", "dir")) as string[];
  expect(existsSync(folder)).toBe(true);
  await redis.stop();
  expect(existsSync(folder)).toBe(false);
  expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
});

test("a Redis given by address is used as it is and never stopped", async () => {
  const redis = await own();
  const given = await acquireRedis({ givenUrl: redis.url });
  expect(given.url).toBe(redis.url);
  await given.stop();
  expect(await connect(redis.url).ping()).toBe("PONG");
  await expect(given.kill()).rejects.toThrow(/not ours to stop/);
});

test("an address where no Redis answers is told by its host, without its password", async () => {
  const failure = acquireRedis({ givenUrl: "redis://:hunter2@127.0.0.1:1" });
  await expect(failure).rejects.toMatchObject({
    code: "redis_unreachable",
    message: "REDIS_URL is set but no Redis answers at 127.0.0.1:1",
  });
});

test.runIf(hasServer)("a Redis dies, with its data, when the process that started it is killed", because(IN_CONTAINERS), async () => {
  const script = `
    import { acquireRedis } from ${JSON.stringify(join(import.meta.dirname, "../src/index.ts"))};
    const redis = await acquireRedis({ fresh: true });
    console.log(redis.url);
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const [url] = await once(createInterface({ input: parent.stdout }), "line");
  const client = connect(String(url));
  const [, folder = ""] = (await client.config("GET", "dir")) as string[];
  const disconnected = once(client, "end");
  parent.kill("SIGKILL");
  await disconnected;
  await expect(acquireRedis({ givenUrl: String(url) })).rejects.toMatchObject({ code: "redis_unreachable" });
  await waitFor(() => !existsSync(folder), { what: "the orphan's data to be removed" });
});
