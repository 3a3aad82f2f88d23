/** A Redis cluster for tests that move its slots, fail over and kill: masters that share the slots, each with replicas, all on this machine. */
import type { RedisNode } from "@linkup-queue/contracts";
import { Redis } from "ioredis";
import { freePort } from "../machine/free-port.ts";
import { ServerLink } from "../machine/server-link.ts";
import { waitFor } from "../suite/wait-for.ts";
import { acquireRedis, findRedis, type TestRedis } from "./acquire-redis.ts";

export type ClusterOptions = {
  masters: number;
  /** Of each master. Default 0. */
  replicas?: number;
  /** Default true, as in production. */
  durable?: boolean;
  /** How far replicas are behind their masters, ms. Default 0. */
  lagMs?: number;
};

export type ClusterServer = {
  redis: TestRedis;
  /** Under which the others know it. */
  port: number;
  /** A connection to it alone. */
  client: Redis;
};

export type TestCluster = {
  /** Where a client may begin. */
  nodes: RedisNode[];
  /** All servers; the masters of the start come first, in the order of their slots. */
  servers: readonly ClusterServer[];
  /** The master of this key's slot, once all servers that live tell the same. */
  masterOf(key: string): Promise<ClusterServer>;
  /** The replicas of a server that is a master now. */
  replicasOf(server: ClusterServer): Promise<ClusterServer[]>;
  /** Moves this key's slot to another master, some keys at a time, as `redis-cli --cluster reshard` does. `between` is run before each time. */
  moveSlotOf(key: string, options: { to: ClusterServer; between?: () => Promise<void> }): Promise<void>;
  /** Asks a replica to take its master's place, as for ordinary maintenance. Settles when it has. */
  failover(replica: ClusterServer): Promise<void>;
  stop(): Promise<void>;
};

const SLOTS = 16_384;
/** Long enough for a machine that is busy: a server that answers late is taken for dead. */
const NODE_TIMEOUT_MS = 5_000;
const MOVE_WITHIN_MS = 5_000;
const MOVED_AT_ONCE = 10;

type Node = ClusterServer & { id: string; busPort: number; link: ServerLink };

/** Null where Redis comes from Docker alone: its servers can't reach one another by their mapped ports. */
export async function acquireCluster({ masters, replicas = 0, durable = true, lagMs = 0 }: ClusterOptions): Promise<TestCluster | null> {
  if ((await findRedis()) === "docker") return null;
  const nodes = await Promise.all(Array.from({ length: masters * (1 + replicas) }, () => startNode({ durable, lagMs })));
  const cluster = new Cluster(nodes);
  try {
    await cluster.join(masters);
    return cluster;
  } catch (thrown) {
    await cluster.stop();
    throw thrown;
  }
}

async function startNode({ durable, lagMs }: { durable: boolean; lagMs: number }): Promise<Node> {
  const [link, busPort] = [await ServerLink.open({ lagMs }), await freePort()];
  const redis = await acquireRedis({
    durable,
    fresh: true,
    args: [
      ...["--cluster-enabled", "yes", "--cluster-port", String(busPort), "--cluster-node-timeout", String(NODE_TIMEOUT_MS)],
      ...[
        "--cluster-announce-ip",
        "127.0.0.1",
        "--cluster-announce-port",
        String(link.port),
        "--cluster-announce-bus-port",
        String(busPort),
      ],
      ...["--repl-diskless-sync-delay", "0", "--cluster-migration-barrier", "999", "--cluster-replica-validity-factor", "0"],
    ],
  });
  link.leadTo(redis.port);
  const client = new Redis({ host: "127.0.0.1", port: redis.port });
  // It may be killed on purpose.
  client.on("error", () => undefined);
  return { redis, port: link.port, client, link, busPort, id: String(await client.call("CLUSTER", "MYID")) };
}

class Cluster implements TestCluster {
  readonly servers: readonly Node[];

  constructor(servers: readonly Node[]) {
    this.servers = servers;
  }

  get nodes(): RedisNode[] {
    return this.servers.map(({ port }) => ({ host: "127.0.0.1", port }));
  }

  async join(masters: number): Promise<void> {
    const first = this.servers.slice(0, masters);
    const each = Math.ceil(SLOTS / masters);
    for (const [at, { client }] of first.entries()) {
      // Epochs of their own: otherwise two masters find one another equal, and agree a while later.
      await client.call("CLUSTER", "SET-CONFIG-EPOCH", at + 1);
      await client.call("CLUSTER", "ADDSLOTSRANGE", at * each, Math.min(SLOTS, (at + 1) * each) - 1);
    }
    const [one, ...others] = this.servers;
    for (const { client } of others) await client.call("CLUSTER", "MEET", "127.0.0.1", one?.port ?? 0, one?.busPort ?? 0);
    await waitFor(() => this.#allKnow(), { what: "the servers to know each other" });
    await Promise.all(
      this.servers.slice(masters).map(async ({ client }, at) => {
        await waitFor(() => isTaken(client.call("CLUSTER", "REPLICATE", first[at % masters]?.id ?? "")), { what: "a replica to follow" });
      }),
    );
    const replicas = this.servers.length / masters - 1;
    await waitFor(async () => (await Promise.all(first.map(({ client }) => inStep(client)))).every((count) => count === replicas), {
      what: "the replicas in step",
    });
    await waitFor(() => this.#isWhole(), { what: "the cluster to be whole" });
  }

  async masterOf(key: string): Promise<Node> {
    return await waitFor(async () => this.#agreedMaster(await this.#slotOf(key)), { what: `a master for ${key}` });
  }

  async replicasOf(server: ClusterServer): Promise<Node[]> {
    const { client, id } = this.#nodeOf(server);
    const told: unknown = await client.call("CLUSTER", "REPLICAS", id);
    const ids = Array.isArray(told) ? told.map((line: unknown) => String(line).split(" ")[0]) : [];
    return this.servers.filter((node) => ids.includes(node.id));
  }

  async moveSlotOf(key: string, { to, between }: { to: ClusterServer; between?: () => Promise<void> }): Promise<void> {
    const [slot, from, target] = [await this.#slotOf(key), await this.masterOf(key), this.#nodeOf(to)];
    await target.client.call("CLUSTER", "SETSLOT", slot, "IMPORTING", from.id);
    await from.client.call("CLUSTER", "SETSLOT", slot, "MIGRATING", target.id);
    for (;;) {
      const keys = await from.client.callBuffer("CLUSTER", "GETKEYSINSLOT", slot, MOVED_AT_ONCE);
      if (!Array.isArray(keys) || keys.length === 0) break;
      await between?.();
      await from.client.call("MIGRATE", "127.0.0.1", target.redis.port, "", 0, MOVE_WITHIN_MS, "KEYS", ...(keys as Buffer[]));
    }
    // The next owner first: between the two nobody would have it.
    for (const { client } of [target, from]) await client.call("CLUSTER", "SETSLOT", slot, "NODE", target.id);
    await waitFor(async () => (await this.masterOf(key)) === target, { what: "all to know the slot's next owner" });
  }

  async failover(replica: ClusterServer): Promise<void> {
    await replica.client.call("CLUSTER", "FAILOVER");
    await waitFor(async () => /^role:master/m.test(await replica.client.info("replication")), { what: "the next master" });
  }

  async stop(): Promise<void> {
    for (const { client } of this.servers) client.disconnect();
    await Promise.all(this.servers.map(({ redis }) => redis.stop()));
    await Promise.all(this.servers.map(({ link }) => link.close()));
  }

  #nodeOf(server: ClusterServer): Node {
    const found = this.servers.find(({ port }) => port === server.port);
    if (found === undefined) throw new Error(`no server of this cluster has port ${server.port}`);
    return found;
  }

  #living(): Node[] {
    return this.servers.filter(({ redis }) => redis.pid !== null);
  }

  async #slotOf(key: string): Promise<number> {
    return Number(await this.#living()[0]?.client.call("CLUSTER", "KEYSLOT", key));
  }

  async #agreedMaster(slot: number): Promise<Node | null> {
    const told = await Promise.all(this.#living().map(({ client }) => masterIn(client, slot)));
    const [port] = told;
    return told.every((one) => one === port) ? (this.servers.find((node) => node.port === port) ?? null) : null;
  }

  async #allKnow(): Promise<boolean> {
    const told = await Promise.all(this.servers.map(({ client }) => client.call("CLUSTER", "NODES")));
    return told.every((text) => this.servers.every(({ id }) => String(text).includes(id)) && !/handshake/.test(String(text)));
  }

  async #isWhole(): Promise<boolean> {
    const told = await Promise.all(this.servers.map(({ client }) => client.call("CLUSTER", "INFO")));
    return told.every((text) => /cluster_state:ok/.test(String(text)));
  }
}

/** The port of the slot's master, as this server tells. */
async function masterIn(client: Redis, slot: number): Promise<number | null> {
  const ranges: unknown = await client.call("CLUSTER", "SLOTS");
  const found = Array.isArray(ranges) ? ranges.find(([from, to]) => slot >= Number(from) && slot <= Number(to)) : undefined;
  return found === undefined ? null : Number(found[2][1]);
}

async function inStep(client: Redis): Promise<number> {
  return ((await client.info("replication")).match(/^slave\d+:.*state=online/gm) ?? []).length;
}

/** Whether the server took this; it may not know yet whom it is about. */
function isTaken(asked: Promise<unknown>): Promise<boolean> {
  return asked.then(
    () => true,
    () => false,
  );
}
