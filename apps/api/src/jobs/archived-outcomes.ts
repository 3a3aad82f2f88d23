/** A job's outcome from wherever it is kept: Redis first, and the archive for what Redis keeps no longer. A client sees no difference. */
import type { Archive } from "@linkup-queue/archive";
import { CALL_QUEUES, CallQueue, type Outcome } from "@linkup-queue/contracts";
import { type JobView, jobDigest, outcomeIdOf } from "@linkup-queue/queue";
import type { ApiContext } from "../http/api-context.ts";

/** A job whose outcome only the archive has, in one queue or in whichever has one; null for any other. */
export async function archivedJob(context: ApiContext, jobId: string, queue: CallQueue | undefined): Promise<JobView | null> {
  const { archive, jobs } = context;
  if (archive === null) return null;
  const found = await jobs.views.find(jobId, queue);
  const [one, ...others] = found;
  if (others.length > 0) return null;
  if (one === undefined) return await forgottenJob(archive, jobId, queue);
  const { view, digest } = one;
  if (view.outcome !== null || (view.state !== "completed" && view.state !== "failed")) return null;
  const outcome = await archive.read(outcomeIdOf(digest));
  return outcome === null ? null : viewOf(outcome, view.queue);
}

/** A job that the ledger has forgotten too. A number that BullMQ gave names a job only with its time, which nobody remembers then. */
async function forgottenJob(archive: Archive, jobId: string, queue: CallQueue | undefined): Promise<JobView | null> {
  if (/^\d+$/.test(jobId)) return null;
  const ids = (queue === undefined ? CALL_QUEUES : [queue]).map((name) => outcomeIdOf(jobDigest({ queue: name, id: jobId, timestamp: 0 })));
  const [outcome, ...others] = [...(await archive.readMany(ids)).values()];
  return outcome === undefined || others.length > 0 ? null : viewOf(outcome, CallQueue.parse(outcome.queue));
}

function viewOf(outcome: Outcome, queue: CallQueue): JobView {
  const { jobId, operation, accountId, campaignId, recipientId, enqueuedAt, status } = outcome;
  const state = status === "succeeded" ? "completed" : "failed";
  return { queue, jobId, state, operation, accountId, campaignId, recipientId, enqueuedAt, outcome };
}
