/** LINKUP_REDIS_REPLICAS on a cluster: the replicas of the server that has our slot are asked, over a connection of its own. */
import { acquireRedis, freePort, type TestRedis, testPrefix, testSecretsKey, waitFor } from "@linkup-queue/testkit";
import { Redis } from "ioredis";
import { expect, onTestFinished, type TestContext, test } from "vitest";
import { connectRedis, createEngine, type Engine, Secrets } from "../src/index.ts";
import { CONFIG } from "./rig.ts";
import { TEST_PRICES } from "./test-prices.ts";

const NO_CLUSTER = "a cluster needs a Redis on this machine, not in containers";
const LAST_SLOT = 16_383;

type Node = { server: TestRedis; client: Redis; busPort: number };
type RedisCluster = { master: Node; replica: Node; engine: Engine };

async function startNode(): Promise<Node> {
  const busPort = await freePort();
  const server = await acquireRedis({
    durable: false,
    fresh: true,
    args: ["--cluster-enabled", "yes", "--cluster-port", String(busPort), "--repl-diskless-sync-delay", "0"],
  });
  const client = new Redis(server.url);
  client.on("error", () => undefined);
  onTestFinished(async () => {
    client.disconnect();
    await server.stop();
  });
  return { server, client, busPort };
}

/** A master with all slots and its replica, and an engine that asks for one replica. Skips the test where its nodes can't reach one another. */
async function startCluster({ skip, task }: TestContext): Promise<RedisCluster> {
  const [master, replica] = [await startNode(), await startNode()];
  if (master.server.pid === null) {
    task.meta.whySkipped = NO_CLUSTER;
    return skip(NO_CLUSTER);
  }
  await master.client.call("CLUSTER", "ADDSLOTSRANGE", "0", String(LAST_SLOT));
  await replica.client.call("CLUSTER", "MEET", "127.0.0.1", String(master.server.port), String(master.busPort));
  const id = String(await master.client.call("CLUSTER", "MYID"));
  await waitFor(async () => String(await replica.client.call("CLUSTER", "NODES")).includes(`${id} `), { what: "the nodes to meet" });
  await waitFor(
    () =>
      replica.client.call("CLUSTER", "REPLICATE", id).then(
        () => true,
        () => false,
      ),
    { what: "the replica to follow" },
  );
  await waitFor(async () => /state=online/.test(await master.client.info("replication")), { what: "the replica in step" });
  for (const { client } of [master, replica]) {
    await waitFor(async () => String(await client.call("CLUSTER", "INFO")).includes("cluster_state:ok"), { what: "the cluster" });
  }
  const nodes = [{ host: "127.0.0.1", port: master.server.port }];
  const client = await connectRedis({ kind: "cluster", nodes, access: { username: null, password: null, tls: false, db: 0 } });
  const secrets = new Secrets(Buffer.from(testSecretsKey(), "base64"));
  const config = { ...CONFIG, keyId: testPrefix(), redisReplicas: 1 };
  const engine = createEngine({ client, config, secrets, prices: TEST_PRICES });
  onTestFinished(async () => {
    await engine.close();
    client.disconnect();
  });
  return { master, replica, engine };
}

const write = (engine: Engine) => engine.scripts.client.set(engine.scripts.key("written"), "1");

test("a write is confirmed by the replica of the slot's server, and not while that is gone", async (context) => {
  const { master, replica, engine } = await startCluster(context);
  await engine.confirmed(() => write(engine));
  expect(await master.client.info("commandstats")).toMatch(/cmdstat_wait:calls=1,/);
  await replica.server.kill();
  await expect(engine.confirmed(() => write(engine))).rejects.toMatchObject({
    code: "redis_unsuitable",
    message: expect.stringContaining("0 of 1 replicas"),
  });
});

test("a write before a failover is not confirmed by the replica of the next master", async (context) => {
  const { master, replica, engine } = await startCluster(context);
  await engine.confirmed(() => write(engine));
  const crossing = engine.confirmed(async () => {
    await write(engine);
    await replica.client.call("CLUSTER", "FAILOVER");
    await waitFor(async () => /^role:master/m.test(await replica.client.info("replication")), { what: "the next master" });
    await waitFor(async () => /state=online/.test(await replica.client.info("replication")), { what: "its replica" });
    expect(await master.client.info("replication")).toMatch(/^role:slave/m);
  });
  await expect(crossing).rejects.toMatchObject({ code: "redis_unreachable" });
  await waitFor(
    () =>
      engine
        .confirmed(() => write(engine))
        .then(
          () => true,
          () => false,
        ),
    { what: "a write that the next master's replica has" },
  );
});
