/** LINKUP_REDIS_REPLICAS at the command line: a command tells of success once its write is in as many replicas, and else that it is not known. */
import { acquireRedis, type TestRedis, waitFor } from "@linkup-queue/testkit";
import { expect, onTestFinished, test } from "vitest";
import { type CliSystem, startCliSystem } from "./system.ts";

async function start(): Promise<{ system: CliSystem; run: (...args: string[]) => ReturnType<CliSystem["linkup"]> }> {
  const system = await startCliSystem({ worker: false });
  onTestFinished(async () => await system.close());
  await system.engine.scripts.client.config("SET", "repl-diskless-sync-delay", "0");
  system.env["LINKUP_REDIS_REPLICAS"] = "1";
  return { system, run: (...args) => system.linkup(args) };
}

async function startReplica({ redis, engine }: CliSystem): Promise<TestRedis> {
  const replica = await acquireRedis({ durable: false, fresh: true, args: ["--replicaof", "127.0.0.1", String(redis.port)] });
  onTestFinished(async () => await replica.stop());
  const { client } = engine.scripts;
  await waitFor(async () => /state=online/.test(String(await client.call("INFO", "replication"))), { what: "the replica in step" });
  return replica;
}

/** It stays connected, and follows no more. */
function freeze({ pid }: TestRedis): () => void {
  if (pid === null) throw new Error("the replica is no process of this machine");
  process.kill(pid, "SIGSTOP");
  const thaw = () => void process.kill(pid, "SIGCONT");
  onTestFinished(thaw);
  return thaw;
}

const ENQUEUE = [
  "enqueue",
  "profile.scrape",
  "--account",
  "ada",
  "--input",
  '{"linkedin_url":"https://www.linkedin.com/in/x"}',
  "--key",
  "k",
];

test("no write is told as done while no replica follows; a command that only looks is answered", async () => {
  const { run } = await start();
  for (const args of [["key", "pause"], ["key", "resume"], ENQUEUE]) {
    const { status, stdout, stderr } = await run(...args);
    expect({ status, stdout }, args.join(" ")).toEqual({ status: 7, stdout: "" });
    expect(stderr, args.join(" ")).toContain("0 of 1 replicas");
  }
  expect(await run("key", "show")).toMatchObject({ status: 0 });
});

test("a write that a replica did not confirm is told as such, and as done when it is asked for again with one that follows", async () => {
  const { system, run } = await start();
  const replica = await startReplica(system);
  expect(await run("key", "pause")).toMatchObject({ status: 0 });
  const thaw = freeze(replica);
  const { status, stdout, stderr } = await run("key", "resume");
  expect({ status, stdout }).toEqual({ status: 7, stdout: "" });
  expect(stderr).toContain("0 of 1 replicas confirmed a write");
  thaw();
  expect(await run("key", "resume")).toMatchObject({ status: 0 });
  expect((await system.engine.keys.read()).state).not.toBe("stopped");
});
