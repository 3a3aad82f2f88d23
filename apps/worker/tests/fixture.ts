/** A whole system for a test: a Redis of its own, the sandbox, workers in this process, and every outcome as it arrives. */
import { isDeepStrictEqual } from "node:util";
import { type Outcome, Outcome as OutcomeSchema, queuePrefix, RESULTS_QUEUE, type WorkerSettings } from "@linkup-queue/contracts";
import { V1_PRICES } from "@linkup-queue/linkup/prices";
import {
  type CreditReport,
  connectRedis,
  createEngine,
  type DeliveryPace,
  type Engine,
  type Registration,
  Secrets,
} from "@linkup-queue/queue";
import type { AccountState } from "@linkup-queue/queue/inside";
import { type Sandbox, type ScenarioPatch, startSandbox } from "@linkup-queue/sandbox";
import { acquireRedis, type TestRedis, testPrefix, testSecretsKey, WAIT_MS, waitFor } from "@linkup-queue/testkit";
import { type BulkJobOptions, Worker as BullWorker, Queue } from "bullmq";
import { pino } from "pino";
import { startWorker, type Worker, type WorkerOptions } from "../src/start-worker.ts";

export type SystemOptions = {
  scenario?: ScenarioPatch;
  settings?: Partial<WorkerSettings>;
  /** Workers started at once; default 1. */
  workers?: number;
  logLevel?: string;
  /** How webhooks are posted to; a day is long for a test. */
  webhookPace?: DeliveryPace;
  /** Between two probes of a stopped key, ms; ten minutes are long, too. */
  probeEveryMs?: number;
  /** A Redis that keeps every write, for tests that kill it; default false. */
  durable?: boolean;
  /** Whether outcomes are taken as they come; otherwise nobody takes any until `takeResults`. Default true. */
  takesResults?: boolean;
  /** The way to a provider that is not the sandbox. */
  provider?: WorkerOptions["provider"];
  /** Gets each log line of the workers, as JSON, from level `info` on. */
  onLog?: (line: string) => void;
};

export type NewJob = { name: string; data: unknown; opts?: BulkJobOptions };

export type System = {
  redis: TestRedis;
  sandbox: Sandbox;
  settings: WorkerSettings;
  engine: Engine;
  outcomes: Outcome[];
  /** `changes`: to the settings of the others. */
  startWorker(changes?: Partial<WorkerSettings>): Promise<Worker>;
  /** Adds jobs to a call queue as a plain BullMQ producer does. */
  add(queue: string, jobs: readonly NewJob[]): Promise<string[]>;
  /** Registers an account with e-mail `<id>@example.com` and starts its log-in. */
  account(id: string, registration?: Registration): Promise<void>;
  accountIs(id: string, state: AccountState): Promise<void>;
  /** Registers accounts and waits until each has its token. */
  activeAccounts(ids: readonly string[]): Promise<void>;
  /** Credits spent by our own ledger. */
  credits(): Promise<CreditReport>;
  /** `timeoutMs` only for runs that take many seconds. */
  outcomesArrive(count: number, timeoutMs?: number): Promise<Outcome[]>;
  queue(name: string): Queue;
  /** Begins to take outcomes, where that was left for later. */
  takeResults(): void;
  close(): Promise<void>;
};

export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const redis = await acquireRedis({ durable: options.durable ?? false, fresh: true });
  const sandbox = await startSandbox({ scenario: options.scenario ?? {} });
  const settings: WorkerSettings = {
    keyId: testPrefix(),
    redis: { kind: "single", url: redis.url },
    redisReplicas: 0,
    rateLimit: 300,
    rateWindowMs: 60_000,
    timeoutMs: 3_000,
    transitMs: null,
    maxAttempts: 5,
    backoffMs: 20,
    lookGapMs: 300,
    retryWritesOn500: true,
    accountConcurrency: 1,
    accountPolicy: "none",
    contactGapDays: 0,
    secretsKey: Buffer.from(testSecretsKey(), "base64"),
    secretsKeyOld: null,
    maxCreditsPerDay: null,
    ledgerDays: 30,
    outcomeDays: 7,
    archive: null,
    resultsMax: 100_000,
    freshKey: true,
    allowVolatileRedis: true,
    trustRedisDurability: false,
    strict: false,
    webhookAllowPrivate: true,
    logLevel: "info",
    stateDir: null,
    apiKey: "test-api-key-of-the-sandbox",
    baseUrl: sandbox.url,
    workerConcurrency: null,
    healthHost: "127.0.0.1",
    healthPort: 0,
    healthPortChosen: true,
    shutdownGraceMs: 8_000,
    ...options.settings,
  };
  const { onLog, takesResults = true } = options;
  const log =
    onLog === undefined
      ? pino({ level: options.logLevel ?? process.env["TEST_LOG_LEVEL"] ?? "silent" })
      : pino({ level: "info" }, { write: onLog });
  const client = await connectRedis(settings.redis);
  const engine = createEngine({
    client,
    config: settings,
    secrets: new Secrets(settings.secretsKey, settings.secretsKeyOld),
    prices: options.provider?.prices ?? V1_PRICES,
  });
  const prefix = queuePrefix(settings.keyId);
  const queues = new Map<string, Queue>();
  const queue = (name: string): Queue => {
    const known = queues.get(name) ?? new Queue(name, { connection: client, prefix }).on("error", () => undefined);
    queues.set(name, known);
    return known;
  };
  const outcomes: Outcome[] = [];
  // As a consumer should: keyed by outcomeId, so that a second delivery is known. An error that says something else is kept, for tests to find.
  const receive = (outcome: Outcome) => {
    const known = outcomes.find(({ outcomeId }) => outcomeId === outcome.outcomeId);
    if (known === undefined || !isDeepStrictEqual(known, outcome)) outcomes.push(outcome);
  };
  const consumer = new BullWorker(RESULTS_QUEUE, (job) => Promise.resolve(receive(OutcomeSchema.parse(job.data))), {
    connection: client,
    prefix,
    concurrency: 50,
    autorun: takesResults,
    // Jobs that it had in hand when a test killed Redis come again soon.
    lockDuration: 2_000,
    stalledInterval: 1_000,
    maxStalledCount: 1_000,
  });
  // A test may take Redis away; BullMQ would print what it makes of that.
  consumer.on("error", () => undefined);
  await consumer.waitUntilReady();
  const workers: Worker[] = [];
  const system: System = {
    redis,
    sandbox,
    settings,
    engine,
    outcomes,
    queue,
    startWorker: async (changes = {}) => {
      const { webhookPace, probeEveryMs, provider } = options;
      const pace = {
        ...(webhookPace === undefined ? {} : { webhookPace }),
        ...(probeEveryMs === undefined ? {} : { probeEveryMs }),
        ...(provider === undefined ? {} : { provider }),
      };
      const worker = await startWorker({ settings: { ...settings, ...changes }, log, ...pace });
      workers.push(worker);
      return worker;
    },
    add: async (name, jobs) => {
      const added = await queue(name).addBulk(
        jobs.map(({ name: jobName, data, opts }) => ({ name: jobName, data, ...(opts === undefined ? {} : { opts }) })),
      );
      return added.map((job) => job.id ?? "");
    },
    account: async (id, registration) => {
      const need = await engine.accounts.register(id, registration ?? { email: `${id}@example.com`, password: `secret-of-${id}` });
      if (need !== null) await engine.authJobs.add(need);
    },
    accountIs: async (id, state) => {
      await waitFor(async () => (await engine.accounts.read(id))?.state, {
        what: `account ${id} to be ${state}`,
        until: (seen) => seen === state,
      });
    },
    activeAccounts: async (ids) => {
      await Promise.all(ids.map((id) => system.account(id)));
      await Promise.all(ids.map((id) => system.accountIs(id, "active")));
    },
    takeResults: () => void consumer.run(),
    credits: async () => engine.credits.read({ days: 2, nowMs: (await engine.keys.read()).nowMs }),
    outcomesArrive: async (count, timeoutMs = WAIT_MS) => {
      await waitFor(() => outcomes.length, { what: `${count} outcomes`, until: (seen) => seen >= count, timeoutMs });
      return outcomes;
    },
    close: async () => {
      await Promise.all(workers.map((worker) => worker.drain()));
      await consumer.close();
      await Promise.all([...queues.values()].map((known) => known.close()));
      await engine.close();
      client.disconnect();
      await sandbox.close();
      await redis.stop();
    },
  };
  for (let started = 0; started < (options.workers ?? 1); started++) await system.startWorker();
  return system;
}

/** A job's fields besides its account and input, and BullMQ's options. */
export type JobExtras = {
  expiresAt?: string;
  onUnknown?: "report" | "rerun" | "reconcile";
  campaignId?: string;
  recipientId?: string;
  opts?: BulkJobOptions;
};

const person = (number: number) => `https://www.linkedin.com/in/person-${number}`;

/** A valid message job (a write); texts are unique so that the sandbox can tell a second send. */
export function message(accountId: string, number: number, { opts, ...extras }: JobExtras = {}): NewJob {
  const input = { linkedin_url: person(number), message_text: `Hello number ${number}` };
  return { name: "message.send", data: { accountId, input, ...extras }, ...(opts === undefined ? {} : { opts }) };
}

/** A valid profile job (a read). */
export function scrape(accountId: string, number: number, { opts, ...extras }: JobExtras = {}): NewJob {
  const input = { linkedin_url: person(number) };
  return { name: "profile.scrape", data: { accountId, input, ...extras }, ...(opts === undefined ? {} : { opts }) };
}
