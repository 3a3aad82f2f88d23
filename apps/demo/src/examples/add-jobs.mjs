/** A producer: plain JavaScript and BullMQ, nothing of ours. The demo adds its jobs with this file, and the README shows it. */
import { Queue } from "bullmq";

/**
 * `queue` is `messages`, `network`, `profiles` or `posts`. `jobId` is yours and unique in its queue: adding it again calls nothing and gives
 * no second outcome.
 * @typedef {{ queue: string, operation: string, jobId: string,
 *   data: { accountId: string, input: Record<string, unknown>, recipientId?: string } }} NewJob
 */

/**
 * Adds jobs to their queues. `prefix` is `{linkup-<key id>}`, `{linkup-default}` unless LINKUP_KEY_ID says otherwise.
 * @param {readonly NewJob[]} jobs @param {{ redisUrl: string, prefix: string }} at
 */
export async function addJobs(jobs, { redisUrl, prefix }) {
  for (const name of new Set(jobs.map((job) => job.queue))) {
    const queue = new Queue(name, { prefix, connection: { url: redisUrl } });
    const ofQueue = jobs.filter((job) => job.queue === name);
    try {
      await queue.addBulk(
        ofQueue.map(({ operation, jobId, data }) => ({
          name: operation,
          data,
          // 1 urgent, 10 normal, 100 bulk. BullMQ runs jobs without a priority before all others.
          opts: { jobId, priority: 10 },
        })),
      );
    } finally {
      await queue.close();
    }
  }
}
