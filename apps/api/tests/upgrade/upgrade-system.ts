/**
 * A whole system whose Redis is kept or was kept as a fixture: its settings and secrets are the same for ever. The api and workers in this
 * process, the sandbox, a receiver of webhooks, a consumer of results. Nothing here is secret.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type ApiRole, Outcome, queuePrefix, RESULTS_QUEUE, type WorkerSettings } from "@linkup-queue/contracts";
import type { DeliveryPace } from "@linkup-queue/queue";
import { type Sandbox, startSandbox } from "@linkup-queue/sandbox";
import type { TestRedis } from "@linkup-queue/testkit";
import { startWorker, type Worker } from "@linkup-queue/worker";
import { Worker as BullWorker } from "bullmq";
import { pino } from "pino";
import { startTestApi, type TestApi, testSettings, testWorkerSettings } from "../fixture.ts";

export const UPGRADE_KEY_ID = "upgrade";
export const API_KEY = "api-key-of-the-upgrade-fixture";
const SECRETS_KEY = Buffer.alloc(32, 7);
/** Signs what is posted to webhooks. */
export const HOOK_SECRET = `whsec_${Buffer.alloc(32, 9).toString("base64")}`;
/** LinkedIn's code for every account that is asked for one. */
export const CODE = "123456";

export type Post = { hook: string; messageId: string; answered: number };
export type Receiver = {
  urlOf(hook: string): string;
  posts: Post[];
  /** The status that a webhook answers with. */
  answer: (hook: string) => number;
  close(): Promise<void>;
};

export type UpgradeSystem = {
  redis: TestRedis;
  sandbox: Sandbox;
  receiver: Receiver;
  api: TestApi;
  settings: WorkerSettings;
  /** Outcomes that a consumer took, every delivery of each. */
  outcomes: Outcome[];
  /** A request that must be answered with a status below 300; answers its body. */
  ask(role: ApiRole, line: string, body?: unknown): Promise<Record<string, unknown>>;
  startWorker(changes?: Partial<WorkerSettings>, more?: WorkerMore): Promise<Worker>;
  takeResults(): void;
  stopTakingResults(): Promise<void>;
  close(): Promise<void>;
};
type WorkerMore = { webhookPace?: DeliveryPace; random?: () => number };

export async function startUpgradeSystem(redis: TestRedis, changes: Partial<WorkerSettings> = {}): Promise<UpgradeSystem> {
  const [sandbox, receiver] = await Promise.all([startSandbox(), startReceiver()]);
  const own = { keyId: UPGRADE_KEY_ID, secretsKey: SECRETS_KEY, maxCreditsPerDay: 1_000, logLevel: "info" } as const;
  const settings: WorkerSettings = {
    ...testWorkerSettings({ ...testSettings(redis.url), ...own }, { apiKey: API_KEY, baseUrl: sandbox.url }),
    shutdownGraceMs: 8_000,
    ...changes,
  };
  const api = await startTestApi({ redis, settings: { ...own, ...changes } });
  const workers: Worker[] = [];
  const outcomes: Outcome[] = [];
  let consumer: BullWorker | null = null;
  const log = pino({ level: process.env["TEST_LOG_LEVEL"] ?? "silent" });
  return {
    redis,
    sandbox,
    receiver,
    api,
    settings,
    outcomes,
    ask: async (role, line, body) => {
      const answer = await api.call(role, line, body);
      if (answer.status >= 300) throw new Error(`${line}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer.body as Record<string, unknown>;
    },
    startWorker: async (more = {}, parts = {}) => {
      const worker = await startWorker({ settings: { ...settings, ...more }, log, ...parts });
      workers.push(worker);
      return worker;
    },
    takeResults: () => {
      consumer = new BullWorker(RESULTS_QUEUE, (job) => Promise.resolve(void outcomes.push(Outcome.parse(job.data))), {
        connection: { url: redis.url },
        prefix: queuePrefix(settings.keyId),
        concurrency: 50,
      }).on("error", () => undefined);
    },
    stopTakingResults: async () => {
      await consumer?.close();
      consumer = null;
    },
    close: async () => {
      await Promise.all(workers.map((worker) => worker.drain()));
      await consumer?.close();
      await api.close();
      await receiver.close();
      await sandbox.close();
    },
  };
}

async function startReceiver(): Promise<Receiver> {
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      const hook = (request.url ?? "").slice(1);
      const answered = receiver.answer(hook);
      receiver.posts.push({ hook, messageId: String(request.headers["webhook-id"]), answered });
      response.writeHead(answered).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const receiver: Receiver = {
    urlOf: (hook) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${hook}`,
    posts: [],
    answer: () => 204,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return receiver;
}
