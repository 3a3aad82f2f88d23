/** What a producer does: plain BullMQ, nothing of ours. The demo adds its jobs with this file, and the README shows it. */
import { Queue } from "bullmq";

export type NewJob = {
  /** `messages`, `network`, `profiles` or `posts`. */
  queue: string;
  operation: string;
  /** Yours, unique in its queue: adding it again calls nothing and gives no second outcome. */
  jobId: string;
  data: { accountId: string; input: Record<string, unknown>; recipientId?: string };
};

/** Adds jobs to their queues. `prefix` is `{linkup-<key id>}`, `{linkup-default}` unless LINKUP_KEY_ID says otherwise. */
export async function addJobs(jobs: readonly NewJob[], { redisUrl, prefix }: { redisUrl: string; prefix: string }): Promise<void> {
  for (const [name, ofQueue] of Map.groupBy(jobs, (job) => job.queue)) {
    const queue = new Queue(name, { prefix, connection: { url: redisUrl } });
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
