/**
 * The peer: plain BullMQ, used as its documentation shows. Each call queue has a Worker with BullMQ's own limiter; the processor makes the
 * same HTTP call and adds the same result; every error is BullMQ's to repeat, by the job's `attempts`.
 */
import { CALL_QUEUES } from "@linkup-queue/contracts";
import { Worker } from "bullmq";
import { connection, env, log, prefix, publish, work } from "./peer-work.ts";

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
