/** The troubles of Redis and of the network, each on a system in the middle of its sends. */
import { AWAY_PROCESS, type TestCluster } from "@linkup-queue/testkit";
import got from "got";
import {
  type ChaosRedis,
  type ClockedRedis,
  type ClusterRedis,
  LAG_MS,
  type OneRedis,
  type ProxiedRedis,
  type SentinelRedis,
  startClocked,
  startCluster,
  startOne,
  startProxied,
  startSentinels,
} from "../peers/chaos-redis.ts";
import { startSystemApi } from "../peers/system-api.ts";
import { type ChaosRun, mustHappen, runTrouble, type Struck, type Trouble } from "./chaos-run.ts";

const USUAL = { limit: 100, windowMs: 6_000 };
/** Of the stricter worker, where two are given different limits. */
const STRICT = { limit: 60, windowMs: 6_000 };
const KILLS = 5;
const SENDERS = 8;
const NONE: Struck = { kills: 0, failovers: 0 };

/** Two workers that differ in nothing. */
async function startTwo(run: ChaosRun): Promise<void> {
  for (let started = 0; started < 2; started++) await run.startWorker();
}

const sentinelFailover: Trouble<SentinelRedis> = {
  name: "SENTINEL FAILOVER, two replicas",
  redis: () => startSentinels(),
  limit: USUAL,
  strike: async (_run, { sentinels }) => {
    await sentinels.failover();
    return { kills: 0, failovers: 1 };
  },
};

const splitBrain: Trouble<SentinelRedis> = {
  name: "split brain, a worker and a replica on the old master's side",
  redis: () => startSentinels({ splits: true }),
  limit: USUAL,
  begin: async (run) => {
    await run.startWorker();
    await run.startWorker(AWAY_PROCESS);
  },
  strike: async ({ workers }, { sentinels }) => {
    await sentinels.split();
    await workers[1]?.waitForLine((line) => /replicas confirmed/.test(JSON.stringify(line)), { what: "a replica was missed" });
    await sentinels.mend();
    return { kills: 0, failovers: 1 };
  },
};

const masterKilled: Trouble<SentinelRedis> = {
  name: `master killed and back, replicas ${LAG_MS} ms behind`,
  redis: () => startSentinels({ lagMs: LAG_MS }),
  limit: USUAL,
  strike: async (_run, { sentinels }) => {
    const [master] = sentinels.servers;
    await master?.kill();
    await mustHappen(async () => (await sentinels.masterPort()) !== sentinels.ports[0], "another master");
    await master?.restart();
    return { kills: 1, failovers: 1 };
  },
};

/** Jobs come by HTTP all the time, and a failover comes in their middle; each that was answered 202 counts. */
const acceptedByHttp: Trouble<SentinelRedis> = {
  name: "accepted by HTTP just before a failover",
  redis: () => startSentinels(),
  limit: USUAL,
  begin: async (run, { sentinels }) => {
    await startTwo(run);
    const api = await startSystemApi(run.system);
    try {
      const jobs = run.jobs();
      let next = 0;
      const accept = async ({ name: operation, data, opts }: (typeof jobs)[number]): Promise<boolean> => {
        const json = { operation, ...data, idempotencyKey: opts.jobId };
        const answer = await got.post(`${api.url}/v1/jobs`, { json, headers: api.headers, throwHttpErrors: false, retry: { limit: 0 } });
        if (answer.statusCode !== 202) return false;
        run.accepted.add((JSON.parse(answer.body) as { jobId: string }).jobId);
        return true;
      };
      const send = async (): Promise<void> => {
        for (let job = jobs[next++]; job !== undefined; job = jobs[next++]) {
          const asked = job;
          await mustHappen(() => accept(asked), "an answer that accepts a job");
        }
      };
      const sending = Promise.all(Array.from({ length: SENDERS }, send));
      await mustHappen(() => run.accepted.size >= jobs.length / 2, "the half of the jobs accepted");
      run.strikes();
      await sentinels.failover();
      await sending;
    } finally {
      await api.close();
    }
  },
  strike: () => Promise.resolve({ kills: 0, failovers: 1 }),
};

/** The next master of our slot. */
async function nextMaster(cluster: TestCluster, tag: string): Promise<void> {
  const master = await cluster.masterOf(tag);
  await master.redis.kill();
  await mustHappen(async () => (await cluster.masterOf(tag)) !== master, "another master");
  await master.redis.restart();
}

const clusterMasterKilled: Trouble<ClusterRedis> = {
  name: `cluster: master killed and back, replica ${LAG_MS} ms behind`,
  redis: () => startCluster({ lagMs: LAG_MS }),
  limit: USUAL,
  strike: async ({ system }, { cluster }) => {
    await nextMaster(cluster, system.tag);
    return { kills: 1, failovers: 1 };
  },
};

const clusterReshard: Trouble<ClusterRedis> = {
  name: "cluster: the slot moves to another master, and back",
  redis: () => startCluster(),
  limit: USUAL,
  strike: async (run, { cluster }) => {
    const from = await cluster.masterOf(run.system.tag);
    const to = cluster.servers.find((server, at) => at < 3 && server !== from);
    if (to === undefined) return NONE;
    await cluster.moveSlotOf(run.system.tag, { to });
    await run.reaches(0.5);
    await cluster.moveSlotOf(run.system.tag, { to: from });
    return { kills: 0, failovers: 2 };
  },
};

const halfOpen: Trouble<ProxiedRedis> = {
  name: "connections of one worker half open",
  redis: startProxied,
  limit: USUAL,
  begin: async (run, { half }) => {
    await run.startWorker();
    await run.startWorker({ env: half });
  },
  strike: (_run, { swallow }) => {
    swallow();
    return Promise.resolve(NONE);
  },
};

const looserWorker: Trouble<OneRedis> = {
  name: "a second worker with a higher limit and a shorter window",
  redis: () => startOne(),
  limit: STRICT,
  // Before the first send: all of them might be over by the time it is ready.
  begin: async (run) => {
    await run.startWorker();
    await run.startWorker({ env: { LINKUP_RATE_LIMIT: "100", LINKUP_RATE_WINDOW_MS: "3000" } });
  },
  strike: () => Promise.resolve(NONE),
};

const everythingKilled: Trouble<OneRedis> = {
  name: "kill -9 of Redis and of all workers, five times",
  redis: () => startOne(),
  limit: USUAL,
  strike: async (run, { server }) => {
    let kills = 0;
    for (let round = 1; round <= KILLS; round++) {
      const [workers] = await Promise.all([run.system.killWorkers(), server.kill()]);
      kills += workers + 1;
      await server.restart();
      await startTwo(run);
      await run.reaches(0.25 + (0.5 * round) / KILLS);
    }
    return { kills, failovers: 0 };
  },
};

/** A person who is told that the state is lost hands accounts and missing jobs over again, and then says that nothing goes out twice. */
async function restoreState(run: ChaosRun): Promise<void> {
  const { engine } = run.system;
  await mustHappen(async () => (await engine.keys.read()).lost !== null, "a worker that notices the lost state");
  await run.addMissing();
  await engine.keys.restore("unknown");
}

const clockSteps = (name: string, aheadMs: number): Trouble<ClockedRedis> => ({
  name,
  redis: startClocked,
  limit: STRICT,
  strike: async (_run, { clock }) => {
    await clock.setAhead(aheadMs);
    return NONE;
  },
});

const flushed: Trouble<OneRedis> = {
  name: "FLUSHALL under running workers",
  redis: () => startOne(),
  limit: USUAL,
  strike: async (run) => {
    await run.system.engine.scripts.client.call("FLUSHALL");
    await restoreState(run);
    return NONE;
  },
};

const olderFile: Trouble<OneRedis> = {
  name: "Redis killed and back with an older AOF, under running workers",
  redis: () => startOne(),
  limit: USUAL,
  strike: async (run, { server }) => {
    const bringBack = await server.keepData();
    await run.reaches(0.5);
    await bringBack();
    await restoreState(run);
    return { kills: 1, failovers: 0 };
  },
};

/** A trouble that can be run, whichever Redis it needs. */
const runnable = <Redis extends ChaosRedis>(trouble: Trouble<Redis>) => ({
  name: trouble.name,
  run: (sends: number) => runTrouble(trouble, sends),
});

export const TROUBLES = [
  runnable(sentinelFailover),
  runnable(splitBrain),
  runnable(masterKilled),
  runnable(acceptedByHttp),
  runnable(clusterMasterKilled),
  runnable(clusterReshard),
  runnable(halfOpen),
  runnable(looserWorker),
  runnable(clockSteps("Redis's clock steps 3 s forward", 3_000)),
  runnable(clockSteps("Redis's clock steps 30 s forward", 30_000)),
  runnable(clockSteps("Redis's clock steps 10 s back", -10_000)),
  runnable(everythingKilled),
  runnable(flushed),
  runnable(olderFile),
];
