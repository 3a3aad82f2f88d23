import type { DefaultPolicy } from "@linkup-queue/contracts";

/** The settings that the engine needs: plain data, the same for every process that works with one API key. */
export type EngineConfig = {
  keyId: string;
  /** Requests allowed in any window, as the provider says. */
  rateLimit: number;
  rateWindowMs: number;
  /** One call's deadline, from before the gate is asked to the last byte of the answer. */
  timeoutMs: number;
  /** The longest a request needs to be counted by the provider once it was handed over, ms; null or left out: a request counts until its answer. */
  transitMs?: number | null;
  /** Calls for one job while each failure was free. */
  maxAttempts: number;
  /** Calls in flight for an account that sets none of its own. */
  accountConcurrency: number;
  /** The policy of accounts that set none. */
  accountPolicy: DefaultPolicy;
  /** Days within which nobody is written to twice; none unless said otherwise. */
  contactGapDays?: number;
  /** Credits a UTC day may cost; null for no bound. */
  maxCreditsPerDay: number | null;
  /** Days for which a finished job's id stays used. */
  ledgerDays: number;
  /** Days for which an outcome is kept for reading; 0 keeps none. */
  outcomeDays: number;
  /** Outcomes that may wait on the results queue; more wait in the outbox. 0: that queue is not used. */
  resultsMax: number;
  /** Replicas that must have a `left` mark before a byte leaves. */
  redisReplicas: number;
  /** Between two looks at a write that may have been done, ms; five minutes unless said otherwise. */
  lookGapMs?: number;
  /** Between two probes of a stopped key, ms; tests have no ten minutes. */
  probeEveryMs?: number;
};

/** How often a key that was refused is tried again, with one job. The pauses of a brake are parts of it. */
export const PROBE_EVERY_MS = 600_000;

/** A provider that does a call late does it sooner than this, ms, as far as is known. */
const LOOK_GAP_MS = 300_000;

export function lookGapMs(config: EngineConfig): number {
  return config.lookGapMs ?? LOOK_GAP_MS;
}

export function probeEveryMs(config: EngineConfig): number {
  return config.probeEveryMs ?? PROBE_EVERY_MS;
}

/**
 * The time for which a slot stays busy beyond one window after the answer, in ms: rounding of two clocks to whole ms, and 1,666 ppm of drift between
 * Redis's clock and the provider's (100 ms at 60 s).
 */
export function windowMarginMs(windowMs: number): number {
  return Math.max(2, Math.ceil(windowMs / 600));
}
