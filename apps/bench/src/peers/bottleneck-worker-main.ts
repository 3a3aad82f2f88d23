/**
 * The peer Bottleneck: one process, which takes all jobs of one BullMQ queue and starts its calls at least `minTime` apart, at 95 % of the limit. The
 * pace knows nothing of other processes or of a crash.
 */
import Bottleneck from "bottleneck";
import { Worker } from "bullmq";
import { connection, env, log, prefix, work } from "./peer-work.ts";
import { CALLS_QUEUE } from "./worker-process.ts";

const SHARE = 0.95;
/** Jobs wait in the process. */
const CONCURRENCY = 1_000;

const limiter = new Bottleneck({ minTime: Math.ceil(env.LINKUP_RATE_WINDOW_MS / (SHARE * env.LINKUP_RATE_LIMIT)) });
const worker = new Worker(CALLS_QUEUE, limiter.wrap(work), { connection, prefix, concurrency: CONCURRENCY });
worker.on("error", (error) => log.error(error.message));
await worker.waitUntilReady();
log.info("ready");
