/**
 * The peer of a competent user: BullMQ by hand. One queue for all calls, so that one limiter counts them; the limiter lets one go at a time, at 95 % of
 * the limit; an intent before each call, which a failure without effect takes back, so that no crash sends twice; a short lock.
 */
import { UnrecoverableError, Worker } from "bullmq";
import { connection, env, log, prefix, publish, Refused, work } from "./peer-work.ts";
import { CALLS_QUEUE } from "./worker-process.ts";

/** Of the limit: the rest is for what the network bunches up. */
const SHARE = 0.95;
/** Answers without an effect: the server's error and a dead token, which is logged in again. */
const WITHOUT_EFFECT = new Set([403, 429, 500]);

const worker = new Worker(
  CALLS_QUEUE,
  async (job) => {
    const intent = `${prefix}:intent:${job.id}`;
    if ((await connection.set(intent, "1", "NX")) === null) throw new UnrecoverableError("unknown: it may have been sent");
    try {
      await work(job);
    } catch (error) {
      const wasNotSent = error instanceof Error && "code" in error && error.code === "ECONNREFUSED";
      if (wasNotSent || (error instanceof Refused && WITHOUT_EFFECT.has(error.statusCode))) await connection.del(intent);
      throw error;
    }
  },
  {
    connection,
    prefix,
    concurrency: env.PLAIN_CONCURRENCY,
    lockDuration: 5_000,
    limiter: { max: 1, duration: Math.ceil(env.LINKUP_RATE_WINDOW_MS / (SHARE * env.LINKUP_RATE_LIMIT)) },
  },
);
worker.on("error", (error) => log.error(error.message));
worker.on("failed", (job, error) => {
  const status = error instanceof UnrecoverableError ? "unknown" : "failed";
  if (job?.finishedOn !== undefined) publish(job, status, null).catch((thrown: unknown) => log.error(String(thrown)));
});
await worker.waitUntilReady();
log.info("ready");
