/** A worker whose Redis is away: its probe says so at once, and it ends when it is asked to. */
import { freePort, type SpawnedProcess } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { type System, startSystem } from "./fixture.ts";
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
