/** A Redis cluster under load whose slot moves, whose masters change places, or die: no send twice, nothing lost, one outcome each, the limit kept. */
import { queuePrefix } from "@linkup-queue/contracts";
import { acquireCluster, type ClusterOptions, type ClusterServer, type TestCluster, testPrefix, waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, type TestContext, test } from "vitest";
import { type System, startSystem } from "./fixture.ts";
import { ACCESS, begin, expectPromisesHeld, sendsReach, underFire } from "./under-fire.ts";

const NO_CLUSTER = "a cluster needs a Redis on this machine, not in containers";
/** More than a client asks by itself: sixteen times, with a tenth of a second between. */
const MANY_REFUSALS = 200;

let cluster: TestCluster | null = null;
let systems: System[] = [];
afterEach(async () => {
  await Promise.all(systems.map((system) => system.close()));
  await cluster?.stop();
  systems = [];
  cluster = null;
});

type Started = { cluster: TestCluster; system: System; tag: string };

/** Three masters, each with a replica; skips the test where no cluster can be had. */
async function startCluster({ skip, task }: TestContext, options: Partial<ClusterOptions> = {}): Promise<TestCluster> {
  cluster = await acquireCluster({ masters: 3, replicas: 1, ...options });
  if (cluster !== null) return cluster;
  task.meta.whySkipped = NO_CLUSTER;
  return skip(NO_CLUSTER);
}

/** Two workers of one key id on it, in the middle of their sends. */
async function startKey(on: TestCluster, keyId = testPrefix()): Promise<Started> {
  const system = await startSystem(
    underFire({ keyId, apiKey: `api-key-of-${keyId}`, redis: { kind: "cluster", nodes: on.nodes, access: ACCESS }, redisReplicas: 1 }),
  );
  systems.push(system);
  await begin(system, 40);
  return { cluster: on, system, tag: queuePrefix(keyId) };
}

/** How many scripts a server has refused before they began, and how many broke off but for those that it did not know. */
async function scriptsOf({ client }: ClusterServer): Promise<{ refused: number; broken: number }> {
  const [commands, errors] = await Promise.all([client.info("commandstats"), client.info("errorstats")]);
  const count = (text: string, pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? 0);
  const failed = count(commands, /^cmdstat_evalsha:.*failed_calls=(\d+)/m) + count(commands, /^cmdstat_fcall:.*failed_calls=(\d+)/m);
  return {
    refused: count(errors, /^errorstat_TRYAGAIN:count=(\d+)/m),
    broken: failed - count(errors, /^errorstat_NOSCRIPT:count=(\d+)/m),
  };
}

/** Moves the key's slot to another master; half of its keys are elsewhere for longer than a client asks by itself. */
async function moveSlot({ cluster: on, tag }: Started): Promise<void> {
  const from = await on.masterOf(tag);
  const masters = on.servers.filter((_, at) => at < 3);
  const to = masters.find((server) => server !== from);
  if (to === undefined) throw new Error("no other master");
  const before = await Promise.all(masters.map(scriptsOf));
  const [known] = [await scriptsOf(from)];
  let batches = 0;
  await on.moveSlotOf(tag, {
    to,
    between: async () => {
      batches += 1;
      if (batches !== 5) return;
      await waitFor(() => scriptsOf(from), {
        what: "scripts that are refused",
        until: ({ refused }) => refused > known.refused + MANY_REFUSALS,
      });
    },
  });
  expect(batches).toBeGreaterThanOrEqual(5);
  const after = await Promise.all(masters.map(scriptsOf));
  expect(after.map(({ broken }) => broken)).toEqual(before.map(({ broken }) => broken));
}

async function replicaOf(on: TestCluster, master: ClusterServer): Promise<ClusterServer> {
  const [replica] = await waitFor(() => on.replicasOf(master), { what: "a replica", until: ({ length }) => length > 0 });
  if (replica === undefined) throw new Error("no replica");
  return replica;
}

/** kill -9; settles when the slot of `tag` has another master. The killed one then comes back. */
async function killAndRestart(on: TestCluster, tag: string): Promise<void> {
  const master = await on.masterOf(tag);
  await master.redis.kill();
  await waitFor(async () => (await on.masterOf(tag)) !== master, { what: "the next master" });
  await master.redis.restart();
}

test("a slot that moves twice in mid-run doubles, loses and contradicts nothing, and no script breaks off", async (context) => {
  const started = await startKey(await startCluster(context));
  await moveSlot(started);
  await sendsReach(started.system, 120);
  await moveSlot(started);
  await expectPromisesHeld(started.system, "slot moved twice");
});

test("a replica that takes its master's place for maintenance, and gives it back, doubles, loses and contradicts nothing", async (context) => {
  const { cluster: on, system, tag } = await startKey(await startCluster(context));
  const first = await on.masterOf(tag);
  await on.failover(await replicaOf(on, first));
  await sendsReach(system, 120);
  await on.failover(await replicaOf(on, await on.masterOf(tag)));
  expect(await on.masterOf(tag)).toBe(first);
  await expectPromisesHeld(system, "cluster failover");
});

test("a master that is killed while its replica is 400 ms behind, and comes back, doubles, loses and contradicts nothing", async (context) => {
  const { cluster: on, system, tag } = await startKey(await startCluster(context, { lagMs: 400 }));
  await killAndRestart(on, tag);
  await expectPromisesHeld(system, "cluster, replica behind, master killed");
});

/** Key ids whose slots lie on three masters, in the order of `servers`. */
async function keyIdsOnEach(on: TestCluster): Promise<string[]> {
  const found = new Map<ClusterServer, string>();
  while (found.size < 3) {
    const keyId = testPrefix();
    found.set(await on.masterOf(queuePrefix(keyId)), keyId);
  }
  return [...found.values()];
}

test("three keys on three masters, one of which is killed while the slot of another moves, double, lose and contradict nothing", async (context) => {
  const on = await startCluster(context);
  const started: Started[] = [];
  for (const keyId of await keyIdsOnEach(on)) started.push(await startKey(on, keyId));
  const [killed, moved] = started;
  if (killed === undefined || moved === undefined) throw new Error("no keys");
  await moveSlot(moved);
  await killAndRestart(on, killed.tag);
  for (const { system, tag } of started) await expectPromisesHeld(system, `cluster of three keys, ${tag}`);
});
