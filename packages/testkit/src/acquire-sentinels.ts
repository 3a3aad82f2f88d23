/** A master with replicas, and three sentinels that watch them, for tests that fail over. All are processes of this machine's. */
import type { RedisNode } from "@linkup-queue/contracts";
import { Redis } from "ioredis";
import { acquireRedis, findRedis, type TestRedis } from "./acquire-redis.ts";
import { runSentinel } from "./run-redis-server.ts";
import { waitFor } from "./wait-for.ts";

export type SentinelOptions = {
  replicas: number;
  /** Default true, as in production. */
  durable?: boolean;
};

export type TestSentinels = {
  sentinels: RedisNode[];
  /** The name under which they watch the master. */
  name: string;
  /** All servers; the first is the master at the start. */
  servers: readonly TestRedis[];
  /** The port of the master that the sentinels tell of. */
  masterPort(): Promise<number>;
  /** `SENTINEL FAILOVER`, as for ordinary maintenance. Settles when the sentinels tell of another master. */
  failover(): Promise<void>;
  stop(): Promise<void>;
};

const NAME = "main";
const SENTINELS = 3;
const QUORUM = 2;
const IN_STEP = /^slave\d+:.*state=online/gm;

/** Null where Redis comes from Docker alone: its servers can't name each other's addresses to the sentinels. */
export async function acquireSentinels({ replicas, durable = true }: SentinelOptions): Promise<TestSentinels | null> {
  const source = await findRedis();
  if (source === "docker") return null;
  const master = await acquireRedis({ durable, fresh: true, args: ["--repl-diskless-sync-delay", "0"] });
  const others = await Promise.all(
    Array.from({ length: replicas }, () =>
      acquireRedis({
        durable,
        fresh: true,
        args: ["--replicaof", "127.0.0.1", String(master.port), "--repl-diskless-sync-delay", "0"],
      }),
    ),
  );
  const servers = [master, ...others];
  await ask(master.port, (client) =>
    waitFor(async () => ((await client.info("replication")).match(IN_STEP)?.length ?? 0) === replicas, { what: "the replicas in step" }),
  );
  const watches = [
    `sentinel monitor ${NAME} 127.0.0.1 ${master.port} ${QUORUM}`,
    `sentinel down-after-milliseconds ${NAME} 1500`,
    `sentinel failover-timeout ${NAME} 6000`,
    `sentinel parallel-syncs ${NAME} ${Math.max(1, replicas)}`,
  ];
  const sentinels = await Promise.all(Array.from({ length: SENTINELS }, () => runSentinel(source.server, watches)));
  const [first] = sentinels;
  const firstPort = first?.port ?? 0;
  const masterPort = () => ask(firstPort, async (client) => Number((await addressOf(client))[1]));
  await ask(firstPort, (client) =>
    waitFor(
      async () => {
        const facts = factsOf(await client.call("SENTINEL", "MASTER", NAME));
        return Number(facts["num-slaves"]) === replicas && Number(facts["num-other-sentinels"]) === SENTINELS - 1;
      },
      { what: "the sentinels that know each other and the replicas" },
    ),
  );
  return {
    sentinels: sentinels.map(({ port }) => ({ host: "127.0.0.1", port })),
    name: NAME,
    servers,
    masterPort,
    failover: async () => {
      const before = await masterPort();
      await ask(firstPort, (client) => client.call("SENTINEL", "FAILOVER", NAME));
      await waitFor(async () => (await masterPort()) !== before, { what: "another master" });
    },
    stop: async () => {
      await Promise.all(sentinels.map((sentinel) => sentinel.stop()));
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

async function addressOf(client: Redis): Promise<string[]> {
  const address: unknown = await client.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME);
  return Array.isArray(address) ? address.map(String) : [];
}

function factsOf(flat: unknown): Record<string, string> {
  if (!Array.isArray(flat)) return {};
  return Object.fromEntries(flat.flatMap((name: unknown, at) => (at % 2 === 0 ? [[String(name), String(flat[at + 1])]] : [])));
}

async function ask<T>(port: number, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis({ host: "127.0.0.1", port, lazyConnect: true, enableReadyCheck: false });
  client.on("error", () => undefined);
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}
