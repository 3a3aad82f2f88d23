/** A consumer: a plain BullMQ worker on `results`. The demo hears its outcomes through this file, and the README shows it. */
import { Worker } from "bullmq";

/**
 * Codes and fields are added over time: take an unknown code as any other, and pass unknown fields over.
 * @typedef {{
 *   v: 1, outcomeId: string, queue: string, jobId: string, operation: string,
 *   accountId: string | null, campaignId: string | null, recipientId: string | null, step: number | null,
 *   status: "succeeded" | "failed" | "unknown" | "cancelled", code: string | null, message: string, withoutNote?: boolean | undefined, httpStatus: number | null, output?: unknown,
 *   calls: number, credits: { charged: number, uncertain: number }, redriveOf: string | null,
 *   reconciled: { by: string, at: string } | null,
 *   resolved: { happened: boolean, by: string, at: string } | null,
 *   enqueuedAt: string, startedAt: string | null, finishedAt: string
 * }} Outcome
 */

/**
 * Hands over each outcome, at least once: after a crash the same `outcomeId` may come again, so key on it where you store it.
 * When `take` throws, BullMQ keeps the outcome among its failed jobs for seven days.
 * @param {(outcome: Outcome) => void | Promise<void>} take
 * @param {{ redisUrl: string, prefix: string, onError: (error: Error) => void }} at
 */
export function consumeResults(take, { redisUrl, prefix, onError }) {
  const worker = new Worker("results", async (job) => await take(job.data), {
    prefix,
    connection: { url: redisUrl },
    concurrency: 20,
  });
  return worker.on("error", onError);
}
