/** An outcome from what is known of a job: its meta, what it came to so far, and how it ends. */
import type { Outcome, OutcomeCode, OutcomeStatus, Reconciled } from "@linkup-queue/contracts";
import type { CallHistory } from "./call-history.ts";
import type { JobMeta } from "./job-meta.ts";
import { type JobRef, jobDigest, outcomeIdOf } from "./job-ref.ts";

export type Ending = {
  status: OutcomeStatus;
  code: OutcomeCode | null;
  message: string;
  httpStatus: number | null;
  output: unknown;
  /** The read that settled it. */
  reconciled?: Reconciled | null;
};

/** The worker died, or was frozen, between the mark and the answer. */
export const INTERRUPTED: Ending = {
  status: "unknown",
  code: "interrupted",
  message: "The worker stopped after the request may have left; LinkUp's answer was never seen. Check on LinkedIn before sending again",
  httpStatus: null,
  output: null,
};

/** Redis came back without what was written in a time in which the job may have been sent. */
export const STATE_LOST: Ending = {
  status: "unknown",
  code: "state_lost",
  message:
    "Redis came back older than it was, and the job may have been sent in the time that is missing. Check on LinkedIn before sending again",
  httpStatus: null,
  output: null,
};

const SENT_BARE = "it went without its note, as the account's notes are used up and its policy says so";

/** Whether an invitation went, or may have gone, without its note. */
function wentBare({ status }: Ending, { bare }: CallHistory): boolean {
  return bare === true && (status === "succeeded" || status === "unknown");
}

/** The outcome of a job that ends now. `history` counts its last call too. */
export function outcomeOf(ref: JobRef, meta: JobMeta, { ending, history }: { ending: Ending; history: CallHistory }): Outcome {
  const isBare = wentBare(ending, history);
  return {
    v: 1,
    outcomeId: outcomeIdOf(jobDigest(ref)),
    queue: ref.queue,
    jobId: ref.id,
    operation: meta.operation,
    accountId: meta.accountId,
    campaignId: meta.campaignId,
    recipientId: meta.recipientId,
    step: meta.step ?? null,
    status: ending.status,
    code: ending.code,
    message: isBare ? `${ending.message}; ${SENT_BARE}` : ending.message,
    ...(isBare ? { withoutNote: true } : {}),
    httpStatus: ending.httpStatus,
    output: ending.output,
    calls: history.calls,
    credits: { charged: history.charged, uncertain: history.uncertain },
    redriveOf: meta.redriveOf,
    reconciled: ending.reconciled ?? null,
    resolved: null,
    enqueuedAt: new Date(meta.enqueuedAtMs).toISOString(),
    startedAt: history.startedMs === null ? null : new Date(history.startedMs).toISOString(),
    finishedAt: new Date().toISOString(),
  };
}
