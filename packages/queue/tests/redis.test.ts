/** Redis itself: whether it is there, whether it is fit, and the scripts it may have forgotten. */

import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { acquireRedis, freePort, type TestRedis, waitFor } from "@linkup-queue/testkit";
import { expect, onTestFinished, test } from "vitest";
import { checkRedis, connectRedis } from "../src/index.ts";
import { leftScript } from "../src/ledger/lua/left.ts";
import type { RedisClient } from "../src/redis/scripts.ts";
import { inspectRedis, redisShortage } from "../src/redis/suitability.ts";
import { startRig } from "./rig.ts";

const STRICT = { allowVolatile: false, trustDurability: false };

async function clientOf(options: { durable?: boolean; args?: string[] }) {
  const redis = await acquireRedis({ ...options, fresh: true });
  const client = await connectRedis({ kind: "single", url: redis.url });
  onTestFinished(async () => {
    client.disconnect();
    await redis.stop();
  });
  return client;
}

test("a Redis as it should be is accepted without a word", async () => {
  expect(await checkRedis(await clientOf({ durable: true }), STRICT)).toEqual([]);
});

test("a Redis that evicts and keeps no log is refused with every setting, its reason and its remedy; allowed, it is a warning", async () => {
  const client = await clientOf({ durable: false, args: ["--maxmemory-policy", "allkeys-lru"] });
  await expect(checkRedis(client, STRICT)).rejects.toMatchObject({
    code: "redis_unsuitable",
    message: expect.stringMatching(/maxmemory-policy is allkeys-lru[\s\S]*config set maxmemory-policy noeviction[\s\S]*appendonly is no/),
  });
  expect(await checkRedis(client, { ...STRICT, allowVolatile: true })).toHaveLength(3);
});

test("a Redis that may lose its last second is refused", async () => {
  const client = await clientOf({ durable: true, args: ["--appendfsync", "everysec"] });
  await expect(checkRedis(client, STRICT)).rejects.toMatchObject({ message: expect.stringContaining("appendfsync is everysec") });
});

/** The real server, but for words of equal length that it tells of itself. */
async function tellsOfItself(words: RegExp, others: string): Promise<RedisClient> {
  const redis = await acquireRedis({ durable: true, fresh: true });
  const other = createServer((socket) => {
    const upstream = connect(redis.port, "127.0.0.1");
    socket.pipe(upstream).on("data", (bytes: Buffer) => {
      socket.write(Buffer.from(bytes.toString("latin1").replaceAll(words, others), "latin1"));
    });
    socket.on("close", () => upstream.destroy()).on("error", () => undefined);
  }).listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const client = await connectRedis({ kind: "single", url: `redis://127.0.0.1:${port}` });
  onTestFinished(async () => {
    client.disconnect();
    other.close();
    await redis.stop();
  });
  return client;
}

test("a Redis before 7.0 is refused, and no setting helps", async () => {
  const client = await tellsOfItself(/(redis|valkey)_version:\d/g, "$1_version:6");
  for (const settings of [STRICT, { allowVolatile: true, trustDurability: true }]) {
    await expect(checkRedis(client, settings)).rejects.toMatchObject({
      code: "redis_unsuitable",
      message: expect.stringMatching(/^(Redis|Valkey) 6\.\S+ is too old: 7\.0 or later is needed/),
    });
  }
});

test("a Valkey is told by its own name and version, not by the Redis that it is compatible with", async () => {
  const client = await tellsOfItself(/redis_git_sha1:\S{8}/g, "valkey_version:8.0.1200");
  expect(await inspectRedis(client)).toMatchObject({ server: expect.stringMatching(/^Valkey \d+\./), recentEnough: true });
});

test("where CONFIG is forbidden the operator has to vouch", async () => {
  const client = await clientOf({ durable: false, args: ["--rename-command", "CONFIG", ""] });
  await expect(checkRedis(client, STRICT)).rejects.toMatchObject({ message: expect.stringContaining("LINKUP_TRUST_REDIS_DURABILITY=1") });
  expect(await checkRedis(client, { ...STRICT, trustDurability: true })).toEqual([]);
});

test("memory is full above nine tenths of its bound, and never without one", async () => {
  const client = await clientOf({ durable: false });
  const shortage = () => redisShortage(client, { replicas: 0 });
  expect(await shortage()).toBeNull();
  await client.config("SET", "maxmemory", "100mb");
  expect(await shortage()).toBeNull();
  await client.config("SET", "maxmemory", "1kb");
  expect(await shortage()).toBe("redis_memory");
});

/** Three masters that share the slots; their own connections. */
async function cluster(): Promise<{ port: number; masters: RedisClient[] } | null> {
  const started: { server: TestRedis; client: RedisClient; busPort: number }[] = [];
  for (const slots of [
    ["0", "5000"],
    ["5001", "10000"],
    ["10001", "16383"],
  ]) {
    const busPort = await freePort();
    const server = await acquireRedis({
      durable: true,
      fresh: true,
      args: ["--cluster-enabled", "yes", "--cluster-port", String(busPort)],
    });
    const client = await connectRedis({ kind: "single", url: server.url });
    onTestFinished(async () => {
      client.disconnect();
      await server.stop();
    });
    // Masters in containers do not reach one another by their mapped ports.
    if (server.pid === null) return null;
    await client.call("CLUSTER", "ADDSLOTSRANGE", ...slots);
    started.push({ server, client, busPort });
  }
  const [first, ...others] = started;
  if (first === undefined) throw new Error("no masters");
  for (const { client } of others) await client.call("CLUSTER", "MEET", "127.0.0.1", String(first.server.port), String(first.busPort));
  const whole = async () => {
    const told = await Promise.all(started.map(({ client }) => client.call("CLUSTER", "INFO")));
    return told.every((info) => /cluster_state:ok[\s\S]*cluster_known_nodes:3/.test(String(info)));
  };
  await waitFor(whole, { what: "the cluster to be whole" });
  return { port: first.server.port, masters: started.map(({ client }) => client) };
}

test("of a cluster every master is looked at: one that evicts, or is full, is enough", async ({ skip, task }) => {
  const made = await cluster();
  if (made === null) {
    task.meta.whySkipped = "three masters need a Redis on this machine, not in containers";
    return skip(task.meta.whySkipped);
  }
  const { port, masters } = made;
  const access = { username: null, password: null, tls: false, db: 0 };
  const client = await connectRedis({ kind: "cluster", nodes: [{ host: "127.0.0.1", port }], access });
  onTestFinished(() => client.disconnect());
  expect(await checkRedis(client, STRICT)).toEqual([]);
  await masters[2]?.config("SET", "maxmemory-policy", "allkeys-lru");
  await expect(checkRedis(client, STRICT)).rejects.toMatchObject({ message: expect.stringContaining("maxmemory-policy is allkeys-lru") });
  expect(await redisShortage(client, { replicas: 0 })).toBeNull();
  await masters[1]?.config("SET", "maxmemory", "1kb");
  expect(await redisShortage(client, { replicas: 0 })).toBe("redis_memory");
});

test("an address where nobody listens is told within its time, without the password", async () => {
  const url = `redis://user:hidden@127.0.0.1:${await freePort()}`;
  const error = await connectRedis({ kind: "single", url }, 200).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({
    code: "redis_unreachable",
    message: expect.stringMatching(/127\.0\.0\.1:\d+ does not answer \(ECONNREFUSED\)/),
  });
  expect(String(error)).not.toContain("hidden");
});

test("an address that takes the connection and says nothing is told within its time", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const sockets = new Set<{ destroy(): void }>();
  server.on("connection", (socket) => sockets.add(socket));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  await expect(connectRedis({ kind: "single", url: `redis://127.0.0.1:${address.port}` }, 200)).rejects.toMatchObject({
    code: "redis_unreachable",
  });
});

test("a Redis that comes up while it is waited for is taken", async () => {
  const redis = await acquireRedis({ durable: false, fresh: true });
  await redis.kill();
  const connecting = connectRedis({ kind: "single", url: redis.url }, 20_000);
  await redis.restart();
  const client = await connecting;
  expect(await client.ping()).toBe("PONG");
  client.disconnect();
  await redis.stop();
});

test("scripts that Redis has forgotten are sent again", async () => {
  const rig = await startRig();
  onTestFinished(async () => await rig.close());
  await rig.open();
  await rig.account("ada");
  await rig.client.script("FLUSH");
  await rig.client.function("FLUSH");
  expect((await rig.ask(await rig.job("ada"))).kind).toBe("granted");
  expect((await rig.ask(await rig.job("ada"))).kind).toBe("parked");
});

test("half a character in an argument is no reason for Redis to refuse a script", async () => {
  const rig = await startRig();
  onTestFinished(async () => await rig.close());
  await rig.open();
  await rig.account("ada");
  const job = await rig.job("ada", { campaignId: "\ud800" });
  const sent = await rig.send(job);
  expect(await rig.settle(job, sent, "ok")).toEqual({ kind: "ended", status: "succeeded" });
});

test("an error of a script is told as it is, and is not run twice", async () => {
  const rig = await startRig();
  onTestFinished(async () => await rig.close());
  await expect(rig.engine.scripts.run(leftScript, { digest: { not: "a text" } as never, callId: "x" })).rejects.toThrow(/concatenate|nil/);
});
