/**
 * BullMQ's job, for queues to which anybody may add: data that is no JSON, or beyond the bounds, is not parsed, as parsing it would hold up
 * or end whoever reads it, again and again. Such a job comes with a note in place of its data.
 */
import { excessOfText } from "@linkup-queue/contracts";
import { Job, type JobJson, type JobProgress, type MinimalQueue } from "bullmq";

/** Why a job's data was not read: `why` as the end of a sentence. */
export type Unread = { why: string; isBeyondBounds: boolean };

const UNREAD = new WeakMap<Job, Unread>();

/** Null for a job whose data was read. */
export function unreadOf(job: Job): Unread | null {
  return UNREAD.get(job) ?? null;
}

export class OpenJob<T, R, N extends string, P extends JobProgress> extends Job<T, R, N, P> {
  static override fromJSON<T, R, N extends string>(queue: MinimalQueue, json: JobJson, jobId?: string): Job<T, R, N> {
    const excess = excessOfText(json.data ?? "");
    const unread = (reason: Unread): Job<T, R, N> => {
      const job = Job.fromJSON<T, R, N>(queue, { ...json, data: JSON.stringify({ "(not read)": reason.why }) }, jobId);
      UNREAD.set(job, reason);
      return job;
    };
    if (excess !== null) return unread({ why: excess, isBeyondBounds: true });
    try {
      return Job.fromJSON<T, R, N>(queue, json, jobId);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return unread({ why: "must be JSON", isBeyondBounds: false });
    }
  }
}
