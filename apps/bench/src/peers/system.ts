/**
 * One system under measurement: a Redis of its own that keeps every write, the sandbox, worker processes and a consumer of `results`.
 * Ours and its peers differ in the worker alone, and in the number of queues.
 */
import { once } from "node:events";
import { queuePrefix, RESULTS_QUEUE } from "@linkup-queue/contracts";
import { V1_PRICES } from "@linkup-queue/linkup/prices";
import { createEngine, type Engine, Secrets } from "@linkup-queue/queue";
import type { EngineConfig } from "@linkup-queue/queue/inside";
import { type JitterProxy, type JitterProxyOptions, type ScenarioPatch, startJitterProxy } from "@linkup-queue/sandbox";
import { acquireRedis, type SpawnedProcess, testPrefix, testSecretsKey } from "@linkup-queue/testkit";
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import type { NewJob } from "../load/jobs.ts";
import type { Limit } from "../measure/rate-windows.ts";
import { type SandboxProcess, startSandboxProcess } from "./sandbox-process.ts";
import { CALLS_QUEUE, isOurs, type PlainOptions, startWorkerProcess, type WorkerKind } from "./worker-process.ts";

export type SystemOptions = Limit & {
  kind: WorkerKind;
  /** Worker processes started at once. */
  workers: number;
  scenario?: ScenarioPatch;
  /** The provider's own limit, where it is not the worker's: null lifts it. */
  providerLimit?: number | null;
  /** More settings of our worker, by their names. */
  env?: Readonly<Record<string, string>>;
  plain?: PlainOptions;
  jitterMs?: JitterProxyOptions["delayMs"];
  /** Whether the way to the provider leads over a proxy that can stall, also without jitter. */
  proxied?: boolean;
  /** Whether outcomes are taken off `results` as they come; default true. */
  consume?: boolean;
};

/** Outcomes that came over the results queue. */
export type Delivered = {
  status: string;
  queue: string;
  jobId: string;
  code: string | null;
  /** These three are null where plain BullMQ made the result. */
  outcomeId: string | null;
  campaignId: string | null;
  recipientId: string | null;
  atMs: number;
};

export type System = {
  kind: WorkerKind;
  sandbox: SandboxProcess;
  /** The way to the provider, where it leads over a proxy. */
  proxy: JitterProxy | null;
  redis: Redis;
  redisUrl: string;
  /** The settings that every process of ours on this Redis shares. */
  environment: Readonly<Record<string, string>>;
  /** For reading the ledger and registering accounts; plain BullMQ doesn't know it. */
  engine: Engine;
  outcomes: Delivered[];
  /** The worker processes that were started, killed ones too. */
  workers: readonly SpawnedProcess[];
  queue(name: string): Queue;
  add(jobs: readonly NewJob[]): Promise<void>;
  startWorker(): Promise<SpawnedProcess>;
  close(): Promise<void>;
};

const CHUNK = 1_000;
const EMPTY_CONFIG = {
  maxCreditsPerDay: null,
  ledgerDays: 30,
  outcomeDays: 7,
  resultsMax: 10_000_000,
  accountConcurrency: 1,
  accountPolicy: "none" as const,
  contactGapDays: 0,
  redisReplicas: 0,
};

export async function startSystem(options: SystemOptions): Promise<System> {
  const { limit, windowMs, kind } = options;
  const server = await acquireRedis({ durable: true, fresh: true });
  const providerLimit = options.providerLimit === undefined ? limit : options.providerLimit;
  const sandbox = await startSandboxProcess({ limit: providerLimit, windowMs, ...options.scenario });
  const delayMs = options.jitterMs ?? (options.proxied === true ? { min: 0, max: 0 } : null);
  const proxy = delayMs === null ? null : await startJitterProxy({ target: sandbox.url, delayMs });
  const redis = new Redis(server.url, { maxRetriesPerRequest: null });
  const keyId = testPrefix("bench");
  const prefix = queuePrefix(keyId);
  const secretsKey = testSecretsKey();
  const config: EngineConfig = { keyId, rateLimit: limit, rateWindowMs: windowMs, timeoutMs: 60_000, maxAttempts: 5, ...EMPTY_CONFIG };
  const engine = createEngine({ client: redis, config, secrets: new Secrets(Buffer.from(secretsKey, "base64")), prices: V1_PRICES });
  const queues = new Map<string, Queue>();
  const queue = (name: string): Queue => {
    const known = queues.get(name) ?? new Queue(name, { connection: redis, prefix });
    queues.set(name, known);
    return known;
  };
  const outcomes: Delivered[] = [];
  const consumer =
    options.consume === false
      ? null
      : new Worker(RESULTS_QUEUE, async (job) => void outcomes.push(delivered(job)), {
          connection: redis,
          prefix,
          concurrency: 50,
        });
  if (consumer !== null) await once(consumer, "ready");
  const workers: SpawnedProcess[] = [];
  const startWorker = async (): Promise<SpawnedProcess> => {
    const worker = await startWorkerProcess({
      kind,
      redisUrl: server.url,
      baseUrl: proxy?.url ?? sandbox.url,
      keyId,
      limit,
      windowMs,
      secretsKey,
      ...(options.env === undefined ? {} : { env: options.env }),
      ...(options.plain === undefined ? {} : { plain: options.plain }),
    });
    workers.push(worker);
    return worker;
  };
  for (let started = 0; started < options.workers; started++) await startWorker();
  return {
    kind,
    sandbox,
    proxy,
    redis,
    redisUrl: server.url,
    environment: {
      REDIS_URL: server.url,
      LINKUP_KEY_ID: keyId,
      LINKUP_SECRETS_KEY: secretsKey,
      LINKUP_RATE_LIMIT: String(limit),
      LINKUP_RATE_WINDOW_MS: String(windowMs),
    },
    engine,
    outcomes,
    workers,
    queue,
    startWorker,
    add: async (jobs) => {
      const queueOf = (job: NewJob) => (isOurs(kind) || kind === "plain" ? job.queue : CALLS_QUEUE);
      for (const [name, own] of Map.groupBy(jobs, queueOf)) {
        for (let from = 0; from < own.length; from += CHUNK) await queue(name).addBulk(own.slice(from, from + CHUNK));
      }
    },
    close: async () => {
      // Nothing here is worth a drain: what is still in the queues goes with their Redis.
      await Promise.all(workers.map((worker) => worker.kill("SIGKILL")));
      await consumer?.close();
      await Promise.all([...queues.values()].map((known) => known.close()));
      await engine.close();
      redis.disconnect();
      await proxy?.close();
      await sandbox.stop();
      await server.stop();
    },
  };
}

function delivered(job: { name: string; data: unknown }): Delivered {
  const { queue, jobId, code = null, outcomeId = null, campaignId = null, recipientId = null } = job.data as Partial<Delivered>;
  return { status: job.name, queue: queue ?? "", jobId: jobId ?? "", code, outcomeId, campaignId, recipientId, atMs: Date.now() };
}
