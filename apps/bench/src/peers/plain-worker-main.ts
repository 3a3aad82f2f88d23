/**
 * The peer: plain BullMQ, used as its documentation shows. Each call queue has a Worker with BullMQ's own limiter; the processor makes the
 * same HTTP call and adds the same result; every error is BullMQ's to repeat, by the job's `attempts`.
 */
import { CALL_QUEUES, isOperation, queuePrefix, RESULTS_QUEUE } from "@linkup-queue/contracts";
import { V1_OPERATIONS } from "@linkup-queue/linkup";
import { type Job, Queue, Worker } from "bullmq";
import got from "got";
import { Redis } from "ioredis";
import { pino } from "pino";
import { z } from "zod";
import { emailOf, passwordOf, tokenOf } from "../load/jobs.ts";

const Environment = z.object({
  REDIS_URL: z.string(),
  LINKUP_KEY_ID: z.string(),
  LINKUP_API_KEY: z.string(),
  LINKUP_BASE_URL: z.string(),
  LINKUP_RATE_LIMIT: z.coerce.number(),
  LINKUP_RATE_WINDOW_MS: z.coerce.number(),
  PLAIN_CONCURRENCY: z.coerce.number(),
  PLAIN_LOG_IN: z.enum(["0", "1"]),
});
const Data = z.object({ accountId: z.string(), input: z.record(z.string(), z.unknown()) });
const Answer = z.looseObject({ status: z.string(), login_token: z.string().optional() });

const env = Environment.parse(process.env);
const log = pino({ name: "plain-worker" });
const connection = new Redis(env.REDIS_URL, { maxRetriesPerRequest: null });
const prefix = queuePrefix(env.LINKUP_KEY_ID);
const results = new Queue(RESULTS_QUEUE, { connection, prefix });
const tokens = new Map<string, Promise<string>>();

async function post(path: string, body: Readonly<Record<string, unknown>>) {
  const { statusCode, body: text } = await got.post(`${env.LINKUP_BASE_URL}${path}`, {
    json: body,
    headers: { "x-api-key": env.LINKUP_API_KEY },
    retry: { limit: 0 },
    throwHttpErrors: false,
    timeout: { request: 60_000 },
  });
  return { statusCode, text };
}

async function logIn(accountId: string): Promise<string> {
  const { text } = await post("/v1/auth/login", { email: emailOf(accountId), password: passwordOf(accountId) });
  const token = Answer.parse(JSON.parse(text)).login_token;
  if (token === undefined) throw new Error("no token");
  return token;
}

function token(accountId: string): Promise<string> {
  if (env.PLAIN_LOG_IN === "0") return Promise.resolve(tokenOf(accountId));
  const known = tokens.get(accountId) ?? logIn(accountId);
  tokens.set(accountId, known);
  known.catch(() => tokens.delete(accountId));
  return known;
}

async function work(job: Job): Promise<void> {
  if (!isOperation(job.name)) throw new Error(`no operation ${job.name}`);
  const { path } = V1_OPERATIONS[job.name];
  const { accountId, input } = Data.parse(job.data);
  const { statusCode, text } = await post(path, { ...input, login_token: await token(accountId) });
  if (statusCode === 403) tokens.delete(accountId);
  if (statusCode !== 200) throw new Error(`answered ${statusCode}`);
  await publish(job, "succeeded", JSON.parse(text));
}

async function publish(job: Job, status: string, output: unknown): Promise<void> {
  await results.add(status, { queue: job.queueName, jobId: job.id, operation: job.name, status, output });
}

for (const name of CALL_QUEUES) {
  const worker = new Worker(name, work, {
    connection,
    prefix,
    concurrency: env.PLAIN_CONCURRENCY,
    limiter: { max: env.LINKUP_RATE_LIMIT, duration: env.LINKUP_RATE_WINDOW_MS },
  });
  worker.on("error", (error) => log.error(error.message));
  worker.on("failed", (job) => {
    if (job?.finishedOn !== undefined) publish(job, "failed", null).catch((error: unknown) => log.error(String(error)));
  });
  await worker.waitUntilReady();
}
log.info("ready");
