/**
 * Moments of arrival that keep the order of an account's jobs: a lane sorts by them, and a whole batch arrives within one millisecond.
 * Pure but for its memory, which is bounded.
 */
const MOST_ACCOUNTS = 10_000;
/** A moment may run ahead of the clock by this at most, ms; a flood of one account's jobs beyond that keeps no order among equals. */
const FURTHEST_AHEAD_MS = 10_000;

export class ArrivalClock {
  readonly #last = new Map<string, number>();

  /** The moment for the next job of this account, ms since the epoch: now, or one later than the account's job before. */
  next(accountId: string, nowMs: number): number {
    const last = this.#last.get(accountId) ?? 0;
    const at = Math.min(Math.max(nowMs, last + 1), nowMs + FURTHEST_AHEAD_MS);
    this.#last.delete(accountId);
    this.#last.set(accountId, at);
    if (this.#last.size > MOST_ACCOUNTS) this.#last.delete(this.#last.keys().next().value ?? "");
    return at;
  }
}
