/** A master of sentinels is taken away in mid-run, with every replica asked for: no send twice, nothing lost, one outcome each, the limit kept. */
import { acquireSentinels, type TestSentinels, waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { message, type System, startSystem } from "./fixture.ts";

const JOBS = 240;
const ACCOUNTS = Array.from({ length: 24 }, (_, n) => `acc-${n}`);
const NO_SENTINELS = "sentinels need a Redis on this machine, not in containers";
const REPLICAS = 2;
/** A run with its failovers, beside other work: no figure of speed. */
const RUN_MS = 180_000;

let sentinels: TestSentinels | null = null;
let system: System | null = null;
afterEach(async () => {
  await system?.close();
  await sentinels?.stop();
  system = null;
  sentinels = null;
});

/** Two workers with logged-in accounts on a master with two replicas; null where no sentinels can be had. */
async function startWatched(): Promise<{ sentinels: TestSentinels; system: System } | null> {
  sentinels = await acquireSentinels({ replicas: REPLICAS });
  if (sentinels === null) return null;
  const { sentinels: nodes, name } = sentinels;
  const access = { username: null, password: null, tls: false, db: 0 };
  system = await startSystem({
    workers: 2,
    settings: {
      redis: { kind: "sentinel", sentinels: nodes, name, access },
      redisReplicas: REPLICAS,
      rateLimit: 100,
      rateWindowMs: 6_000,
    },
    scenario: { limit: 100, windowMs: 6_000, latencyMs: { min: 50, max: 300 } },
  });
  await system.activeAccounts(ACCOUNTS);
  return { sentinels, system };
}

/** Waits until each job has an outcome, whatever the consumer was told of it. */
async function allArrive({ outcomes }: System): Promise<void> {
  const arrived = () => new Set(outcomes.map(({ outcomeId }) => outcomeId)).size;
  await waitFor(arrived, { what: "an outcome for each job", until: (count) => count >= JOBS, timeoutMs: RUN_MS });
}

/** The promises as the provider and the consumer of outcomes see them. */
function seen({ sandbox, outcomes }: System) {
  const { repeated, maxInWindow, byOperation } = sandbox.summary();
  const ids = new Set(outcomes.map(({ outcomeId }) => outcomeId));
  return {
    doubled: repeated,
    lost: JOBS - ids.size,
    conflicting: outcomes.length - ids.size,
    mostInWindow: maxInWindow,
    sent: byOperation["message.send"] ?? 0,
    unknown: outcomes.filter(({ status }) => status === "unknown").length,
  };
}

const sendsReach = ({ sandbox }: System, count: number) =>
  waitFor(() => sandbox.summary().byOperation["message.send"] ?? 0, {
    what: `${count} sends`,
    until: (sent) => sent >= count,
    everyMs: 5,
    timeoutMs: RUN_MS,
  });

const sends = () => Array.from({ length: JOBS }, (_, n) => message(ACCOUNTS[n % ACCOUNTS.length] ?? "", n));

test("a failover for maintenance in mid-run doubles, loses and contradicts nothing", async ({ skip, task }) => {
  const started = await startWatched();
  if (started === null) {
    task.meta.whySkipped = NO_SENTINELS;
    return skip(NO_SENTINELS);
  }
  await started.system.add("messages", sends());
  await sendsReach(started.system, 60);
  const atMs = performance.now();
  await started.sentinels.failover();
  await sendsReach(started.system, 120);
  const recoveredMs = performance.now() - atMs;
  await allArrive(started.system);
  const figures = seen(started.system);
  console.info("failover", { ...figures, recoveredMs: Math.round(recoveredMs) });
  expect(figures).toMatchObject({ doubled: 0, lost: 0, conflicting: 0 });
  expect(figures.mostInWindow).toBeLessThanOrEqual(100);
});

test("a master that is killed in mid-run, and comes back, doubles, loses and contradicts nothing", async ({ skip, task }) => {
  const started = await startWatched();
  if (started === null) {
    task.meta.whySkipped = NO_SENTINELS;
    return skip(NO_SENTINELS);
  }
  const [master] = started.sentinels.servers;
  await started.system.add("messages", sends());
  await sendsReach(started.system, 60);
  await master?.kill();
  await waitFor(async () => (await started.sentinels.masterPort()) !== master?.port, { what: "another master" });
  await master?.restart();
  await allArrive(started.system);
  const figures = seen(started.system);
  console.info("killed", figures);
  expect(figures).toMatchObject({ doubled: 0, lost: 0, conflicting: 0 });
  expect(figures.mostInWindow).toBeLessThanOrEqual(100);
});
