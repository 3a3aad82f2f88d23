/** Jobs that make no call now: wrong, refused, interrupted before, or told to come later. None of these ways costs a credit. */
import { FREE_NOTE_LENGTH, isOperation, type OutcomeCode, type Verdict } from "@linkup-queue/contracts";
import {
  type AskAnswer,
  type AskedJob,
  type CallHistory,
  type Decision,
  type Ending,
  endInDoubt,
  endOf,
  INTERRUPTED,
  isLostCall,
  jobDigest,
  NO_HISTORY,
  STATE_LOST,
  STOP_WORDS,
  settlementOf,
} from "@linkup-queue/queue";
import type { WorkerContext } from "../process/context.ts";
import { costOf } from "./cost-of.ts";
import type { Plan } from "./decide.ts";
import type { Granted } from "./make-call.ts";
import { settleCall } from "./settle-call.ts";
import { decisionOf, type JobInHand, planOf, publishEnd, settleCalled } from "./settle-job.ts";

const REFUSALS: Record<
  "expired" | "account_unavailable" | "cancelled" | "note_too_long" | "notes_used_up" | "suppressed" | "replied" | "contacted_recently",
  { code: OutcomeCode; message: string }
> = {
  expired: { code: "expired", message: "The job's expiresAt passed before it could be sent; nothing was sent" },
  account_unavailable: {
    code: "account_unavailable",
    message: "There is no such account, or it was removed; register it with PUT /v1/accounts/{id} and enqueue the job again",
  },
  cancelled: { code: "cancelled", message: "The job was cancelled before it was sent" },
  suppressed: { code: "suppressed", message: STOP_WORDS.suppressed },
  replied: { code: "replied", message: STOP_WORDS.replied },
  contacted_recently: {
    code: "contacted_recently",
    message: "An account wrote to the person within LINKUP_CONTACT_GAP_DAYS, or the campaign's contactGapDays; nothing was sent",
  },
  notes_used_up: {
    code: "notes_used_up",
    message: "The account's notes are used up, and its policy says that an invitation with a note is skipped then; nothing was sent",
  },
  note_too_long: {
    code: "invalid_input",
    message: `The note has more than the ${FREE_NOTE_LENGTH} characters that LinkedIn gives a free account, and the account's plan is free or not known; shorten it, or set the account's plan`,
  },
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
    case "in_doubt":
      return await endDoubtful(context, job, { holdsToken: true });
    case "refused": {
      if (job.looking !== undefined) return await endDoubtful(context, job);
      const isWrong = answer.code === "note_too_long" || (answer.code === "account_unavailable" && !answer.waited);
      return await endUncalled(context, job, { ...REFUSALS[answer.code], cancelled: !isWrong, history: answer.history });
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
  const answer = await settleCall(
    context,
    settlementOf(ref, meta, { fetched: holdsToken, next: { kind: "end", ...end }, publishes: outcome }),
  );
  // It is wrong by now, or edited; what it was when its write left is looked for no more.
  if (answer.kind === "already" && answer.state === "reconciling") return await endDoubtful(context, job);
  const settled = { job, plan: { next: "end", ending, afterMs: 0 }, outcome, answer, expiresAtMs: null } as const;
  await publishEnd(context, settled);
  return decisionOf(context, settled);
}

/** Ends a job that no look can tell of any more: `unknown`, as it would have ended without one. */
async function endDoubtful({ engine }: WorkerContext, { ref, meta, data }: JobInHand, { holdsToken = false } = {}): Promise<Decision> {
  const outcome = await endInDoubt(engine, { ref, meta }, { data, holdsToken });
  if (outcome === null) return { kind: "snooze", afterMs: AGAIN_MS, reason: "overtaken" };
  return { kind: "fail", code: outcome.code ?? "internal_error", message: outcome.message };
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

const LOST: Verdict = { ...UNSEEN, row: "state-lost", code: "state_lost", message: STATE_LOST.message };

type Interrupted = Extract<AskAnswer, { kind: "interrupted" }>;

/** The job as its interrupted call had it: looking for its write, or doing it. Of a write that may have left in a time that is lost nobody knows since when to look. */
function interrupted(
  asked: AskedJob,
  { isLost, op, reconciling }: { isLost: boolean } & Pick<Interrupted, "op" | "reconciling">,
): AskedJob {
  if (reconciling !== null && isOperation(op)) return { ...asked, looking: { look: { operation: op, input: {} }, reconciling, self: "" } };
  if (!isLost) return asked;
  const { reconcile: _none, ...meta } = asked.meta;
  return { ...asked, meta };
}

/** A call of this job left, or may have, and its worker died before the answer. No call is made now; a read may be asked to run again. */
async function endInterrupted(
  context: WorkerContext,
  asked: AskedJob,
  { callId, price, history, op, reconciling }: Interrupted,
): Promise<Decision> {
  const isLost = isLostCall(callId);
  const job = interrupted(asked, { isLost, op, reconciling });
  const verdict = isLost ? LOST : UNSEEN;
  const startedMs = history.startedMs ?? Date.now();
  const called = { callId, verdict, left: true, cost: costOf(verdict, null, price), history, startedMs, epoch: 0 };
  const settled = await settleCalled(context, job, { ...called, plan: planOf(context, job, called) });
  await publishEnd(context, settled);
  return decisionOf(context, settled);
}

const UNOPENED: Verdict = {
  row: "secret-unreadable",
  code: "internal_error",
  charge: "no",
  effect: "none",
  remedy: "end",
  message: "The account's sealed login token does not open; nothing was sent",
  httpStatus: null,
  output: null,
};
/** Until this process has stopped, so that another takes the job. */
const AGAIN_MS = 1_000;

/** The token of a granted job does not open: the job waits with its account, free, or for a worker with the right key. */
export async function holdUnopened(context: WorkerContext, job: AskedJob, granted: Granted & { isStale: boolean }): Promise<Decision> {
  const { request } = job;
  const { history, epoch, token, isStale } = granted;
  const called = {
    callId: request.callId,
    verdict: UNOPENED,
    left: false,
    cost: costOf(UNOPENED, null, request.price),
    history,
    startedMs: Date.now(),
    epoch,
  };
  const ending: Ending = { status: "failed", code: UNOPENED.code, message: UNOPENED.message, httpStatus: null, output: null };
  const plan: Plan = isStale
    ? { next: "again", ending, afterMs: AGAIN_MS }
    : { next: "park", ending, afterMs: 0, accountEvent: { type: "token_unreadable", token } };
  return decisionOf(context, await settleCalled(context, job, { ...called, plan }));
}
