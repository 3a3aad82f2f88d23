/** A master of sentinels is taken away in mid-run, with every replica asked for: no send twice, nothing lost, one outcome each, the limit kept. */
import {
  AWAY_PROCESS,
  acquireSentinels,
  type SentinelOptions,
  type SpawnedProcess,
  spawnProcess,
  type TestSentinels,
  waitFor,
} from "@linkup-queue/testkit";
import { afterEach, type TestContext, test } from "vitest";
import { type System, startSystem } from "./fixture.ts";
import { ACCESS, begin, expectPromisesHeld, sendsReach, underFire } from "./under-fire.ts";
import { WORKER_MAIN, workerEnvironment } from "./worker-process.ts";

const NO_SENTINELS = "sentinels need a Redis on this machine, not in containers; a split network needs Linux, too";
const REPLICAS = 2;

let sentinels: TestSentinels | null = null;
let system: System | null = null;
let away: SpawnedProcess | null = null;
afterEach(async () => {
  await away?.kill();
  await system?.close();
  await sentinels?.stop();
  away = null;
  system = null;
  sentinels = null;
});

/** Two workers in the middle of their sends, on a master with two replicas; skips the test where no sentinels can be had. */
async function startWatched(
  { skip, task }: TestContext,
  options: Partial<SentinelOptions> = {},
): Promise<{ sentinels: TestSentinels; system: System }> {
  sentinels = await acquireSentinels({ replicas: REPLICAS, ...options });
  if (sentinels === null) {
    task.meta.whySkipped = NO_SENTINELS;
    return skip(NO_SENTINELS);
  }
  const { sentinels: nodes, name } = sentinels;
  const redis = { kind: "sentinel", sentinels: nodes, name, access: ACCESS } as const;
  system = await startSystem({ ...underFire({ redis, redisReplicas: REPLICAS }), workers: options.splits ? 1 : 2 });
  if (options.splits) {
    const env = {
      ...workerEnvironment(system),
      REDIS_SENTINELS: nodes.map(({ host, port }) => `${host}:${port}`).join(","),
      REDIS_SENTINEL_NAME: name,
      LINKUP_REDIS_REPLICAS: String(REPLICAS),
      ...AWAY_PROCESS.env,
    };
    away = await spawnProcess({ args: [...AWAY_PROCESS.args, WORKER_MAIN], env });
  }
  await begin(system, 60);
  return { sentinels, system };
}

test("a failover for maintenance in mid-run doubles, loses and contradicts nothing", async (context) => {
  const started = await startWatched(context);
  await started.sentinels.failover();
  await sendsReach(started.system, 120);
  await expectPromisesHeld(started.system, "failover");
});

test("a master that is killed in mid-run while replicas are 400 ms behind, and comes back, doubles, loses and contradicts nothing", async (context) => {
  const started = await startWatched(context, { lagMs: 400 });
  const [master] = started.sentinels.servers;
  const [masterPort] = started.sentinels.ports;
  await master?.kill();
  await waitFor(async () => (await started.sentinels.masterPort()) !== masterPort, { what: "another master" });
  await master?.restart();
  await expectPromisesHeld(started.system, "killed, replicas behind");
});

test("a network that is split, with a worker and a replica on the old master's side, doubles, loses and contradicts nothing", async (context) => {
  const started = await startWatched(context, { splits: true });
  await started.sentinels.split();
  await away?.waitForLine((line) => /of 2 replicas confirmed/.test(JSON.stringify(line)), {
    what: "the worker on the old master's side missed a replica",
  });
  await started.sentinels.mend();
  await expectPromisesHeld(started.system, "split network");
});
