/** What a consumer does: a plain BullMQ worker on `results`. The demo hears its outcomes through this file, and the README shows it. */
import { Outcome } from "@linkup-queue/contracts";
import { Worker } from "bullmq";

export type ResultsOptions = { redisUrl: string; prefix: string; onError: (error: Error) => void };

/**
 * Hands over each outcome, at least once: after a crash the same `outcomeId` may come again, so key on it where you store it.
 * When `take` throws, BullMQ keeps the outcome among its failed jobs for seven days.
 */
export function consumeResults(take: (outcome: Outcome) => void | Promise<void>, { redisUrl, prefix, onError }: ResultsOptions): Worker {
  const worker = new Worker("results", async (job) => await take(Outcome.parse(job.data)), {
    prefix,
    connection: { url: redisUrl },
    concurrency: 20,
  });
  return worker.on("error", onError);
}
