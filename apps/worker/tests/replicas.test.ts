/** LINKUP_REDIS_REPLICAS is less than what is attached: told by a worker, and refused by one that is to be strict. */
import { acquireRedis, waitFor } from "@linkup-queue/testkit";
import { expect, onTestFinished, test } from "vitest";
import { startSystem } from "./fixture.ts";

async function startWithReplica(settings: { redisReplicas: number; strict: boolean }) {
  const lines: { level: number; msg: string }[] = [];
  const system = await startSystem({ workers: 0, settings, onLog: (line) => lines.push(JSON.parse(line)) });
  onTestFinished(async () => await system.close());
  const replica = await acquireRedis({ durable: false, fresh: true, args: ["--replicaof", "127.0.0.1", String(system.redis.port)] });
  onTestFinished(async () => await replica.stop());
  const { client } = system.engine.scripts;
  await waitFor(async () => /state=online/.test(String(await client.call("INFO", "replication"))), { what: "the replica in step" });
  const said = (words: RegExp) => lines.some(({ msg }) => words.test(msg));
  return { system, replica, said };
}

test("a replica that is not asked for is told at the start, and when it is gone", async () => {
  const { system, replica, said } = await startWithReplica({ redisReplicas: 0, strict: false });
  await system.startWorker();
  await waitFor(() => said(/too few replicas are asked for: LINKUP_REDIS_REPLICAS asks for 0 of the 1/), { what: "the warning" });
  await replica.stop();
  await waitFor(() => said(/asks for all replicas that are attached/), { what: "the end of it" });
});

test("a strict worker that asks for fewer replicas than are attached refuses to start; one that asks for all starts", async () => {
  const { system } = await startWithReplica({ redisReplicas: 0, strict: true });
  await expect(system.startWorker()).rejects.toMatchObject({
    code: "configuration_invalid",
    message: expect.stringContaining("asks for 0 of the 1 replicas that are attached"),
  });
  system.settings.redisReplicas = 1;
  await system.startWorker();
});
