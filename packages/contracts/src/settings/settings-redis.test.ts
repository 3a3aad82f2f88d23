/** Which Redis the settings name, and which of them do not go together. */
import { describe, expect, test } from "vitest";
import { parseWorkerSettings } from "./settings.ts";
import type { RedisSettings } from "./settings-redis.ts";

const REQUIRED = { LINKUP_API_KEY: "live-key", LINKUP_SECRETS_KEY: Buffer.alloc(32, 7).toString("base64") };

function redisOf(environment: Record<string, string>): RedisSettings {
  return parseWorkerSettings({ ...REQUIRED, ...environment }).redis;
}

describe("Redis", () => {
  test.each([
    "redis://redis",
    "redis://redis:6379/0",
    "rediss://me:p%40ss@redis.example:6380/15",
    "redis://:pw@[::1]:6379",
    "rediss://redis.internal:6379?family=6",
  ])("one server is named by its address: %s", (url) => {
    expect(redisOf({ REDIS_URL: url })).toEqual({ kind: "single", url });
  });

  test("a cluster is named by some of its nodes", () => {
    expect(redisOf({ REDIS_CLUSTER_NODES: "redis-1:6379, 10.0.0.2:6380,[fd00::3]:6381" })).toEqual({
      kind: "cluster",
      nodes: [
        { host: "redis-1", port: 6_379 },
        { host: "10.0.0.2", port: 6_380 },
        { host: "fd00::3", port: 6_381 },
      ],
      access: { username: null, password: null, tls: false, db: 0 },
    });
  });

  test("behind a cluster and sentinels the address gives the log-in, decoded", () => {
    const url = "rediss://me:p%40s%2Fs@anything";
    expect(redisOf({ REDIS_URL: url, REDIS_CLUSTER_NODES: "a:1" })).toMatchObject({
      access: { username: "me", password: "p@s/s", tls: true, db: 0 },
    });
    expect(redisOf({ REDIS_URL: `${url}/3`, REDIS_SENTINELS: "s1:26379,s2:26379", REDIS_SENTINEL_NAME: "main" })).toEqual({
      kind: "sentinel",
      sentinels: [
        { host: "s1", port: 26_379 },
        { host: "s2", port: 26_379 },
      ],
      name: "main",
      access: { username: "me", password: "p@s/s", tls: true, db: 3 },
    });
  });

  test.each([
    ["REDIS_CLUSTER_NODES", { REDIS_CLUSTER_NODES: "a:1", REDIS_SENTINELS: "s:1", REDIS_SENTINEL_NAME: "main" }],
    ["REDIS_SENTINEL_NAME", { REDIS_SENTINELS: "s:1" }],
    ["REDIS_SENTINELS", { REDIS_SENTINEL_NAME: "main" }],
    ["REDIS_URL", { REDIS_CLUSTER_NODES: "a:1", REDIS_URL: "redis://a/1" }],
  ])("%s is told when it does not go with the others", (name, environment) => {
    expect(() => redisOf(environment)).toThrow(new RegExp(`1 problem;.*\n${name}: .+; .+`));
  });

  test("a conflict is told beside a bad value", () => {
    expect(() => redisOf({ REDIS_SENTINELS: "s", REDIS_CLUSTER_NODES: "a:1" })).toThrow(
      /3 problems;.*\nREDIS_SENTINELS: .*\nREDIS_CLUSTER_NODES: .*\nREDIS_SENTINEL_NAME: /,
    );
  });
});
