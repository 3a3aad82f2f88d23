/** A system whose Redis is in trouble: sandbox, worker processes that may be killed, and a consumer that keeps whatever it was told of each outcome. */
import { queuePrefix, RESULTS_QUEUE } from "@linkup-queue/contracts";
import { V1_PRICES } from "@linkup-queue/linkup/prices";
import { connectRedis, createEngine, type Engine, Secrets } from "@linkup-queue/queue";
import { inspectRedis } from "@linkup-queue/queue/inside";
import { type SpawnedProcess, spawnProcess, testPrefix, testSecretsKey } from "@linkup-queue/testkit";
import { Queue, Worker } from "bullmq";
import type { NewJob } from "../load/jobs.ts";
import type { Limit } from "../measure/rate-windows.ts";
import type { ChaosRedis } from "./chaos-redis.ts";
import { type SandboxProcess, startSandboxProcess } from "./sandbox-process.ts";
import { WORKER_MAIN } from "./worker-process.ts";

/** How a worker process differs from the others. */
export type WorkerChanges = { args?: readonly string[]; env?: Readonly<Record<string, string>> };

export type ChaosSystem = {
  sandbox: SandboxProcess;
  engine: Engine;
  tag: string;
  environment: Readonly<Record<string, string>>;
  /** All that was told of each job's outcome, as JSON, by job id; two texts of one job contradict each other. */
  told: ReadonlyMap<string, ReadonlySet<string>>;
  /** The name and version of what serves as Redis. */
  server: string;
  startWorker(changes?: WorkerChanges): Promise<SpawnedProcess>;
  /** kill -9 of all workers. */
  killWorkers(): Promise<number>;
  add(jobs: readonly NewJob[]): Promise<void>;
  close(): Promise<void>;
};

const TIMEOUT_MS = 5_000;
const CONFIG = {
  timeoutMs: TIMEOUT_MS,
  transitMs: null,
  maxAttempts: 5,
  maxCreditsPerDay: null,
  ledgerDays: 30,
  outcomeDays: 7,
  resultsMax: 100_000,
  accountConcurrency: 1,
  accountPolicy: "none" as const,
  contactGapDays: 0,
  redisReplicas: 0,
};
/** Jobs that the consumer had in hand when Redis went away come again soon. */
const SOON = { lockDuration: 2_000, stalledInterval: 1_000, maxStalledCount: 1_000 };

export async function startChaosSystem(redis: ChaosRedis, { limit, windowMs }: Limit): Promise<ChaosSystem> {
  // The provider counts and refuses nothing: a request too many is to be seen, not answered.
  const sandbox = await startSandboxProcess({ limit: null, windowMs, latencyMs: { min: 50, max: 300 } });
  const client = await connectRedis(redis.settings);
  const keyId = testPrefix("chaos");
  const prefix = queuePrefix(keyId);
  const secretsKey = testSecretsKey();
  const config = { ...CONFIG, keyId, rateLimit: limit, rateWindowMs: windowMs };
  const engine = createEngine({ client, config, secrets: new Secrets(Buffer.from(secretsKey, "base64")), prices: V1_PRICES });
  const told = new Map<string, Set<string>>();
  const consumer = new Worker(
    RESULTS_QUEUE,
    ({ data }) => {
      const jobId = String((data as { jobId: unknown }).jobId);
      told.set(jobId, (told.get(jobId) ?? new Set()).add(JSON.stringify(data)));
      return Promise.resolve();
    },
    { connection: client, prefix, concurrency: 50, ...SOON },
  );
  // Redis goes away in these runs.
  consumer.on("error", () => undefined);
  const queues: Queue[] = [];
  const workers = new Set<SpawnedProcess>();
  const environment = {
    ...redis.environment,
    LINKUP_KEY_ID: keyId,
    LINKUP_SECRETS_KEY: secretsKey,
    LINKUP_RATE_LIMIT: String(limit),
    LINKUP_RATE_WINDOW_MS: String(windowMs),
  };
  const ofWorkers = {
    LINKUP_API_KEY: "bench-api-key",
    LINKUP_BASE_URL: sandbox.url,
    LINKUP_TIMEOUT_MS: String(TIMEOUT_MS),
    LINKUP_FRESH_KEY: "1",
    WORKER_HEALTH_PORT: "0",
  };
  return {
    sandbox,
    engine,
    tag: prefix,
    environment,
    told,
    server: (await inspectRedis(client)).server,
    startWorker: async ({ args = [], env = {} } = {}) => {
      const worker = await spawnProcess({
        args: [...args, WORKER_MAIN],
        env: { ...environment, ...ofWorkers, ...env },
        readyTimeoutMs: 60_000,
      });
      workers.add(worker);
      return worker;
    },
    killWorkers: async () => {
      const living = [...workers];
      workers.clear();
      await Promise.all(living.map((worker) => worker.kill("SIGKILL")));
      return living.length;
    },
    add: async (jobs) => {
      for (const [name, own] of Map.groupBy(jobs, (job) => job.queue)) {
        const queue = new Queue(name, { connection: client, prefix }).on("error", () => undefined);
        queues.push(queue);
        await queue.addBulk(own);
      }
    },
    close: async () => {
      await Promise.all([...workers].map((worker) => worker.kill("SIGKILL")));
      await consumer.close(true);
      await Promise.all(queues.map((queue) => queue.close()));
      await engine.close();
      client.disconnect();
      await sandbox.stop();
      await redis.close();
    },
  };
}
