/** Builds the api from its settings, listens, and drains. It starts with the worker's checks and needs no API key of LinkUp. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Archive } from "@linkup-queue/archive";
import { type ApiSettings, LinkupError, type PriceTable } from "@linkup-queue/contracts";
import {
  announceChanges,
  checkAttached,
  checkRedis,
  connectRedis,
  createEngine,
  type Engine,
  openLayout,
  type RedisClient,
  redisTrouble,
  Secrets,
} from "@linkup-queue/queue";
import type { Logger } from "pino";
import manifest from "../package.json" with { type: "json" };
import { createApp } from "./app.ts";
import { boardOnDemand } from "./board/board-on-demand.ts";
import { answerUnreadable } from "./body/unreadable-request.ts";
import { Authentication } from "./callers/authenticate.ts";
import { consoleOnDemand } from "./console/console-on-demand.ts";
import type { ApiContext } from "./http/api-context.ts";
import { AuditNotes } from "./http/audit-notes.ts";
import { BodyCapacity } from "./http/body-capacity.ts";
import { LIMITS, type Limits } from "./http/limits.ts";
import { createMetrics } from "./http/metrics.ts";
import { RedisWait } from "./http/redis-wait.ts";
import { EventPlaces } from "./live/event-places.ts";
import { everythingOf } from "./live/everything.ts";
import { LiveHub } from "./live/live-hub.ts";
import { RESOURCES, ROUTES } from "./routes.ts";
import { ToldTrouble } from "./told-trouble.ts";

export type ApiOptions = {
  settings: ApiSettings;
  log: Logger;
  /** The prices of calls at the provider that the workers use. */
  prices: PriceTable;
  /** Tests hand in smaller bounds. */
  limits?: Partial<Limits>;
};

export type Api = {
  url: string;
  port: number;
  /** Takes nothing new, finishes what is in work, disconnects. Settles when all is closed. */
  close(): Promise<void>;
};

/** Repeats of a trouble are looked for this often, ms, so that they are told though nothing follows them. */
const TROUBLE_LOOK_MS = 5_000;
/** Request headers must have arrived within this, ms. */
const HEADERS_MS = 15_000;

/** Starts the api. Throws LinkupError: `redis_unreachable`, `redis_unsuitable`, `layout_conflict`, `secrets_key_wrong`, `configuration_invalid` for a port in use. */
export async function startApi({ settings, log, prices, limits }: ApiOptions): Promise<Api> {
  const client = await connectRedis(settings.redis);
  // Batches have a connection of their own: other requests would wait behind hundreds of their commands.
  const batchClient = await connectRedis(settings.redis).catch((error: unknown) => {
    client.disconnect();
    throw error;
  });
  const disconnect = () => {
    client.disconnect();
    batchClient.disconnect();
  };
  try {
    const engine = await openEngine(client, { settings, log, prices });
    const stop = new AbortController();
    const batches = engine.openDoor(batchClient);
    const archive = await archiveOf(settings);
    const trouble = new ToldTrouble(log, client);
    const allLimits = { ...LIMITS, ...limits };
    const redis = new RedisWait(client);
    const audit = new AuditNotes(engine.audit, (error) => trouble.see(error, "counts of the audit list could not be written"));
    const everything = everythingOf(engine);
    const live = new LiveHub({
      engine,
      everything,
      redis,
      onError: (error) => trouble.see(error, "events could not be read"),
    });
    const context: ApiContext = {
      settings,
      version: manifest.version,
      engine,
      redis,
      jobs: { ...engine.jobs, batchDoor: batches },
      archive,
      log,
      trouble,
      limits: allLimits,
      bodies: new BodyCapacity(allLimits.bodiesBytes),
      audit,
      everything,
      live,
      eventPlaces: new EventPlaces(allLimits.eventClients),
      metrics: createMetrics(),
      stopping: stop.signal,
    };
    const authentication = new Authentication(settings.tokens);
    const board = boardOnDemand({ context, authentication });
    const pages = [board.router, consoleOnDemand({ context, authentication, routes: ROUTES })];
    const app = createApp({ context, authentication, resources: RESOURCES, pages });
    const server = createServer({ headersTimeout: HEADERS_MS, requestTimeout: 0, connectionsCheckingInterval: 1_000 }, app);
    server.on("clientError", answerUnreadable);
    await listen(server, settings);
    const looks = setInterval(() => trouble.look(), TROUBLE_LOOK_MS).unref();
    const { port } = server.address() as AddressInfo;
    let closed: Promise<void> | null = null;
    return {
      url: `http://${settings.host.includes(":") ? `[${settings.host}]` : settings.host}:${port}`,
      port,
      close: () => {
        closed ??= (async () => {
          stop.abort();
          await drain(server, context.limits.drainMs);
          await Promise.all([batches.close(), board.close(), live.close(), audit.close()]);
          await engine.close();
          await archive?.close();
          clearInterval(looks);
          trouble.end();
          disconnect();
        })();
        return closed;
      },
    };
  } catch (error) {
    disconnect();
    throw redisTrouble(error) ?? error;
  }
}

async function openEngine(client: RedisClient, { settings, log, prices }: ApiOptions): Promise<Engine> {
  const warnings = await checkRedis(client, {
    allowVolatile: settings.allowVolatileRedis,
    trustDurability: settings.trustRedisDurability,
  });
  await checkAttached(client, { asked: settings.redisReplicas, strict: settings.strict });
  for (const warning of warnings) log.warn({ redis: warning }, "this Redis is less than needed and was allowed by setting");
  const engine = createEngine({
    client,
    config: settings,
    secrets: new Secrets(settings.secretsKey, settings.secretsKeyOld),
    prices,
    onChanged: (events) => announceChanges(log, events),
  });
  await openLayout(engine.scripts, { tell: (line) => log.warn(line) });
  await engine.keys.proveSecrets(engine.secrets);
  if (settings.strict) await engine.keys.checkStrict();
  return engine;
}

/** Loaded only where there is one: its databases' drivers take memory. */
async function archiveOf({ archive, keyId }: ApiSettings): Promise<Archive | null> {
  if (archive === null) return null;
  const { openArchive } = await import("@linkup-queue/archive");
  return openArchive(archive, { keyId });
}

async function listen(server: Server, { host, port }: ApiSettings): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        new LinkupError("configuration_invalid", `The api can't listen on ${host}:${port} (${error.code}); set API_HOST or API_PORT`, {
          cause: error,
        }),
      ),
    );
    server.listen(port, host, () => resolve());
  });
}

async function drain(server: Server, withinMs: number): Promise<void> {
  const finished = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), withinMs);
  await finished;
  clearTimeout(timer);
}
