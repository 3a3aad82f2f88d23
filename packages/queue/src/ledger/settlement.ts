/**
 * A settlement, put together in one place from what is known of a job: how its call went, how the job goes on, who else hears of it.
 * It never talks to Redis: `Gate.settle` carries it out; the outcome is published in the same step, or by whoever settled.
 */
import { hash } from "node:crypto";
import type { Charge, Outcome, OutcomeCode, OutcomeStatus } from "@linkup-queue/contracts";
import type { AccountEvent } from "../accounts/account-event.ts";
import type { CallHistory } from "../job/call-history.ts";
import type { JobMeta } from "../job/job-meta.ts";
import { type JobRef, jobDigest } from "../job/job-ref.ts";
import { keptBeside } from "../job/job-subjects.ts";
import { type Ending, outcomeOf } from "../job/outcome.ts";
import type { Reconciling } from "../job/reconciling.ts";
import type { InvitationSign } from "./invitation-sign.ts";
import { packOutcome } from "./outcome-store.ts";

/** `outcome`: packed; null for a log-in, which has a ledger entry and no outcome. */
export type End = { status: OutcomeStatus; code: OutcomeCode | null; outcome: Buffer | null };

/** How a job goes on after a call, or ends without one. */
export type Next =
  | ({ kind: "end" } & End)
  /** A free failure: counted, and ended with `exhausted` when the attempts are used up. */
  | { kind: "retry"; exhausted: End }
  /** The service refused: again, behind the brake; ended with `exhausted` when the refusal is the job's own, as others are answered. */
  | { kind: "brake"; exhausted: End }
  /** Nothing left, or not the job's fault: not counted. Ended with `exhausted` when its account is refused again and again. */
  | { kind: "again"; exhausted?: End }
  /** It may have been done: the next call is a look, after `afterMs`. Ended with `exhausted` where the ledger has lost its grant. */
  | { kind: "look"; reconciling: Reconciling; afterMs: number; exhausted: End }
  | { kind: "park" };

/** The words of a settlement beside the job's names and its call. */
type Told = {
  next: Next;
  /** The outcome of an `end`, where it is to be published in the same step if it can be; else whoever settles publishes it then. */
  publishes?: Outcome | undefined;
  /** Whether the job was fetched by a worker just now and so holds a token of BullMQ's limiter; only for a job that made no call. */
  fetched?: boolean | undefined;
  /** For a job that made no call now: the calls that its outcome counts. `already(changed)` when it made more meanwhile. */
  calls?: number | undefined;
  /** `suspect`: a refusal that may be the key's or the account's; the account hears `ownEvent` while calls of others work. */
  keyAction?: "stop" | "suspect" | "cool" | undefined;
  /** The service itself refused, by this row of the answer table: its operation is braked. */
  refusal?: string | undefined;
  /** Of a refusal: its cause lies in this operation alone, so the brake is all that follows. */
  alone?: boolean | undefined;
  /** The answer made no sense, by this row: the third of its operation running counts as a refusal. */
  doubtful?: string | undefined;
  accountEvent?: AccountEvent | undefined;
  /** The account's event in its place when a refusal turns out to be the job's own. */
  ownEvent?: AccountEvent | undefined;
  /** For a job that made no call now: whoever ends it knows that its write may have been done. Otherwise `already(reconciling)`. */
  inDoubt?: boolean | undefined;
  /** It was settled and told before, in a state that is lost (kept-ends.ts). */
  wasTold?: boolean | undefined;
  /** Of such an end: it is kept and counted, and told to nobody. */
  isQuiet?: boolean | undefined;
  /** The call itself worked, though the job goes on, or ends otherwise. */
  worked?: boolean | undefined;
  /** A digest of the name that the account's own messages bear, as the call found it. */
  self?: string | undefined;
  /** The address of a person who was invited by now, in its one spelling. */
  invited?: string | undefined;
  /** Of a step of a sequence: what its look at a person found. */
  sign?: InvitationSign | undefined;
};

export type Settlement = Told & {
  ref: JobRef;
  /** Empty for a job that made no call. */
  callId: string;
  operation: string;
  accountId: string | null;
  campaignId: string | null;
  /** Outcomes of one recipient reach a webhook in their order; a job without one stands for itself. */
  recipientId?: string | null;
  /** Of a sequence's recipient: which of its steps. */
  step?: number | undefined;
  /** Whether it is a recipient's own job, where whoever settles does not know the recipient. */
  isRecipientJob?: boolean;
  /** Whether the job does another one again: what it costs is also summed by itself. */
  redrive?: boolean;
  /** Whether a byte may have left. */
  left: boolean;
  /** Whether the provider answered. */
  answered: boolean;
  serverError: boolean;
  charge: Charge;
  /** In credits: what it cost or, where that is unknown, may have cost. */
  price: number;
  /** Of a charged call: what it may have cost beside its price. Left out for nothing. */
  uncertain?: number;
  /** How long ago the provider had counted the request, ms, at the least; asked when it is settled. Left out: it may have been at its answer. */
  countedAgoMs?: (() => number) | undefined;
};

/**
 * A call that was granted, as far as the ledger counts it. `httpStatus`: null without an answer. `price`: what it cost or, where that is
 * unknown, may have cost. `uncertain`: of a charged call, what it may have cost beside that.
 */
export type SettledCall = {
  callId: string;
  left: boolean;
  httpStatus: number | null;
  charge: Charge;
  price: number;
  uncertain?: number;
  countedAgoMs?: (() => number) | undefined;
};

/** Nothing left, nothing is charged. */
const NO_CALL = { callId: "", left: false, answered: false, serverError: false, charge: "no", price: 0 } as const;

/** The settlement of a job. Without `call` it made none. */
export function settlementOf(ref: JobRef, meta: JobMeta, { call, ...told }: Told & { call?: SettledCall | undefined }): Settlement {
  const { operation, accountId, campaignId, recipientId, step, redriveOf } = meta;
  return {
    ref,
    operation,
    accountId,
    campaignId,
    recipientId,
    ...(step === undefined ? {} : { step }),
    redrive: redriveOf !== null,
    ...(call ? countedCall(call) : NO_CALL),
    ...told,
  };
}

function countedCall({ httpStatus, ...call }: SettledCall): Pick<Settlement, keyof typeof NO_CALL> {
  return { ...call, answered: call.left && httpStatus !== null, serverError: httpStatus === 500 };
}

/** How a job ends. `history` counts its last call too; `data` is the job's own, where it is at hand. */
export type JobEnd = {
  ending: Ending;
  history: CallHistory;
  data?: unknown;
  /** With an outcome that names no recipient, and nothing kept beside it. */
  nameless?: boolean;
};

/** A job's end: its outcome, to be published once it is settled, and what the settlement says of it. */
export function endOf(ref: JobRef, meta: JobMeta, { ending, history, data, nameless = false }: JobEnd): { outcome: Outcome; end: End } {
  const outcome = outcomeOf(ref, nameless ? { ...meta, recipientId: null } : meta, { ending, history });
  // No producer asked for a log-in, so nobody is owed an outcome.
  const packed = ref.queue === "auth" ? null : packOutcome(outcome, nameless ? undefined : keptBeside(meta, outcome, data));
  return { outcome, end: { status: ending.status, code: ending.code, outcome: packed } };
}

/**
 * Names a settlement by what it says: repeating one is told apart from another process's word about the same call, and a limiter token is
 * given back once.
 */
export function settlementIdOf({ ref, callId, charge, next }: Settlement): string {
  const outcome = next.kind === "end" ? next.outcome : (exhaustedOf(next)?.outcome ?? null);
  const names = Buffer.from(`${jobDigest(ref)}\n${callId}\n${charge}\n${next.kind}\n`);
  return hash("sha256", outcome === null ? names : Buffer.concat([names, outcome]), "base64url").slice(0, 16);
}

/** How the job ends should its attempts be used up, or the refusal be its own. */
export function exhaustedOf(next: Next): End | null {
  return "exhausted" in next ? (next.exhausted ?? null) : null;
}
