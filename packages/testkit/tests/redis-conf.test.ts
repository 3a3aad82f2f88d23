/** The settings that containers run Redis with are taken by a real Redis and mean what the product needs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { acquireRedis } from "../src/index.ts";

/** `infra/redis.conf` as arguments, without what only makes sense in a container. */
function readSettings(): string[] {
  const text = readFileSync(join(import.meta.dirname, "../../../infra/redis.conf"), "utf8");
  const directives = text.split("\n").filter((line) => line !== "" && !line.startsWith("#") && !/^(port|bind) /.test(line));
  return directives.flatMap((line) => {
    const [name = "", ...values] = line.split(" ");
    return [`--${name}`, ...values.map((value) => (value === '""' ? "" : value))];
  });
}

test("a Redis with our redis.conf keeps every write and evicts nothing", async () => {
  const server = await acquireRedis({ fresh: true, durable: false, args: readSettings() });
  const redis = new Redis(server.url);
  try {
    expect(await redis.config("GET", "appendonly")).toEqual(["appendonly", "yes"]);
    expect(await redis.config("GET", "appendfsync")).toEqual(["appendfsync", "always"]);
    expect(await redis.config("GET", "no-appendfsync-on-rewrite")).toEqual(["no-appendfsync-on-rewrite", "no"]);
    expect(await redis.config("GET", "maxmemory-policy")).toEqual(["maxmemory-policy", "noeviction"]);
    expect(await redis.config("GET", "maxmemory")).toEqual(["maxmemory", String(2 * 1024 ** 3)]);
    expect(await redis.config("GET", "proto-max-bulk-len")).toEqual(["proto-max-bulk-len", String(64 * 1024 ** 2)]);
    expect(await redis.config("GET", "save")).toEqual(["save", ""]);
  } finally {
    redis.disconnect();
    await server.stop();
  }
});
