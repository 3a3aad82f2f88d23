/** Builds a worker from its settings, starts it, and drains it. Every wait on the way in is bounded and says what it waits for. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { openArchive } from "@linkup-queue/archive";
import { LinkupError, type PriceTable, providerHost, SPENDING_QUEUES, type WorkerSettings } from "@linkup-queue/contracts";
import { checkProviderAddress, createHttpTransport, linkupV1, type Transport } from "@linkup-queue/linkup";
import { V1_PRICES } from "@linkup-queue/linkup/prices";
import {
  CallWorker,
  CampaignWorker,
  checkRedis,
  connectRedis,
  createEngine,
  DELIVERY_PACE,
  type DeliveryPace,
  type Engine,
  type FetchedJob,
  isArchiving,
  type KeyState,
  Line,
  openLayout,
  PROBE_EVERY_MS,
  type RedisHold,
  redisHold,
  redisTrouble,
  Secrets,
  Sweep,
} from "@linkup-queue/queue";
import type { Logger } from "pino";
import { type Archiver, startArchiver } from "./archive-outcomes.ts";
import type { WorkerContext } from "./context.ts";
import { type ScheduleFeed, startScheduleFeed } from "./feed-schedule.ts";
import { type HealthServer, type Readiness, startHealth } from "./health.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { startWebhookFeed, type WebhookFeed } from "./post-webhooks.ts";
import { jobProcessor } from "./process-job.ts";
import { authProcessor } from "./refresh-token.ts";
import { startResealing } from "./reseal-secrets.ts";
import { tellCampaign } from "./tell-campaign.ts";
import { ResultsTeller } from "./tell-results.ts";

export type WorkerOptions = {
  settings: WorkerSettings;
  log: Logger;
  random?: () => number;
  /** How webhooks are posted to; tests have no day. */
  webhookPace?: DeliveryPace;
  /** Between two probes of a stopped key, ms; tests have no ten minutes. */
  probeEveryMs?: number;
  /** Who is called, and at which prices; LinkUp API v1 when left out. */
  provider?: ProviderInUse;
};

export type Worker = {
  /** The port of `/healthz`; null when it is off. */
  healthPort: number | null;
  /** Settles when it can't go on by itself, with the reason: another version has brought Redis to a layout of its own. Drain it then. */
  lost: Promise<LinkupError>;
  /** Takes nothing new, finishes what is in flight, hands the rest back. Settles when all is closed. */
  drain(): Promise<void>;
};

/** The way to a provider, and what calls cost there. */
export type ProviderInUse = { open: (settings: WorkerSettings) => Transport; prices: PriceTable };

const LINKUP_V1: ProviderInUse = { open: (settings) => createHttpTransport(linkupV1(settings), settings), prices: V1_PRICES };

/** Enough for 300 calls a minute of 10 s each, twice over. */
const DEFAULT_CONCURRENCY = 128;
const BEAT_MS = 5_000;
const PROVIDER_CHECK_MS = 5_000;
/** A probe waits no longer for Redis, ms: Kubernetes gives up after one second by default. */
const PROBE_MS = 900;
const REDIS_AWAY = "Redis does not answer";
/** Why nothing new is granted, for people. */
const HOLDS: Record<RedisHold, string> = {
  redis_memory: "Redis uses more than 90 % of its maxmemory",
  redis_replicas: "Fewer replicas than LINKUP_REDIS_REPLICAS have Redis's newest writes: no call leaves before they do",
};
/** Beyond the grace period, for settling what was given up; a Redis that is away is not waited for any longer. */
const SETTLE_WITHIN_MS = 5_000;

/**
 * Starts a worker. Throws LinkupError: `redis_unreachable`, `redis_unsuitable`, `layout_conflict`, `secrets_key_wrong`, `key_conflict`,
 * `configuration_invalid`; nothing that was opened stays open then, so that the process ends.
 */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const opened: Undo[] = [];
  try {
    return await openWorker(options, (undo) => opened.push(undo));
  } catch (error) {
    for (const undo of opened.reverse()) await Promise.resolve(undo()).catch(() => undefined);
    throw redisTrouble(error) ?? error;
  }
}

type Undo = () => unknown;

async function openWorker(
  { settings, log, random = Math.random, webhookPace = DELIVERY_PACE, probeEveryMs = PROBE_EVERY_MS, provider = LINKUP_V1 }: WorkerOptions,
  onFailure: (undo: Undo) => void,
): Promise<Worker> {
  const name = `worker-${randomUUID()}`;
  const client = await connectRedis(settings.redis);
  onFailure(() => client.disconnect());
  if (settings.redisReplicas > 0 && settings.redis.kind === "cluster") {
    throw new LinkupError(
      "configuration_invalid",
      "LINKUP_REDIS_REPLICAS needs one server or sentinels: over a cluster's connections WAIT has no meaning",
    );
  }
  const warnings = await checkRedis(client, {
    allowVolatile: settings.allowVolatileRedis,
    trustDurability: settings.trustRedisDurability,
  });
  for (const warning of warnings) log.warn({ redis: warning }, "this Redis is less than needed and was allowed by setting");
  if (settings.redis.kind === "sentinel" && settings.redisReplicas === 0) {
    log.warn(
      "sentinels fail over to a replica, which may lack the newest marks: set LINKUP_REDIS_REPLICAS=1, or a failover may send twice",
    );
  }
  const config = { ...settings, probeEveryMs };
  const engine = createEngine({
    client,
    config,
    secrets: new Secrets(settings.secretsKey, settings.secretsKeyOld),
    prices: provider.prices,
  });
  onFailure(() => engine.close());
  await openLayout(engine.scripts, { tell: (line) => log.warn(line) });
  const key = await engine.keys.start({
    worker: name,
    apiKey: settings.apiKey,
    secrets: engine.secrets,
    fresh: settings.freshKey,
    tell: (line) => log.warn(line),
  });
  onFailure(() => engine.keys.leave(name));
  const stopResealing = await startResealing(engine, log);
  onFailure(stopResealing);
  tellKey(key, log);
  // A provider that is away is no reason to stay away: jobs wait at no cost. But it is told.
  await checkProviderAddress(settings.baseUrl, PROVIDER_CHECK_MS).catch((error: unknown) =>
    log.warn({ err: error }, LinkupError.from(error).message),
  );

  const metrics = createMetrics();
  const line = new Line(engine.gate, {
    maxInFlight: settings.workerConcurrency ?? DEFAULT_CONCURRENCY,
    onWait: (reason) => metrics.waits.inc({ reason }),
    random,
  });
  const transport = provider.open(settings);
  onFailure(() => transport.close());
  const context: WorkerContext = { settings, engine, transport, line, log, metrics, random };
  const onError = (error: unknown) => log.error({ err: redisTrouble(error) ?? error }, "trouble");
  const sweep = new Sweep(engine, {
    worker: name,
    onSwept: (report) => log.info({ swept: report }, "finished what a crash left"),
    onError,
  });
  onFailure(() => sweep.stop());
  const onFailedByBullmq = (job: FetchedJob) => {
    sweep.endUncalled(job.ref, job).catch(onError);
  };
  const workers = SPENDING_QUEUES.map((queue) => {
    const processor = queue === "auth" ? authProcessor(context) : jobProcessor(context);
    return new CallWorker({ queue, config: engine.config, connection: client, gate: engine.gate, processor, onError, onFailedByBullmq });
  });
  onFailure(() => Promise.all(workers.map((worker) => worker.close(true))));

  const results = new ResultsTeller(log, settings.resultsMax);
  const lost = Promise.withResolvers<LinkupError>();
  let lastKey: KeyState | null = null;
  let beating = true;
  onFailure(() => {
    beating = false;
  });
  const beat = async () => {
    lastKey = await engine.keys.beat(name);
    engine.gate.hold = await holdOf(engine, log);
    metrics.observe(lastKey, line);
    results.see({ full: await engine.outbox.isFull(), unpublished: lastKey.unpublished }, performance.now());
  };
  const beats = (async () => {
    while (beating) {
      await beat().catch((error: unknown) => {
        onError(error);
        if (error instanceof LinkupError && error.code === "layout_conflict") lost.resolve(error);
      });
      await sleep(BEAT_MS, undefined, { ref: false });
    }
  })();

  const readiness = async (): Promise<Readiness> => {
    // Not asked while it is away: what is asked then waits until it is back.
    if (client.status !== "ready") return { ready: false, why: [REDIS_AWAY] };
    const key = await Promise.race([engine.keys.read(), sleep(PROBE_MS, null, { ref: false })]);
    if (key === null) return { ready: false, why: [REDIS_AWAY] };
    const why = [];
    if (key.state !== "open") why.push(`the API key is ${key.state}: ${key.reason}`);
    if (engine.gate.hold !== null) why.push(HOLDS[engine.gate.hold]);
    return { ready: why.length === 0, why };
  };
  const health =
    settings.healthPort === 0
      ? null
      : await startHealth({
          host: settings.healthHost,
          port: settings.healthPort,
          portChosen: settings.healthPortChosen,
          readiness,
          provider: providerHost(settings.baseUrl),
          metrics: metrics.text,
        });
  onFailure(() => health?.close());

  // Before the first job ends: its outcome is handed to the archive in the step that settles it.
  const archiving = await openArchiving({ settings, engine, log, worker: name, onWaiting: metrics.archiveWaits });
  onFailure(() => archiving?.stop());
  await Promise.all(workers.map((worker) => worker.start()));
  sweep.start();
  const feeder = new CampaignWorker(engine.scripts, engine.config, {
    onError,
    onMoment: (moment) => tellCampaign(engine, log, moment),
    onFed: (fed) => log.debug({ fed }, "put recipients of campaigns into the queues"),
  });
  onFailure(() => feeder.close());
  await feeder.start();
  const schedules = await startScheduleFeed({ engine, worker: name, log });

  const webhooks = startWebhookFeed({ engine, allowPrivate: settings.webhookAllowPrivate, log, random, pace: webhookPace });

  const parts = { settings, log, workers, line, sweep, feeder, schedules, webhooks, archiving, engine, health };
  let drained: Promise<void> | null = null;
  return {
    healthPort: health?.port ?? null,
    lost: lost.promise,
    drain: () => {
      stopResealing();
      drained ??= (async () => {
        const closed = (async () => {
          await drainParts(parts, () => transport.close());
          beating = false;
          await engine.keys.leave(name).catch(onError);
          await engine.close();
        })();
        void beats;
        const done = await Promise.race([closed.then(() => true), redisIsGivenUp(parts)]);
        closed.catch(() => undefined);
        if (!done) log.error("Redis does not answer, so not all could be told to it; the other workers' sweep finishes that");
        beating = false;
        client.disconnect();
      })();
      return drained;
    },
  };
}

/** Looks at Redis; told when what keeps calls from leaving begins and ends. */
async function holdOf({ gate, scripts, config }: Engine, log: Logger): Promise<RedisHold | null> {
  const unconfirmed = gate.unconfirmedMarks;
  gate.unconfirmedMarks = 0;
  const found = await redisHold(scripts.client, { replicas: config.redisReplicas });
  const hold = found ?? (unconfirmed > 0 ? "redis_replicas" : null);
  if (hold !== gate.hold && hold !== null) log.warn({ hold, unconfirmed }, `nothing new is sent: ${HOLDS[hold]}`);
  if (hold === null && gate.hold !== null) log.info({ hold: gate.hold }, "Redis is well again: calls leave");
  return hold;
}

type Parts = {
  settings: WorkerSettings;
  log: Logger;
  workers: readonly CallWorker[];
  line: Line;
  sweep: Sweep;
  feeder: CampaignWorker;
  schedules: ScheduleFeed;
  webhooks: WebhookFeed;
  archiving: Archiver | null;
  engine: Engine;
  health: HealthServer | null;
};

/** Settles with false when Redis is still away some time after the grace period, and no answer of LinkUp's waits to be settled. */
async function redisIsGivenUp({ settings, engine, line }: Parts): Promise<false> {
  await sleep(settings.shutdownGraceMs + SETTLE_WITHIN_MS, undefined, { ref: false });
  while (engine.scripts.client.status === "ready" || line.inFlight > 0) await sleep(500, undefined, { ref: false });
  return false;
}

async function drainParts(
  { settings, log, workers, line, sweep, feeder, schedules, webhooks, archiving, health }: Parts,
  giveUpCalls: () => Promise<void>,
): Promise<void> {
  const fed = feeder.close();
  for (const worker of workers) worker.stopFetching();
  line.drain();
  const ticked = schedules.stop();
  const finished = Promise.all(workers.map((worker) => worker.close()));
  const timeUp = new AbortController();
  const inTime = await Promise.race([
    finished.then(() => true),
    sleep(settings.shutdownGraceMs, false, { signal: timeUp.signal, ref: true }).catch(() => true),
  ]);
  timeUp.abort();
  if (!inTime) {
    log.warn({ inFlight: line.inFlight }, "the grace period is over: what is still out is settled as unknown");
    await giveUpCalls();
    await finished;
  } else {
    await giveUpCalls();
  }
  await fed;
  await ticked;
  await webhooks.stop();
  await sweep.stop();
  await archiving?.stop();
  await health?.close();
}

type ArchivingParts = { settings: WorkerSettings; engine: Engine; log: Logger; worker: string; onWaiting: Metrics["archiveWaits"] };

/** Begins to archive where ARCHIVE_URL is set. */
async function openArchiving({ settings, engine, log, worker, onWaiting }: ArchivingParts): Promise<Archiver | null> {
  if (settings.archive === null) {
    if (await isArchiving(engine.scripts)) {
      log.warn("outcomes are handed to an archive, and this worker has no ARCHIVE_URL; one of them must have it, or they wait in Redis");
    }
    return null;
  }
  const archive = openArchive(settings.archive, { keyId: settings.keyId });
  const archiver = await startArchiver({ engine, archive, worker, log, onWaiting });
  return {
    stop: async () => {
      await archiver.stop();
      await archive.close();
    },
  };
}

function tellKey(key: KeyState, log: Logger): void {
  if (key.state === "open") return;
  if (key.reason === "fresh_state") {
    const seconds = Math.ceil(((key.untilMs ?? key.nowMs) - key.nowMs) / 1000);
    log.warn({ seconds }, `no record of the last window in Redis: nothing leaves for ${seconds} s`);
    return;
  }
  log.warn({ state: key.state, reason: key.reason }, "the API key is not open; jobs wait, free of charge");
}
