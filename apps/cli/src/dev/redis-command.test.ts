/** How the Redis of `linkup dev` is started, from whichever source the demo would take one. */
import { expect, test } from "vitest";
import { redisCommand } from "./redis-command.ts";

const PLACE = { port: 6391, folder: "/data/dev" };

test("a server of this machine listens on 127.0.0.1 alone and keeps every write in the folder", () => {
  const { command, args } = redisCommand({ server: "/usr/bin/redis-server" }, PLACE);
  expect(command).toBe("/usr/bin/redis-server");
  expect(args.join(" ")).toContain("--port 6391 --bind 127.0.0.1");
  expect(args.join(" ")).toContain("--dir /data/dev --appendonly yes --appendfsync always --maxmemory-policy noeviction");
});

test("where there is only Docker a container does, published on 127.0.0.1 alone, with the same folder", () => {
  const { command, args } = redisCommand("docker", PLACE);
  expect(command).toBe("docker");
  expect(args.slice(0, 2)).toEqual(["run", "--rm"]);
  expect(args.join(" ")).toContain("-p 127.0.0.1:6391:6379 -v /data/dev:/data");
  expect(args.join(" ")).toContain("--dir /data --appendonly yes --appendfsync always");
});
