/** Redis's replies that are no defect of ours, with their own words as redis-server writes them. */
import { LinkupError } from "@linkup-queue/contracts";
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
  ["TRYAGAIN Multiple keys request during rehashing of slot", "redis_unreachable", "moving"],
  ["MOVED 866 127.0.0.1:7001", "redis_unreachable", "moving"],
  ["ASK 866 127.0.0.1:7001", "redis_unreachable", "moving"],
  ["ERR Script attempted to access a non local key in a cluster node script: 5f2a, on @user_script:1.", "redis_unreachable", "moving"],
  ["EXECABORT Transaction discarded because of: MISCONF Errors writing to the AOF file: No space left", "redis_unsuitable", "disk"],
  [
    "ERR Error running script (call to f_5f2a): @user_script:12: @user_script: 12: -OOM command not allowed when used memory > 'maxmemory'.",
    "redis_unsuitable",
    "full",
  ],
  ["ERR max number of clients reached", "redis_unsuitable", "maxclients"],
  ["MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", "redis_unreachable", "master"],
])("%s", (reply, code, word) => {
  const trouble = redisTrouble(new ReplyError(reply));
  expect(trouble).toMatchObject({ code, message: expect.stringContaining(word) });
});

const refused = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:6379"), { code: "ECONNREFUSED", syscall: "connect" });

test.each([
  ["a connection that is refused", refused],
  ["each of a host's addresses refused", Object.assign(new AggregateError([refused], ""), { code: "ECONNREFUSED" })],
  ["sentinels that do not answer", new Error("All sentinels are unreachable. Retrying from scratch after 10ms.", { cause: refused })],
  ["redirections without end", new Error("Too many Cluster redirections. Last error: ReplyError: MOVED 866 127.0.0.1:7001")],
])("%s", (_what, thrown) => {
  expect(redisTrouble(thrown)).toMatchObject({ code: "redis_unreachable" });
});

test("other errors are not taken for Redis's, whatever lies in them", () => {
  const loop = new Error("an error that is its own cause");
  loop.cause = loop;
  const others = [
    new Error("ERR wrong number of arguments"),
    new TypeError("constructor of nothing"),
    "OOM",
    null,
    loop,
    new TypeError("fetch failed", { cause: refused }),
    new LinkupError("archive_unreachable", "The archive does not answer", { cause: refused }),
    Object.assign(new Error("aborted"), { code: "ECONNRESET" }),
  ];
  for (const thrown of others) expect(redisTrouble(thrown), String(thrown)).toBeNull();
});
