/**
 * The one place where a decision becomes BullMQ's calls. It decides nothing, and no trouble of Redis's fails a job here: BullMQ's stall check has
 * a job run again that could not be moved, and that asks the ledger first.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { DelayedError, type Job, UnrecoverableError, WaitingError } from "bullmq";
import type { Decision } from "../job/decision.ts";
import type { JobRef } from "../job/job-ref.ts";
import type { Gate } from "../ledger/gate.ts";

/** A parked job sleeps this long unless it is released, ms: BullMQ's delayed scores take it. */
const PARKED_MS = 365 * 86_400_000;
/** Moving a job is tried this often, at first after this, ms, and after twice as long each time. */
const MOVE_TRIES = 7;
const MOVE_PAUSE_MS = 100;

type InHand = { token: string; ref: JobRef; gate: Pick<Gate, "confirmPark">; onError: (error: unknown) => void };

/**
 * Carries a decision out on a job in hand. Answers the job's value where it is complete; else throws what tells BullMQ's worker that the job was
 * moved (`DelayedError`, `WaitingError`) or failed (`UnrecoverableError`).
 */
export async function carryOut(decision: Decision, job: Job, { token, ref, gate, onError }: InHand): Promise<unknown> {
  switch (decision.kind) {
    case "complete":
      return decision.value;
    case "fail":
      throw new UnrecoverableError(`${decision.code}: ${decision.message}`);
    case "retry":
    case "snooze":
      await moved(() => job.moveToDelayed(Date.now() + decision.afterMs, token), onError);
      throw new DelayedError();
    case "park": {
      const untilMs = Math.min(Date.now() + PARKED_MS, decision.expiresAtMs ?? Number.POSITIVE_INFINITY);
      if (await moved(() => job.moveToDelayed(untilMs, token), onError)) await moved(() => gate.confirmPark(ref), onError);
      throw new DelayedError();
    }
    case "hand_back":
      await moved(() => job.moveToWait(token), onError);
      throw new WaitingError();
  }
}

/**
 * Tries to move a job, at most MOVE_TRIES times: BullMQ would fail a waiting job if the error were thrown. False when it could not be moved:
 * it stays active, and BullMQ's stall check has it run again, which asks the ledger first.
 */
async function moved(move: () => Promise<unknown>, onError: (error: unknown) => void): Promise<boolean> {
  for (let tries = 1; ; tries++) {
    try {
      await move();
      return true;
    } catch (error) {
      onError(error);
      // BullMQ's own answers have a number: the job is gone, or another's by now.
      const isAnswer = error instanceof Error && "code" in error && typeof error.code === "number";
      if (isAnswer || tries === MOVE_TRIES) return false;
      await sleep(MOVE_PAUSE_MS * 2 ** (tries - 1));
    }
  }
}
