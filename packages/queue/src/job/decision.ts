/** A processor's decisions about its job; the call worker turns it into BullMQ's calls, in one place. */
import type { OutcomeCode } from "@linkup-queue/contracts";

export type Decision =
  /** The job has its outcome; the value is kept by BullMQ for the board. */
  | { kind: "complete"; value: Readonly<Record<string, unknown>> }
  /** The job has its outcome, and a person should see it among the failed. */
  | { kind: "fail"; code: OutcomeCode; message: string }
  /** A free failure: again after a backoff. */
  | { kind: "retry"; afterMs: number }
  /** Later, no attempt counted. */
  | { kind: "snooze"; afterMs: number; reason: string }
  /** Held until its account is back, or until it expires. */
  | { kind: "park"; expiresAtMs: number | null }
  /** Back to the front of its queue for another worker: this one is stopping. */
  | { kind: "hand_back" };
