/**
 * Starts a worker from its settings, and stops it. Both are one list, here: what opened last stops first. So a stop takes nothing new, finishes
 * the calls in flight (which hands the rest back and, after the grace period, settles as unknown what may have left), ends feeding, posting and
 * sweeping, closes, and cuts the connection last. Every wait on the way in is bounded and says what it waits for.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  LinkupError,
  type PriceTable,
  providerHost,
  RedisReturn,
  SPENDING_QUEUES,
  TroubleTeller,
  type WorkerSettings,
} from "@linkup-queue/contracts";
import { checkProviderAddress, createHttpTransport, linkupV1, type Transport, tellsAcknowledged } from "@linkup-queue/linkup";
import { V1_PRICES } from "@linkup-queue/linkup/prices";
import {
  announceChanges,
  CallWorker,
  CampaignWorker,
  checkAttached,
  checkRedis,
  connectRedis,
  createEngine,
  DELIVERY_PACE,
  type DeliveryPace,
  type FetchedJob,
  KeptEnds,
  type KeyState,
  openLayout,
  PROBE_EVERY_MS,
  type RedisClient,
  redisTrouble,
  Secrets,
  Sweep,
  UrgentWatch,
  WaitingLine,
} from "@linkup-queue/queue";
import type { Logger } from "pino";
import manifest from "../package.json" with { type: "json" };
import { openArchiving } from "./beside/archive-outcomes.ts";
import { startBeat } from "./beside/beat.ts";
import { openEndsJournal } from "./beside/ends-journal.ts";
import { startScheduleFeed } from "./beside/feed-schedule.ts";
import { startWebhookFeed } from "./beside/post-webhooks.ts";
import { startResealing } from "./beside/reseal-secrets.ts";
import { openStateNotes } from "./beside/state-notes.ts";
import { StateWatch } from "./beside/state-watch.ts";
import { startInboxWatch, startInvitationWatch } from "./beside/watch-accounts.ts";
import { jobProcessor } from "./job/process-job.ts";
import { authProcessor } from "./job/refresh-token.ts";
import type { WorkerContext } from "./process/context.ts";
import { startHealth } from "./process/health.ts";
import { createMetrics } from "./process/metrics.ts";
import { readinessOf } from "./process/tell-redis.ts";
import { announceCampaign } from "./told/announce-campaign.ts";
import { clockAnnouncer } from "./told/announce-clock.ts";

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
  /**
   * Settles when it can't go on by itself, with the reason: another version has brought Redis to a layout of its own, or what is stored was
   * sealed with a secrets key that it does not have. Drain it then.
   */
  lost: Promise<LinkupError>;
  /** Takes nothing new, finishes what is in flight, hands the rest back. Settles when all is closed. */
  drain(): Promise<void>;
};

/** The way to a provider, and what calls cost there. */
export type ProviderInUse = { open: (settings: WorkerSettings) => Transport; prices: PriceTable };

const LINKUP_V1: ProviderInUse = { open: (settings) => createHttpTransport(linkupV1(settings), settings), prices: V1_PRICES };

/** Enough for 300 calls a minute of 10 s each, twice over. */
const DEFAULT_CONCURRENCY = 128;
const PROVIDER_CHECK_MS = 5_000;
/** Beyond the grace period, for settling what was given up; a Redis that is away is not waited for any longer. */
const SETTLE_WITHIN_MS = 5_000;

/**
 * Starts a worker. Throws LinkupError: `redis_unreachable`, `redis_unsuitable`, `layout_conflict`, `secrets_key_wrong`, `key_conflict`,
 * `configuration_invalid`; nothing that was opened stays open then, so that the process ends.
 */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { settings, log } = options;
  const client = await connectRedis(settings.redis);
  const opened = new AsyncDisposableStack();
  try {
    const { line, healthPort, lost } = await openParts(options, client, opened);
    let drained: Promise<void> | null = null;
    const drain = () => {
      drained ??= stop(opened, client, { settings, log, inFlight: () => line.inFlight });
      return drained;
    };
    return { healthPort, lost, drain };
  } catch (error) {
    await stop(opened, client, { settings, log, inFlight: () => 0 }).catch(() => undefined);
    throw redisTrouble(error) ?? error;
  }
}

type Opened = { line: WaitingLine; healthPort: number | null; lost: Promise<LinkupError> };

/** Opens and starts one part after the other; each says beside its start how it stops. */
async function openParts(options: WorkerOptions, client: RedisClient, opened: AsyncDisposableStack): Promise<Opened> {
  const { settings, log, random = Math.random, webhookPace = DELIVERY_PACE, provider = LINKUP_V1 } = options;
  const name = `worker-${randomUUID()}`;
  const trouble = new TroubleTeller(log);
  const redisReturn = new RedisReturn(log);
  const onError = (error: unknown) => {
    const found = redisTrouble(error);
    if (found !== null) redisReturn.away();
    trouble.see(found ?? error);
  };
  opened.defer(() => trouble.end());
  await checkFit(client, settings, log);

  const config = { ...settings, probeEveryMs: options.probeEveryMs ?? PROBE_EVERY_MS };
  const journal =
    settings.stateDir === null ? null : await openJournal(settings.stateDir, { keyId: settings.keyId, worker: name, log, onError });
  opened.defer(() => journal?.ends.close());
  const keptEnds = new KeptEnds(journal?.ends.note);
  keptEnds.take(journal?.ends.found ?? []);
  const metrics = createMetrics();
  const engine = createEngine({
    client,
    keptEnds,
    config,
    secrets: new Secrets(settings.secretsKey, settings.secretsKeyOld),
    prices: provider.prices,
    onChanged: (events) => announceChanges(log, events),
    onClockJump: clockAnnouncer(log, metrics.clockJumps),
  });
  opened.defer(() => engine.close());
  await openLayout(engine.scripts, { tell: (line) => log.warn(line) });

  const notes = journal?.notes ?? null;
  if (notes === null) log.info("no LINKUP_STATE_DIR: a Redis that comes back older while all workers are down is not noticed");
  const state = new StateWatch({ engine, notes, keptEnds, onError });
  opened.defer(() => state.note().catch(onError));
  const key = await state.take(() =>
    engine.keys.start({
      worker: name,
      apiKey: settings.apiKey,
      secrets: engine.secrets,
      fresh: settings.freshKey,
      strict: settings.strict,
      notes: notes?.found ?? [],
      keepsEnds: true,
      tell: (line) => log.warn(line),
    }),
  );
  opened.defer(() => engine.keys.leave(name).catch(onError));
  await state.note();
  await state.settleAgain(key);
  tellKey(key, log);
  opened.defer(await startResealing(engine, { log, trouble }));

  // A provider that is away is no reason to stay away: jobs wait at no cost. But it is told.
  await checkProviderAddress(settings.baseUrl, PROVIDER_CHECK_MS).catch((error: unknown) =>
    log.warn({ err: error }, LinkupError.from(error).message),
  );
  if (settings.transitMs !== null && !(await tellsAcknowledged())) {
    log.warn("LINKUP_TRANSIT_MS has no effect on this machine: its kernel does not tell what a peer has acknowledged");
  }
  const line = new WaitingLine(engine.gate, {
    maxInFlight: settings.workerConcurrency ?? DEFAULT_CONCURRENCY,
    onWait: (reason) => metrics.waits.inc({ reason }),
    random,
  });
  const lost = Promise.withResolvers<LinkupError>();
  const shared = { settings, engine, line, log, trouble, metrics, random, lose: lost.resolve };

  const beat = startBeat(shared, name, {
    state,
    version: manifest.version,
    onError: (error) => {
      onError(error);
      if (error instanceof LinkupError && error.code === "layout_conflict") lost.resolve(error);
    },
    onAnswered: (sinceMs) => redisReturn.answered(sinceMs),
    onBeat: () => trouble.look(),
  });
  opened.defer(() => beat.stop());

  const health =
    settings.healthPort === 0
      ? null
      : await startHealth({
          host: settings.healthHost,
          port: settings.healthPort,
          portChosen: settings.healthPortChosen,
          readiness: () => readinessOf(engine),
          provider: providerHost(settings.baseUrl),
          metrics: metrics.text,
        });
  opened.defer(() => health?.close());

  // Before the first job ends: its outcome is handed to the archive in the step that settles it.
  const archiving = await openArchiving({ settings, engine, log, trouble, worker: name, onWaiting: metrics.archiveWaits });
  opened.defer(() => archiving?.stop());

  const sweep = new Sweep(engine, {
    worker: name,
    onSwept: (report) => {
      log.info({ swept: report }, "finished what a crash left");
      if (report.takenByOthers > 0) {
        log.warn({ count: report.takenByOthers }, "another worker than ours finished jobs of our queues: internal_error");
      }
    },
    onChanged: (events) => announceChanges(log, events),
    onError,
  });
  opened.defer(() => sweep.stop());
  sweep.start();

  const webhooks = startWebhookFeed({ engine, allowPrivate: settings.webhookAllowPrivate, log, trouble, random, pace: webhookPace });
  opened.defer(() => webhooks.stop());

  const schedules = await startScheduleFeed({ engine, worker: name, log, trouble });
  const stopSchedules = once(() => schedules.stop());
  opened.defer(stopSchedules);

  opened.defer(startInboxWatch({ engine, trouble, random }));
  opened.defer(startInvitationWatch({ engine, trouble, random }));

  const feeder = new CampaignWorker(engine.scripts, engine.config, {
    onError,
    onEvent: (event) => announceCampaign(engine, log, event),
    onFed: (fed) => log.debug({ fed }, "put recipients of campaigns into the queues"),
  });
  const stopFeeder = once(() => feeder.close());
  opened.defer(stopFeeder);
  await feeder.start();

  const transport = provider.open(settings);
  const context: WorkerContext = { ...shared, transport };
  const giveUpCalls = once(() => transport.close());
  opened.defer(giveUpCalls);
  const onFailedByBullmq = (job: FetchedJob) => {
    sweep.endUncalled(job.ref, job).catch(onError);
  };
  const urgentWatch = new UrgentWatch({ connection: client, onError });
  opened.defer(() => urgentWatch.close());
  const workers = SPENDING_QUEUES.map((queue) => {
    const processor = queue === "auth" ? authProcessor(context) : jobProcessor(context);
    const parts = { config: engine.config, connection: client, gate: engine.gate, urgentWatch };
    return new CallWorker({ queue, ...parts, processor, onError, onFailedByBullmq });
  });
  opened.defer(() => finishCalls(workers, context, giveUpCalls));
  // All that takes work is told at once; the list waits for each in its turn.
  opened.defer(() => {
    for (const worker of workers) worker.stopFetching();
    line.drain();
    stopFeeder().catch(() => undefined);
    stopSchedules().catch(() => undefined);
  });
  await Promise.all(workers.map((worker) => worker.start()));
  return { line, healthPort: health?.port ?? null, lost: lost.promise };
}

type JournalParts = Pick<Parameters<typeof openStateNotes>[0], "keyId" | "worker" | "log"> & { onError: (error: unknown) => void };

/** The notes of the state outside of Redis: how far it came, and which jobs were told. */
async function openJournal(folder: string, { onError, ...own }: JournalParts) {
  const notes = await openStateNotes({ folder, ...own });
  return { notes, ends: await openEndsJournal({ folder, ...own, onError }) };
}

/** A stop that may be begun early and is waited for later. */
function once(stop: () => Promise<void>): () => Promise<void> {
  let stopped: Promise<void> | null = null;
  return () => {
    stopped ??= stop();
    return stopped;
  };
}

/** Waits for the jobs in hand; after the grace period the calls that are still out are given up, which settles them. */
async function finishCalls(workers: readonly CallWorker[], { settings, line, log }: WorkerContext, giveUpCalls: () => Promise<void>) {
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
  }
  await finished;
}

type Stopping = { settings: WorkerSettings; log: Logger; inFlight: () => number };

/** Stops what was opened, the last first, and cuts the connection: also one to a Redis that is away. */
async function stop(opened: AsyncDisposableStack, client: RedisClient, stopping: Stopping): Promise<void> {
  const closed = opened.disposeAsync();
  closed.catch(() => undefined);
  try {
    const done = await Promise.race([closed.then(() => true), redisIsGivenUp(client, stopping)]);
    if (!done) stopping.log.error("Redis does not answer, so not all could be told to it; the other workers' sweep finishes that");
  } finally {
    client.disconnect();
  }
}

/** Settles with false when Redis is still away some time after the grace period, and no answer of LinkUp's waits to be settled. */
async function redisIsGivenUp(client: RedisClient, { settings, inFlight }: Stopping): Promise<false> {
  await sleep(settings.shutdownGraceMs + SETTLE_WITHIN_MS, undefined, { ref: false });
  while (client.status === "ready" || inFlight() > 0) await sleep(500, undefined, { ref: false });
  return false;
}

/** Throws where this Redis may forget what was sent. */
async function checkFit(client: RedisClient, settings: WorkerSettings, log: Logger): Promise<void> {
  await checkAttached(client, { asked: settings.redisReplicas, strict: settings.strict });
  const warnings = await checkRedis(client, {
    allowVolatile: settings.allowVolatileRedis,
    trustDurability: settings.trustRedisDurability,
  });
  for (const warning of warnings) log.warn({ redis: warning }, "this Redis is less than needed and was allowed by setting");
  if (settings.redis.kind === "sentinel" && settings.redisReplicas === 0) {
    log.warn(
      "sentinels fail over to a replica, which may lack the newest marks: set LINKUP_REDIS_REPLICAS to how many there are, or a failover may send twice",
    );
  }
}

function tellKey(key: KeyState, log: Logger): void {
  // The sweep tells a fresh state, once for all workers.
  if (key.state === "open" || key.reason === "fresh_state") return;
  log.warn({ state: key.state, reason: key.reason }, "the API key is not open; jobs wait, free of charge");
}
