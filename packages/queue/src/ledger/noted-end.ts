/**
 * An end as it is noted outside of Redis, for a worker that starts anew: that it was told, and what it cost. It holds no output, no message, no secret and no person:
 * a job's names alone. Settled again, it is kept and counted, and told to nobody: whoever heard the outcome heard more. Where nobody knows whether it was told before its worker died, it is told.
 */
import { type Outcome, OutcomeCode, OutcomeStatus, SPENDING_QUEUES, type SpendingQueue } from "@linkup-queue/contracts";
import { z } from "zod";
import { NO_HISTORY } from "../job/call-history.ts";
import { type JobRef, jobDigest } from "../job/job-ref.ts";
import { isRecipientJob } from "../job/recipient-job-id.ts";
import { type End, endOf, type Settlement, settlementOf } from "./settlement.ts";

const Job = {
  v: z.literal(1),
  queue: z.enum(SPENDING_QUEUES as [SpendingQueue, ...SpendingQueue[]]),
  id: z.string().min(1).max(1_000),
  madeAtMs: z.number(),
};

/** `notedAtMs`: by the worker's clock, ms since the epoch. `isTold`: it is settled; else it is about to be. `callId`: empty for a job that made no call now. */
export const NotedEnd = z.object({
  ...Job,
  notedAtMs: z.number(),
  isTold: z.boolean(),
  operation: z.string(),
  account: z.string().nullable(),
  campaign: z.string().nullable(),
  isRecipient: z.boolean(),
  step: z.number().optional(),
  redrive: z.boolean(),
  status: OutcomeStatus,
  code: OutcomeCode.nullable(),
  callId: z.string(),
  left: z.boolean(),
  answered: z.boolean(),
  charge: z.enum(["yes", "no", "unknown"]),
  price: z.number(),
  uncertain: z.number(),
});
export type NotedEnd = z.infer<typeof NotedEnd>;

/** A line of the notes: an end, or that the one that was noted of this job is settled, or was not after all. */
export const EndLine = z.union([NotedEnd, z.object({ ...Job, became: z.enum(["told", "untold"]) })]);
export type EndLine = z.infer<typeof EndLine>;

export function lineDigest({ queue, id, madeAtMs }: EndLine): string {
  return jobDigest(refOf({ queue, id, madeAtMs }));
}

function refOf({ queue, id, madeAtMs }: Pick<EndLine, "queue" | "id" | "madeAtMs">): JobRef {
  return { queue, id, timestamp: madeAtMs };
}

export function noteOf(settlement: Settlement, { status, code }: End, isTold: boolean): NotedEnd {
  const { ref, operation, accountId, campaignId, redrive = false, callId, left, answered, charge, price, uncertain = 0 } = settlement;
  return {
    v: 1,
    queue: ref.queue,
    id: ref.id,
    madeAtMs: ref.timestamp,
    notedAtMs: Date.now(),
    isTold,
    operation,
    account: accountId,
    campaign: campaignId,
    isRecipient: isRecipientJob({ ...settlement, id: ref.id }),
    ...(settlement.step === undefined ? {} : { step: settlement.step }),
    redrive,
    status,
    code,
    callId,
    left,
    answered,
    charge,
    price,
    uncertain,
  };
}

/** The line of what became of a noted end. */
export function becameOf({ ref }: Settlement, became: "told" | "untold"): EndLine {
  return { v: 1, queue: ref.queue, id: ref.id, madeAtMs: ref.timestamp, became };
}

const TOLD_BEFORE =
  "This outcome was settled before Redis came back older than it was. Its output and its message were in what is missing, and stand where it was taken";

/** The settlement of a noted end, to be carried out anew, and its outcome, which is published where it may not have been. */
export function settlementOfNote(note: NotedEnd): { settlement: Settlement; outcome: Outcome } {
  const { operation, account, campaign, isRecipient, redrive, status, code, callId, left, answered, charge, price, uncertain, madeAtMs } =
    note;
  const ref = refOf(note);
  const meta = {
    operation,
    accountId: account,
    campaignId: campaign,
    recipientId: null,
    ...(note.step === undefined ? {} : { step: note.step }),
    redriveOf: redrive ? ref.id : null,
    enqueuedAtMs: madeAtMs,
  };
  const credits = { charged: charge === "yes" ? price : 0, uncertain: charge === "unknown" ? price : uncertain };
  const { outcome, end } = endOf(ref, meta, {
    ending: { status, code, message: TOLD_BEFORE, httpStatus: null, output: null },
    history: { ...NO_HISTORY, calls: left ? 1 : 0, ...credits },
  });
  const settlement = {
    ...settlementOf(ref, meta, { next: { kind: "end", ...end } }),
    callId,
    left,
    answered,
    charge,
    price,
    uncertain,
    isRecipientJob: isRecipient,
    wasTold: true,
    ...(note.isTold ? { isQuiet: true } : { publishes: outcome }),
  };
  return { settlement, outcome };
}
