/**
 * The work of every peer, apart from how it keeps the limit: the HTTP call of a job, with a token, and its result on the results queue. A log-in is
 * made when an account has no token, and again after a 403.
 */
import { isOperation, queuePrefix, RESULTS_QUEUE } from "@linkup-queue/contracts";
import { V1_OPERATIONS } from "@linkup-queue/linkup";
import { type Job, Queue } from "bullmq";
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

export const env = Environment.parse(process.env);
export const log = pino({ name: "peer" });
export const connection = new Redis(env.REDIS_URL, { maxRetriesPerRequest: null });
export const prefix = queuePrefix(env.LINKUP_KEY_ID);
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

/** The provider's answer was none that the job needs. */
export class Refused extends Error {
  readonly statusCode: number;

  constructor(statusCode: number) {
    super(`answered ${statusCode}`);
    this.statusCode = statusCode;
  }
}

/** Makes the job's call and publishes its result. Throws Refused for every answer but 200. */
export async function work(job: Job): Promise<void> {
  if (!isOperation(job.name)) throw new Error(`no operation ${job.name}`);
  const { path } = V1_OPERATIONS[job.name];
  const { accountId, input } = Data.parse(job.data);
  const { statusCode, text } = await post(path, { ...input, login_token: await token(accountId) });
  if (statusCode === 403) tokens.delete(accountId);
  if (statusCode !== 200) throw new Refused(statusCode);
  await publish(job, "succeeded", JSON.parse(text));
}

export async function publish(job: Job, status: string, output: unknown): Promise<void> {
  await results.add(status, { queue: job.queueName, jobId: job.id, operation: job.name, status, output });
}
