/** A master with replicas, and three sentinels that watch them, for tests that fail over. All are processes of this machine's. */
import type { RedisNode } from "@linkup-queue/contracts";
import { Redis } from "ioredis";
import { AWAY, HOME, ServerLink } from "../machine/server-link.ts";
import { waitFor } from "../suite/wait-for.ts";
import { acquireRedis, findRedis, type TestRedis } from "./acquire-redis.ts";
import { runSentinel } from "./run-redis-server.ts";

export type SentinelOptions = {
  replicas: number;
  /** Default true, as in production. */
  durable?: boolean;
  /** How far replicas are behind their master, ms. Default 0. */
  lagMs?: number;
  /** Whether the network may be split: on Linux alone, where each party has an address of its own. Default false. */
  splits?: boolean;
};

export type TestSentinels = {
  sentinels: RedisNode[];
  /** The name under which they watch the master. */
  name: string;
  /** All servers; the first is the master at the start. */
  servers: readonly TestRedis[];
  /** The ports under which the others know them, in the same order. */
  ports: readonly number[];
  /**
   * Splits the network: the first two servers, and processes that connect from `AWAY` (server-link.ts), see no more of the others, the sentinels among
   * them. Settles when those have another master.
   */
  split(): Promise<void>;
  /** Mends the network. Settles when the sentinels have made a replica of the former master. */
  mend(): Promise<void>;
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

/** How many servers are away while the network is split: the master, and a replica of it. */
const AWAY_SERVERS = 2;

/** Null where Redis comes from Docker alone: its servers can't name each other's addresses to the sentinels. */
export async function acquireSentinels({
  replicas,
  durable = true,
  lagMs = 0,
  splits = false,
}: SentinelOptions): Promise<TestSentinels | null> {
  const source = await findRedis();
  if (source === "docker" || (splits && process.platform !== "linux")) return null;
  const links = await Promise.all(Array.from({ length: replicas + 1 }, () => ServerLink.open({ lagMs })));
  const ports = links.map(({ port }) => port);
  const [masterLink] = ports;
  const startServer = async (at: number): Promise<TestRedis> => {
    const announced = ["--replica-announce-ip", HOME, "--replica-announce-port", String(ports[at]), "--repl-diskless-sync-delay", "0"];
    const side = splits ? ["--bind-source-addr", at < AWAY_SERVERS ? AWAY : HOME] : [];
    const follows = at === 0 ? [] : ["--replicaof", HOME, String(masterLink)];
    const server = await acquireRedis({ durable, fresh: true, args: [...announced, ...side, ...follows] });
    links[at]?.leadTo(server.port);
    return server;
  };
  const master = await startServer(0);
  const servers = [master, ...(await Promise.all(Array.from({ length: replicas }, (_, at) => startServer(at + 1))))];
  await ask(master.port, (client) =>
    waitFor(async () => ((await client.info("replication")).match(IN_STEP)?.length ?? 0) === replicas, { what: "the replicas in step" }),
  );
  const watches = [
    `sentinel monitor ${NAME} ${HOME} ${masterLink} ${QUORUM}`,
    `sentinel down-after-milliseconds ${NAME} 1500`,
    `sentinel failover-timeout ${NAME} 6000`,
    `sentinel parallel-syncs ${NAME} ${Math.max(1, replicas)}`,
  ];
  const doors = await Promise.all(Array.from({ length: SENTINELS }, () => ServerLink.open()));
  const sentinels = await Promise.all(
    doors.map(async (door) => {
      const sentinel = await runSentinel(source.server, [
        ...watches,
        `sentinel announce-ip ${HOME}`,
        `sentinel announce-port ${door.port}`,
      ]);
      door.leadTo(sentinel.port);
      return sentinel;
    }),
  );
  const [first] = sentinels;
  const firstPort = first?.port ?? 0;
  const factsOfMaster = () => ask(firstPort, async (client) => factsOf(await client.call("SENTINEL", "MASTER", NAME)));
  const masterPort = () => ask(firstPort, async (client) => Number((await addressOf(client))[1]));
  await waitFor(
    async () => {
      const facts = await factsOfMaster();
      return Number(facts["num-slaves"]) === replicas && Number(facts["num-other-sentinels"]) === SENTINELS - 1;
    },
    { what: "the sentinels that know each other and the replicas" },
  );
  return {
    sentinels: doors.map(({ port }) => ({ host: HOME, port })),
    name: NAME,
    servers,
    ports,
    masterPort,
    failover: async () => {
      const before = await masterPort();
      await ask(firstPort, (client) => client.call("SENTINEL", "FAILOVER", NAME));
      await waitFor(async () => (await masterPort()) !== before, { what: "another master" });
    },
    split: async () => {
      const before = await masterPort();
      for (const [at, link] of links.entries()) link.onlyFrom(at < AWAY_SERVERS ? AWAY : HOME);
      for (const door of doors) door.onlyFrom(HOME);
      await waitFor(async () => (await masterPort()) !== before, { what: "another master" });
    },
    mend: async () => {
      for (const link of [...links, ...doors]) link.onlyFrom(null);
      await ask(master.port, (client) =>
        waitFor(async () => /^role:slave/m.test(await client.info("replication")), { what: "the former master to follow" }),
      );
    },
    stop: async () => {
      await Promise.all(sentinels.map((sentinel) => sentinel.stop()));
      await Promise.all(servers.map((server) => server.stop()));
      await Promise.all([...links, ...doors].map((link) => link.close()));
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
