/** The one job of the feeding queue. It is taken, feeds what may be fed, and is put off until the next moment or until it is woken. */
import { CAMPAIGNS_QUEUE, queuePrefix } from "@linkup-queue/contracts";
import { Queue } from "bullmq";
import type { RedisClient } from "../../redis/scripts.ts";

/** Its id; feeding.lua knows it too. */
export const FEED_JOB = "feed";

export function openFeedQueue(connection: RedisClient, keyId: string): Queue {
  return new Queue(CAMPAIGNS_QUEUE, { connection, prefix: queuePrefix(keyId) });
}

/** Adds the job unless it is there. The job is removed from Redis when it ends, so it can be added again under the same id. */
export async function addFeedJob(queue: Queue): Promise<void> {
  await queue.add(FEED_JOB, {}, { jobId: FEED_JOB, removeOnComplete: true, removeOnFail: true });
}
