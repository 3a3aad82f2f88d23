/** Connections to Redis: one server, a cluster or sentinels. Every wait is bounded, and a server that is not there is told in words. */
import { LinkupError, type RedisAccess, type RedisSettings } from "@linkup-queue/contracts";
import { Cluster, Redis } from "ioredis";
import type { RedisClient } from "./scripts.ts";

/**
 * A connection on which something was asked and nothing came for this long is given up for a new one, ms: it may be half open, of which nobody is
 * told for a quarter of an hour. Longer than anything of ours blocks (bounded-worker.ts).
 */
const SILENT_MS = 10_000;

const OPTIONS = {
  // BullMQ needs commands to wait for a connection that is being made again.
  maxRetriesPerRequest: null,
  connectTimeout: 10_000,
  keepAlive: 10_000,
  socketTimeout: SILENT_MS,
  sentinelCommandTimeout: SILENT_MS,
  retryStrategy: (times: number) => Math.min(2_000, 50 * 2 ** Math.min(times, 6)),
};

type Options = typeof OPTIONS;

/**
 * A master that is one no longer hears no more from us: its sentinels end its connections, and its first refusal of a write ends one that they
 * left. ioredis's own watch of the sentinels (`failoverDetector`) made connections anew without end after a master was killed.
 */
const ONE_MASTER = {
  // Refused as a whole, so it may be sent again to the present master.
  reconnectOnError: (error: Error) => (error.message.startsWith("READONLY ") ? (2 as const) : false),
};

/**
 * Who waits for a connection to a cluster that is down just then, as it is while a master is replaced, would be told nothing for ever by ioredis's ready check,
 * also once the cluster is up: BullMQ's loop would stand still. Without the check commands are refused with CLUSTERDOWN, and tried again.
 */
const WHOLE = { lazyConnect: true, enableReadyCheck: false };

function accessOptions(options: Options, access: RedisAccess) {
  return {
    ...options,
    ...(access.username === null ? {} : { username: access.username }),
    ...(access.password === null ? {} : { password: access.password }),
    ...(access.tls ? { tls: {} } : {}),
    db: access.db,
    lazyConnect: true,
  };
}

function create(settings: RedisSettings, options: Options): RedisClient {
  switch (settings.kind) {
    case "single":
      return new Redis(settings.url, { ...options, lazyConnect: true });
    case "cluster":
      return new Cluster([...settings.nodes], { ...WHOLE, redisOptions: accessOptions(options, settings.access) });
    case "sentinel":
      return new Redis({
        ...accessOptions(options, settings.access),
        ...ONE_MASTER,
        sentinels: [...settings.sentinels],
        name: settings.name,
      });
  }
}

/**
 * Opens a connection. Throws `redis_unreachable` when no answer came within `withinMs`. Without an answer for `silentMs` it is made anew, and what was
 * asked on it is asked again; so are those that BullMQ duplicates from it.
 */
export async function connectRedis(settings: RedisSettings, withinMs = 10_000, silentMs = SILENT_MS): Promise<RedisClient> {
  const client = create(settings, { ...OPTIONS, socketTimeout: silentMs });
  let last: unknown = null;
  // Without a listener ioredis writes its errors to the console by itself.
  client.on("error", (error: unknown) => {
    last = error;
  });
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(last ?? new Error("no answer")), withinMs);
  });
  try {
    const connected = client.connect().then(() => client.ping());
    // A first refusal is retried until the time is up: Redis may still be starting.
    await Promise.race([connected.catch(() => waitUntilReady(client)), tooLate]);
    return client;
  } catch (error) {
    client.disconnect();
    throw new LinkupError(
      "redis_unreachable",
      `Redis at ${describe(settings)} does not answer (${reason(last ?? error)}). Start it, or set REDIS_URL to where it is`,
      { cause: error },
    );
  } finally {
    clearTimeout(timer);
  }
}

async function waitUntilReady(client: RedisClient): Promise<void> {
  if (client.status === "ready") return;
  await new Promise<void>((resolve) => client.once("ready", () => resolve()));
}

function reason(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return error instanceof Error ? error.message.slice(0, 120) : "no answer";
}

/** Where Redis is, without its password. */
export function describe(settings: RedisSettings): string {
  if (settings.kind === "cluster") return settings.nodes.map((node) => `${node.host}:${node.port}`).join(",");
  if (settings.kind === "sentinel") return `${settings.name} by ${settings.sentinels.map((node) => `${node.host}:${node.port}`).join(",")}`;
  const url = new URL(settings.url);
  return `${url.protocol}//${url.host}`;
}
