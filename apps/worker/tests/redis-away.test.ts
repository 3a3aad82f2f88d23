/** A worker whose Redis is away: its probe says so at once, and it ends when it is asked to. */
import { freePort, type SpawnedProcess, waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { message, type System, startSystem } from "./fixture.ts";
import { spawnWorker } from "./worker-process.ts";

let system: System;
let worker: SpawnedProcess | null = null;
afterEach(async () => {
  await worker?.kill("SIGKILL");
  worker = null;
  await system.close();
});

test("its probe answers, and SIGTERM ends it with 0, telling that not all could be told to Redis", async () => {
  const healthPort = await freePort();
  system = await startSystem({ workers: 0, takesResults: false });
  worker = await spawnWorker(system, { WORKER_HEALTH_PORT: String(healthPort), SHUTDOWN_GRACE_MS: "500" });
  const readyz = async () => {
    const response = await fetch(`http://127.0.0.1:${healthPort}/readyz`, { signal: AbortSignal.timeout(5_000) });
    return [response.status, await response.json()];
  };
  const provider = new URL(system.sandbox.url).host;
  expect(await readyz()).toEqual([200, { ready: true, why: [], provider }]);
  await system.redis.kill();
  const away = { ready: false, why: ["Redis does not answer"], provider };
  for (let asked = 0; asked < 3; asked++) expect(await readyz()).toEqual([503, away]);
  const { code } = await worker.kill("SIGTERM");
  expect(code).toBe(0);
  expect(worker.lines.map(({ msg }) => msg)).toContain(
    "Redis does not answer, so not all could be told to it; the other workers' sweep finishes that",
  );
  worker = null;
  await system.redis.restart();
});

test("while Redis takes no writes no job fails, nothing is called a defect, and the trouble is told once", async () => {
  const lines: Record<string, unknown>[] = [];
  const told = Promise.withResolvers<void>();
  const isTrouble = ({ msg }: Record<string, unknown>) => msg === "trouble";
  system = await startSystem({
    scenario: { latencyMs: 200 },
    onLog: (line) => {
      lines.push(JSON.parse(line) as Record<string, unknown>);
      if (lines.some(isTrouble)) told.resolve();
    },
  });
  const accounts = ["ada", "bob", "cyd", "dan"];
  await system.activeAccounts(accounts);
  await system.add(
    "messages",
    accounts.flatMap((account, at) => [message(account, at), message(account, at + 10)]),
  );
  await waitFor(() => system.outcomes.length, { what: "the first outcome", until: (count) => count > 0 });
  const { client } = system.engine.scripts;
  await client.call("REPLICAOF", "127.0.0.1", "1");
  await told.promise;
  await client.call("REPLICAOF", "NO", "ONE");
  const outcomes = await system.outcomesArrive(8);
  expect(outcomes.map(({ status }) => status)).toEqual(outcomes.map(() => "succeeded"));
  expect(await system.queue("messages").getJobCounts("failed")).toEqual({ failed: 0 });
  const backs = () => lines.filter(({ msg }) => msg === "Redis answers again: work goes on");
  await waitFor(() => backs().length, { what: "the line of its return", until: (count) => count > 0 });
  expect(backs()).toHaveLength(1);
  expect(JSON.stringify(lines)).not.toContain("defect");
  expect(lines.filter(isTrouble).map(({ err }) => (err as { code?: string }).code)).toEqual(["redis_unreachable"]);
});
