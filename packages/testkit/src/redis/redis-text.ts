/**
 * A Redis as text, one key a line in the order of their names: readable, comparable, and taken by any server version. For fixtures of tests;
 * what is written while it is taken may be in it or not.
 */
import { LinkupError } from "@linkup-queue/contracts";
import { Redis } from "ioredis";
import { z } from "zod";

/** Text, or bytes that are none. */
const Value = z.union([z.string(), z.strictObject({ base64: z.base64() })]);
type Value = z.infer<typeof Value>;

const Line = z.discriminatedUnion("type", [
  z.strictObject({ key: Value, type: z.literal("string"), ttlMs: z.int().nullable(), value: Value }),
  z.strictObject({ key: Value, type: z.enum(["list", "set"]), ttlMs: z.int().nullable(), value: z.array(Value) }),
  /** Fields with their values, members with their scores. */
  z.strictObject({ key: Value, type: z.enum(["hash", "zset"]), ttlMs: z.int().nullable(), value: z.array(z.tuple([Value, Value])) }),
  z.strictObject({
    key: Value,
    type: z.literal("stream"),
    ttlMs: z.int().nullable(),
    lastId: z.string(),
    value: z.array(z.tuple([z.string(), z.array(Value)])),
  }),
]);
type Line = z.infer<typeof Line>;

function toValue(bytes: Buffer): Value {
  const text = bytes.toString("utf8");
  return Buffer.from(text, "utf8").equals(bytes) ? text : { base64: bytes.toString("base64") };
}

function toBytes(value: Value): Buffer {
  return typeof value === "string" ? Buffer.from(value, "utf8") : Buffer.from(value.base64, "base64");
}

/** One database of the Redis at `url`, as text that ends in a line feed. Throws for a type of key that no queue has. */
export async function readRedisText(url: string): Promise<string> {
  return await connected(url, async (redis) => {
    const keys: Buffer[] = [];
    for (let cursor = "0"; ; ) {
      const [next, found] = (await redis.callBuffer("SCAN", cursor, "COUNT", 1_000)) as [Buffer, Buffer[]];
      for (const key of found) keys.push(key);
      cursor = next.toString();
      if (cursor === "0") break;
    }
    const unique = new Map(keys.map((key) => [key.toString("latin1"), key]));
    const lines: string[] = [];
    for (const key of [...unique.values()].sort(Buffer.compare)) {
      const line = await readKey(redis, key);
      if (line !== null) lines.push(`${JSON.stringify(line)}\n`);
    }
    return lines.join("");
  });
}

/** Null for a key that ended meanwhile. */
async function readKey(redis: Redis, key: Buffer): Promise<Line | null> {
  const type = await redis.type(key);
  const ttl = await redis.pttl(key);
  const ttlMs = ttl < 0 ? null : ttl;
  const name = toValue(key);
  const values = async (command: string, ...args: string[]) => ((await redis.callBuffer(command, key, ...args)) as Buffer[]).map(toValue);
  switch (type) {
    case "none":
      return null;
    case "string": {
      const bytes = await redis.getBuffer(key);
      return bytes === null ? null : { key: name, type, ttlMs, value: toValue(bytes) };
    }
    case "list":
      return { key: name, type, ttlMs, value: await values("LRANGE", "0", "-1") };
    case "set":
      return { key: name, type, ttlMs, value: (await values("SMEMBERS")).sort(byText) };
    case "hash":
      return { key: name, type, ttlMs, value: pairs(await values("HGETALL")).sort(([one], [other]) => byText(one, other)) };
    case "zset":
      return { key: name, type, ttlMs, value: pairs(await values("ZRANGE", "0", "-1", "WITHSCORES")) };
    case "stream": {
      const entries = (await redis.callBuffer("XRANGE", key, "-", "+")) as [Buffer, Buffer[]][];
      const info = (await redis.call("XINFO", "STREAM", key)) as unknown[];
      const lastId = String(info[info.indexOf("last-generated-id") + 1]);
      return { key: name, type, ttlMs, lastId, value: entries.map(([id, fields]) => [id.toString(), fields.map(toValue)]) };
    }
    default:
      throw new LinkupError("internal_error", `A key of type ${type} can't be written as text`);
  }
}

/** Fills the Redis at `url`, which must be empty, with what `readRedisText` wrote; what ends by itself has as long to live as it had then. */
export async function writeRedisText(url: string, text: string): Promise<void> {
  const lines = text.split("\n").flatMap((line) => (line === "" ? [] : [Line.parse(JSON.parse(line))]));
  await connected(url, async (redis) => {
    if ((await redis.dbsize()) > 0) throw new LinkupError("conflict", "The Redis is not empty; nothing was written into it");
    for (const line of lines) {
      const key = toBytes(line.key);
      await writeKey(redis, key, line);
      if (line.ttlMs !== null) await redis.pexpire(key, line.ttlMs);
    }
  });
}

/** Few enough for one command, and an even count: fields come with their values. */
const AT_ONCE = 1_000;

async function writeKey(redis: Redis, key: Buffer, line: Line): Promise<void> {
  const add = async (command: string, values: readonly Value[]) => {
    for (let at = 0; at < values.length; at += AT_ONCE) {
      await redis.call(command, key, ...values.slice(at, at + AT_ONCE).map(toBytes));
    }
  };
  switch (line.type) {
    case "string":
      return void (await redis.set(key, toBytes(line.value)));
    case "list":
      return await add("RPUSH", line.value);
    case "set":
      return await add("SADD", line.value);
    case "hash":
      return await add("HSET", line.value.flat());
    case "zset":
      return await add(
        "ZADD",
        line.value.flatMap(([member, score]) => [score, member]),
      );
    case "stream":
      for (const [id, fields] of line.value) await redis.call("XADD", key, id, ...fields.map(toBytes));
      // An empty stream is one all the same, and ids go on from the last.
      if (line.value.length === 0) await redis.call("XGROUP", "CREATE", key, "none", "0", "MKSTREAM");
      if (line.value.length === 0) await redis.call("XGROUP", "DESTROY", key, "none");
      await redis.call("XSETID", key, line.lastId);
  }
}

function pairs(flat: readonly Value[]): [Value, Value][] {
  return flat.flatMap((one, at): [Value, Value][] => (at % 2 === 0 ? [[one, flat[at + 1] ?? ""]] : []));
}

function byText(one: Value, other: Value): number {
  return Buffer.compare(toBytes(one), toBytes(other));
}

async function connected<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  // In the older protocol fields, members and scores come as plain lists of bytes.
  const redis = new Redis(url, { maxRetriesPerRequest: 1, protocol: 2 });
  redis.on("error", () => {});
  try {
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}
