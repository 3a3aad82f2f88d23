/**
 * The peer p-throttle: one process, which takes all jobs of one BullMQ queue and lets its calls go by a strict window of p-throttle's, at 90 % of the
 * limit. The throttle knows nothing of other processes or of a crash.
 */
import { Worker } from "bullmq";
import pThrottle from "p-throttle";
import { connection, env, log, prefix, work } from "./peer-work.ts";
import { CALLS_QUEUE } from "./worker-process.ts";

const SHARE = 0.9;
/** Jobs wait in the process. */
const CONCURRENCY = 1_000;

const throttle = pThrottle({ limit: Math.floor(SHARE * env.LINKUP_RATE_LIMIT), interval: env.LINKUP_RATE_WINDOW_MS, strict: true });
const worker = new Worker(CALLS_QUEUE, throttle(work), { connection, prefix, concurrency: CONCURRENCY });
worker.on("error", (error) => log.error(error.message));
await worker.waitUntilReady();
log.info("ready");
