/**
 * Notes accepted jobs: until the gate has met a job, the note is what tells the sweep of it, should somebody take it out of BullMQ. No text of a
 * job and no person is in it.
 */
import type { CallQueue, JobData } from "@linkup-queue/contracts";
import { jobDigest } from "../job/job-ref.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import { noteAcceptedScript } from "./lua/note-accepted.ts";

export type AcceptedJob = {
  queue: CallQueue;
  id: string;
  operation: string;
  data: JobData;
  /** Whether it was added just now; one that was accepted before is noted if that was left out. */
  isNew: boolean;
};

/** In one script, which nobody else may interrupt. */
const AT_ONCE = 200;

/** Notes jobs that are in their queues. Rejects with Redis's error: who asked for them must then send them again. */
export async function noteAccepted(scripts: RedisScripts, jobs: readonly AcceptedJob[]): Promise<void> {
  for (let from = 0; from < jobs.length; from += AT_ONCE) {
    await scripts.run(noteAcceptedScript, {
      jobs: jobs.slice(from, from + AT_ONCE).map(({ queue, id, operation, data, isNew }) => {
        return [jobDigest({ queue, id, timestamp: 0 }), queue, id, factsOf(operation, data), isNew ? 1 : 0];
      }),
    });
  }
}

/** As short as it can be: there is one for each job that waits. */
function factsOf(operation: string, { accountId, campaignId, redriveOf }: JobData): string {
  if (redriveOf !== undefined) return JSON.stringify([operation, accountId, campaignId ?? null, redriveOf]);
  return JSON.stringify(campaignId === undefined ? [operation, accountId] : [operation, accountId, campaignId]);
}
