/** Where a run under fire has its Redis, and what can be done to it there. Null: this machine has no servers of its own to do it to. */
import type { RedisSettings } from "@linkup-queue/contracts";
import {
  acquireCluster,
  acquireRedis,
  acquireSentinels,
  findRedis,
  makeSettableClock,
  type SettableClock,
  startHalfOpenProxy,
  type TestCluster,
  type TestRedis,
  type TestSentinels,
} from "@linkup-queue/testkit";

const ACCESS = { username: null, password: null, tls: false, db: 0 } as const;
/** How far a replica is behind where it lags, ms. */
export const LAG_MS = 400;
const REPLICAS = 2;

export type ChaosRedis = {
  settings: RedisSettings;
  /** The same for a process, with LINKUP_REDIS_REPLICAS set to all. */
  environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
};

export type OneRedis = ChaosRedis & { server: TestRedis };
/** `clock`: the server's. */
export type ClockedRedis = OneRedis & { clock: SettableClock };
export type SentinelRedis = ChaosRedis & { sentinels: TestSentinels };
export type ClusterRedis = ChaosRedis & { cluster: TestCluster };
/** `half`: the environment of a worker whose connections can be left half open by `swallow`. */
export type ProxiedRedis = OneRedis & { half: Readonly<Record<string, string>>; swallow(): void };

const listOf = (nodes: readonly { host: string; port: number }[]): string => nodes.map(({ host, port }) => `${host}:${port}`).join(",");

/** One server that keeps every write. */
export async function startOne(env: Readonly<Record<string, string>> = {}): Promise<OneRedis> {
  const server = await acquireRedis({ durable: true, fresh: true, env });
  return {
    server,
    settings: { kind: "single", url: server.url },
    environment: { REDIS_URL: server.url },
    close: () => server.stop(),
  };
}

/** One server whose clock can be set; null where it is no process of this machine's, or no clock can be made. */
export async function startClocked(): Promise<ClockedRedis | null> {
  const clock = (await findRedis()) === "docker" ? null : await makeSettableClock();
  if (clock === null) return null;
  const one = await startOne(clock.environment);
  return {
    ...one,
    clock,
    close: async () => {
      await one.close();
      await clock.remove();
    },
  };
}

/** One server, and a way to it that may be left half open. */
export async function startProxied(): Promise<ProxiedRedis> {
  const one = await startOne();
  const proxy = await startHalfOpenProxy(one.server.port);
  return {
    ...one,
    half: { REDIS_URL: `redis://127.0.0.1:${proxy.port}` },
    swallow: () => void proxy.swallow(),
    close: async () => {
      await proxy.close();
      await one.close();
    },
  };
}

/** A master with two replicas and three sentinels. */
export async function startSentinels(options: { lagMs?: number; splits?: boolean } = {}): Promise<SentinelRedis | null> {
  const sentinels = await acquireSentinels({ replicas: REPLICAS, ...options });
  if (sentinels === null) return null;
  const { sentinels: nodes, name } = sentinels;
  return {
    sentinels,
    settings: { kind: "sentinel", sentinels: nodes, name, access: ACCESS },
    environment: { REDIS_SENTINELS: listOf(nodes), REDIS_SENTINEL_NAME: name, LINKUP_REDIS_REPLICAS: String(REPLICAS) },
    close: () => sentinels.stop(),
  };
}

/** Three masters, each with a replica. */
export async function startCluster(options: { lagMs?: number } = {}): Promise<ClusterRedis | null> {
  const cluster = await acquireCluster({ masters: 3, replicas: 1, ...options });
  if (cluster === null) return null;
  return {
    cluster,
    settings: { kind: "cluster", nodes: cluster.nodes, access: ACCESS },
    environment: { REDIS_CLUSTER_NODES: listOf(cluster.nodes), LINKUP_REDIS_REPLICAS: "1" },
    close: () => cluster.stop(),
  };
}
