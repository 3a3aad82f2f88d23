/** Jobs that make no call now: wrong, refused, interrupted before, or told to come later. None of these ways costs a credit. */
import type { OutcomeCode, Verdict } from "@linkup-queue/contracts";
import {
  type AskAnswer,
  type AskedJob,
  type CallHistory,
  type Decision,
  type Ending,
  endOf,
  INTERRUPTED,
  jobDigest,
  NO_HISTORY,
  settlementOf,
} from "@linkup-queue/queue";
import type { WorkerContext } from "./context.ts";
import { costOf } from "./cost-of.ts";
import type { Granted } from "./make-call.ts";
import { settleCall } from "./settle-call.ts";
import { decisionOf, type JobInHand, planOf, publishEnd, settleCalled } from "./settle-job.ts";

const REFUSALS: Record<"expired" | "account_unavailable" | "cancelled", { code: OutcomeCode; message: string }> = {
  expired: { code: "expired", message: "The job's expiresAt passed before it could be sent; nothing was sent" },
  account_unavailable: {
    code: "account_unavailable",
    message: "There is no such account, or it was removed; register it with PUT /v1/accounts/{id} and enqueue the job again",
  },
  cancelled: { code: "cancelled", message: "The job was cancelled before it was sent" },
};

/** The decision on a job that the gate did not grant a call. */
export async function followGate(context: WorkerContext, job: AskedJob, answer: Exclude<AskAnswer, Granted>): Promise<Decision> {
  switch (answer.kind) {
    case "handed_back":
      return { kind: "hand_back" };
    case "snooze":
      return { kind: "snooze", afterMs: answer.forMs, reason: answer.reason };
    case "parked":
      return { kind: "park", expiresAtMs: job.request.expiresAtMs };
    case "settled":
      // A re-run after a crash, or an id that was used before: at most its outcome is still to be published.
      if (!answer.published) await context.engine.outbox.republish(jobDigest(job.ref));
      return { kind: "complete", value: { status: "settled_before" } };
    case "refused": {
      const cancelled = answer.code !== "account_unavailable" || answer.waited;
      return await endUncalled(context, job, { ...REFUSALS[answer.code], cancelled, history: answer.history });
    }
    case "unfit": {
      const { message, history } = answer;
      return await endUncalled(context, job, { code: "invalid_input", message, history, holdsToken: true });
    }
    case "interrupted":
      return await endInterrupted(context, job, answer);
  }
}

/** `history`: what the job came to before, when the gate was asked; one that refused gave the limiter's token back itself. */
type UncalledEnd = { code: OutcomeCode; message: string; cancelled?: boolean; history?: CallHistory; holdsToken?: boolean };

/** Ends a job that makes no call now: free, and with the one outcome that every accepted job gets. */
export async function endUncalled(
  context: WorkerContext,
  job: JobInHand,
  { code, message, cancelled = false, history, holdsToken = history === undefined }: UncalledEnd,
): Promise<Decision> {
  const { ref, meta, data } = job;
  const ending: Ending = { status: cancelled ? "cancelled" : "failed", code, message, httpStatus: null, output: null };
  const { outcome, end } = endOf(ref, meta, { ending, history: history ?? NO_HISTORY, data });
  const answer = await settleCall(context, settlementOf(ref, meta, { fetched: holdsToken, next: { kind: "end", ...end } }));
  const settled = { job, plan: { next: "end", ending, afterMs: 0 }, outcome, answer, expiresAtMs: null } as const;
  await publishEnd(context, settled);
  return decisionOf(context, settled);
}

const UNSEEN: Verdict = {
  row: "interrupted",
  code: "interrupted",
  charge: "unknown",
  effect: "unknown",
  remedy: "end",
  message: INTERRUPTED.message,
  httpStatus: null,
  output: null,
};

/** A call of this job left and its worker died before the answer. No call is made now; a read may be asked to run again. */
async function endInterrupted(
  context: WorkerContext,
  job: AskedJob,
  { callId, price, history }: Extract<AskAnswer, { kind: "interrupted" }>,
): Promise<Decision> {
  const called = { callId, verdict: UNSEEN, left: true, cost: costOf(UNSEEN, null, price), history, epoch: 0 };
  const settled = await settleCalled(context, job, { ...called, plan: planOf(context, job, called) });
  await publishEnd(context, settled);
  return decisionOf(context, settled);
}
