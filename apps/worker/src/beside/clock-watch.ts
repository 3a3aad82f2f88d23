/**
 * Compares Redis's clock with this process's own, which only ever runs: between two looks both must have come as far. The moment at which Redis read its
 * clock lies between question and answer, so a slow answer is no jump.
 */

/** A look: this process's monotonic clock before the question and after the answer, and Redis's clock in it, ms. */
export type ClockLook = { askedMs: number; answeredMs: number; clockMs: number };

/** Two clocks that run well differ by less between two looks, ms. */
const TOLERANCE_MS = 50;

export class ClockWatch {
  #last: ClockLook | null = null;

  /** By how much Redis's clock jumped since the last look, at least; below 0: back, 0: it did not. */
  see(look: ClockLook): number {
    const last = this.#last;
    this.#last = look;
    if (last === null) return 0;
    const clockMs = look.clockMs - last.clockMs;
    const aheadMs = clockMs - (look.answeredMs - last.askedMs);
    const behindMs = look.askedMs - last.answeredMs - clockMs;
    if (aheadMs > TOLERANCE_MS) return Math.round(aheadMs);
    return behindMs > TOLERANCE_MS ? -Math.round(behindMs) : 0;
  }
}
