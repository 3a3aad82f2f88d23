/** Redis's replies that are no defect of ours, with their own words as redis-server writes them. */
import { ReplyError } from "ioredis";
import { expect, test } from "vitest";
import { redisTrouble } from "./trouble.ts";

test.each([
  ["OOM command not allowed when used memory > 'maxmemory'. script: 5f2a, on @user_script:12.", "redis_unsuitable", "full"],
  ["MISCONF Errors writing to the AOF file: No space left on device", "redis_unsuitable", "disk"],
  ["NOREPLICAS Not enough good replicas to write.", "redis_unsuitable", "replicas"],
  ["READONLY You can't write against a read only replica.", "redis_unreachable", "failover"],
  ["LOADING Redis is loading the dataset in memory", "redis_unreachable", "starting"],
  ["CLUSTERDOWN The cluster is down", "redis_unreachable", "cluster"],
  ["MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", "redis_unreachable", "master"],
])("%s", (reply, code, word) => {
  const trouble = redisTrouble(new ReplyError(reply));
  expect(trouble).toMatchObject({ code, message: expect.stringContaining(word) });
});

test("other errors are not taken for Redis's", () => {
  for (const thrown of [new Error("ERR wrong number of arguments"), new TypeError("constructor of nothing"), "OOM", null]) {
    expect(redisTrouble(thrown)).toBeNull();
  }
});
