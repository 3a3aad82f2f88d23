/** The table of Redis's trouble against real servers: every refusal, plain, in a script, in a function, in a pipeline and in a transaction. */
import { join } from "node:path";
import { LinkupError } from "@linkup-queue/contracts";
import { acquireRedis, freePort, type TestRedis, waitFor } from "@linkup-queue/testkit";
import { Queue } from "bullmq";
import { Cluster, Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorOf, redisTrouble } from "../src/index.ts";

const LIBRARY = `#!lua name=trouble
redis.register_function('put', function(keys) return redis.call('SET', keys[1], '1') end)
redis.register_function('spin', function() while true do end end)`;
const PUT = "return redis.call('SET', KEYS[1], '1')";
/** As a script of ours that looks at the answer first. */
const TRY_PUT = "local answer = redis.pcall('SET', KEYS[1], '1') if answer.err then return redis.error_reply(answer.err) end return answer";
const KEY = "{trouble}:key";

let redis: TestRedis;
let client: Redis;
let other: Redis;
const connect = (url: string) => new Redis(url, { maxRetriesPerRequest: null }).on("error", () => undefined);

beforeAll(async () => {
  redis = await acquireRedis({ durable: false, fresh: true, args: ["--enable-protected-configs", "yes", "--busy-reply-threshold", "20"] });
  client = connect(redis.url);
  other = connect(redis.url);
  await client.function("LOAD", LIBRARY);
});
afterAll(async () => {
  client.disconnect();
  other.disconnect();
  await redis.stop();
});

/** Throws the first error of a pipeline's or a transaction's replies. */
async function firstError(replies: Promise<[Error | null, unknown][] | null>): Promise<void> {
  for (const [error] of (await replies) ?? []) if (error !== null) throw error;
}

/** The ways in which a write reaches Redis, by the wording of its refusals. */
const WRITES: Readonly<Record<string, (redis: Redis) => Promise<unknown>>> = {
  plain: (one) => one.set(KEY, "1"),
  script: (one) => one.eval(PUT, 1, KEY),
  "script that looks": (one) => one.eval(TRY_PUT, 1, KEY),
  function: (one) => one.fcall("put", 1, KEY),
  pipeline: (one) => firstError(one.pipeline().set(KEY, "1").exec()),
  transaction: (one) => firstError(one.multi().set(KEY, "1").exec()),
  "script in a transaction": (one) => firstError(one.multi().eval(PUT, 1, KEY).exec()),
  "BullMQ's script": (one) => onQueue(one, (queue) => queue.add("a", {})),
  "BullMQ's transaction": (one) =>
    onQueue(one, (queue) =>
      queue.addBulk([
        { name: "a", data: {} },
        { name: "b", data: {} },
      ]),
    ),
};

async function onQueue(connection: Redis, ask: (queue: Queue) => Promise<unknown>): Promise<void> {
  const queue = new Queue("trouble", { connection, prefix: "{trouble}", skipVersionCheck: true }).on("error", () => undefined);
  try {
    await ask(queue);
  } finally {
    await queue.close();
  }
}

async function thrownBy(ask: () => Promise<unknown>): Promise<unknown> {
  return await ask().then(
    (answer) => {
      throw new Error(`it was to be refused, and answered ${String(answer)}`);
    },
    (thrown: unknown) => thrown,
  );
}

type Told = { code: string; says: string };

/** Expects every way to write to be refused and told so, unless it is one that this server lets through. */
async function expectTold(server: Redis, { code, says }: Told, passing: readonly string[] = []): Promise<void> {
  for (const [way, write] of Object.entries(WRITES)) {
    if (passing.includes(way)) continue;
    const thrown = await thrownBy(() => write(server));
    const told = { code, message: expect.stringContaining(says) };
    expect(redisTrouble(thrown), `${way}: ${String(thrown)}`).toMatchObject(told);
    for (const wrapped of wrappedIn(thrown)) expect(errorOf(wrapped), `${way}, wrapped`).toMatchObject(told);
  }
}

/** An error as it may come to us: as somebody's cause, in a list, and taken for a defect before. */
function wrappedIn(thrown: unknown): unknown[] {
  const bulk = new Error("a bulk of commands failed", { cause: new AggregateError([new Error("another"), thrown], "some failed") });
  return [bulk, LinkupError.from(thrown), LinkupError.from(bulk)];
}

describe("each refusal is told with its remedy, whichever way the write came", () => {
  test("memory is full", async () => {
    // Less than any server needs, whatever its clients.
    await client.config("SET", "maxmemory", "1kb");
    // A script that has no line of flags is let in, and refused at its first write once the memory is more than full.
    await expectTold(client, { code: "redis_unsuitable", says: "Redis is full" }, ["script"]);
    await client.config("SET", "maxmemory", "0");
  });

  test("too few replicas", async () => {
    await client.config("SET", "min-replicas-to-write", "1");
    await expectTold(client, { code: "redis_unsuitable", says: "fewer replicas" });
    await client.config("SET", "min-replicas-to-write", "0");
  });

  test("it is a replica, one without its master, and one that its clients were blocked on", async () => {
    const blocked = thrownBy(() => other.bzpopmin("{trouble}:nothing", 60));
    await waitFor(async () => /cmd=bzpopmin/.test(String(await client.call("CLIENT", "LIST"))), { what: "the client to be blocked" });
    await client.call("REPLICAOF", "127.0.0.1", "1");
    expect(redisTrouble(await blocked)).toMatchObject({ code: "redis_unreachable", message: expect.stringContaining("failover") });
    await expectTold(client, { code: "redis_unreachable", says: "replica" });
    await client.config("SET", "replica-serve-stale-data", "no");
    expect(redisTrouble(await thrownBy(() => client.get(KEY)))).toMatchObject({ message: expect.stringContaining("lost its master") });
    await expectTold(client, { code: "redis_unreachable", says: "replica" });
    await client.call("REPLICAOF", "NO", "ONE");
  });

  test("its disk takes nothing", async () => {
    await client.set(KEY, "1");
    await client.config("SET", "save", "3600 1");
    const [, folder = ""] = (await client.config("GET", "dir")) as string[];
    await client.config("SET", "dbfilename", "dump.rdb");
    // Under this name lies a folder, over which no file can be put.
    const { mkdir, rm } = await import("node:fs/promises");
    await mkdir(join(folder, "dump.rdb", "in the way"), { recursive: true });
    await client.call("BGSAVE");
    await waitFor(async () => /rdb_last_bgsave_status:err/.test(await client.info("persistence")), { what: "the save to fail" });
    await expectTold(client, { code: "redis_unsuitable", says: "disk" });
    await client.config("SET", "save", "");
    await rm(join(folder, "dump.rdb"), { recursive: true });
  });

  test.each([
    ["a script", () => other.eval("while true do end", 0), () => client.script("KILL")],
    ["a function", () => other.fcall("spin", 0), () => client.function("KILL")],
  ] as const)("busy with %s, which is killed", async (_what, spin, kill) => {
    const spinning = thrownBy(spin as () => Promise<unknown>);
    const isBusy = async () => (await client.get(KEY).catch(String))?.startsWith("ReplyError: BUSY");
    await waitFor(isBusy, { what: "Redis to be busy", until: (busy) => busy === true });
    await expectTold(client, { code: "redis_unreachable", says: "busy" });
    await kill();
    expect(redisTrouble(await spinning)).toMatchObject({ code: "redis_unreachable", message: expect.stringContaining("busy") });
  });

  test("scripts and functions were flushed", async () => {
    await client.script("FLUSH");
    await client.function("FLUSH");
    const forgotten = { code: "redis_unreachable", message: expect.stringContaining("forgotten a script") };
    for (const ask of [() => client.evalsha("0".repeat(40), 0), () => client.fcall("put", 1, KEY)]) {
      expect(redisTrouble(await thrownBy(ask))).toMatchObject(forgotten);
    }
    expect(redisTrouble(await thrownBy(() => firstError(client.multi().evalsha("0".repeat(40), 0).exec())))).toMatchObject(forgotten);
    await client.function("LOAD", LIBRARY);
  });

  test("its password is another", async () => {
    await client.config("SET", "requirepass", "secret");
    const stranger = connect(redis.url);
    // BullMQ waits until it is let in.
    await expectTold(stranger, { code: "redis_unsuitable", says: "password" }, ["BullMQ's script", "BullMQ's transaction"]);
    expect(redisTrouble(await thrownBy(() => stranger.auth("wrong")))).toMatchObject({ code: "redis_unsuitable" });
    stranger.disconnect();
    await client.config("SET", "requirepass", "");
  });

  test("it still loads its data", async () => {
    const slow = ["--key-load-delay", "20000", "--loading-process-events-interval-bytes", "1024", "--rdbcompression", "no"];
    const full = await acquireRedis({ durable: false, fresh: true, args: ["--enable-debug-command", "local", ...slow] });
    const loading = connect(full.url);
    await loading.function("LOAD", LIBRARY);
    for (let made = 0; made < 100; made++) await loading.set(`${KEY}:${made}`, "1".repeat(1_024));
    const reload = loading.duplicate();
    const reloaded = reload.call("DEBUG", "RELOAD").catch(() => undefined);
    const isLoading = async () => /LOADING/.test(String(await loading.get(KEY).catch(String)));
    await waitFor(isLoading, { what: "Redis to load", until: (seen) => seen });
    await expectTold(loading, { code: "redis_unreachable", says: "starting" });
    await reloaded;
    reload.disconnect();
    loading.disconnect();
    await full.stop();
  });

  test("a cluster without all its slots, and one whose node nobody reaches", async () => {
    const node = await acquireRedis({ durable: false, fresh: true, args: ["--cluster-enabled", "yes"] });
    const direct = connect(node.url);
    const down = { code: "redis_unreachable", says: "cluster is down" };
    await expectTold(direct, down, ["function"]);
    const cluster = new Cluster([{ host: "127.0.0.1", port: node.port }], { clusterRetryStrategy: () => null }).on(
      "error",
      () => undefined,
    );
    expect(redisTrouble(await thrownBy(() => cluster.get(KEY)))).toMatchObject({ code: down.code });
    cluster.disconnect();
    const nowhere = new Cluster([{ host: "127.0.0.1", port: await freePort() }], { clusterRetryStrategy: () => null });
    nowhere.on("error", () => undefined);
    expect(redisTrouble(await thrownBy(() => nowhere.get(KEY)))).toMatchObject({ code: down.code });
    nowhere.disconnect();
    direct.disconnect();
    await node.stop();
  });

  test("nobody is there: refused, given up after retries, closed, too late", async () => {
    const port = await freePort();
    const away = { code: "redis_unreachable", message: expect.stringContaining("does not answer") };
    const refused = Promise.withResolvers<unknown>();
    const retries = new Redis({ port, maxRetriesPerRequest: 1, retryStrategy: () => 1 }).on("error", refused.resolve);
    expect(redisTrouble(await thrownBy(() => retries.get(KEY)))).toMatchObject(away);
    expect(redisTrouble(await refused.promise)).toMatchObject(away);
    retries.disconnect();
    const closed = connect(redis.url);
    await closed.quit();
    expect(redisTrouble(await thrownBy(() => closed.get(KEY)))).toMatchObject(away);
    const late = new Redis(redis.url, { commandTimeout: 100 });
    expect(redisTrouble(await thrownBy(() => late.bzpopmin("{trouble}:nothing", 60)))).toMatchObject(away);
    late.disconnect();
  });
});
