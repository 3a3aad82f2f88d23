/** A connection to a cluster of which a master is away: nobody waits for it for ever. */
import { acquireCluster, type ClusterOptions, type TestCluster, waitFor } from "@linkup-queue/testkit";
import type { Cluster } from "ioredis";
import { onTestFinished, type TestContext, test } from "vitest";
import { connectRedis } from "../src/index.ts";

const NO_CLUSTER = "a cluster needs a Redis on this machine, not in containers";
const ACCESS = { username: null, password: null, tls: false, db: 0 };
const KEY = "{linkup-test}:key";

async function start({ skip, task }: TestContext, options: ClusterOptions) {
  const cluster = await acquireCluster({ durable: false, ...options });
  if (cluster === null) {
    task.meta.whySkipped = NO_CLUSTER;
    return skip(NO_CLUSTER);
  }
  const client = await connectRedis({ kind: "cluster", nodes: cluster.nodes, access: ACCESS });
  onTestFinished(async () => {
    client.disconnect();
    await cluster.stop();
  });
  return { cluster, client, master: await cluster.masterOf(KEY) };
}

/** Settles when the servers that live say that the cluster is down. */
async function isDown({ servers }: TestCluster): Promise<void> {
  const living = servers.filter(({ redis }) => redis.pid !== null);
  const told = () => Promise.all(living.map(({ client }) => client.call("CLUSTER", "INFO")));
  await waitFor(told, { what: "the cluster to be down", until: (texts) => texts.every((text) => /cluster_state:fail/.test(String(text))) });
}

test("a connection that is made while the cluster is down is there once it is up", async (context) => {
  const { cluster, client, master } = await start(context, { masters: 3 });
  const other = cluster.servers.find((server) => server !== master);
  await other?.redis.kill();
  await isDown(cluster);
  // As BullMQ makes the connection on which it waits for jobs.
  const another = (client as Cluster).duplicate();
  another.on("error", () => undefined);
  onTestFinished(() => another.disconnect());
  const connecting = another.connect();
  await other?.redis.restart();
  await connecting;
  await waitFor(
    () =>
      another.set(KEY, "1").then(
        () => true,
        () => false,
      ),
    { what: "a write on it" },
  );
});
