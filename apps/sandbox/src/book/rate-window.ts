/**
 * The provider's rate window: a sliding log of arrivals per key, in a ring, O(1) for each request.
 * Arrivals `t` and `t + windowMs` exactly are in different windows. It remembers `limit` arrivals: a limit that is raised in mid-run
 * counts those alone. The summary counts apart from it, from the journal.
 */

/** Says of each arrival whether it is more than `limit` in the `windowMs` that end with it. */
export class RateWindow {
  #ring = new Float64Array(0);
  #next = 0;
  #held = 0;

  /**
   * Records an arrival and answers whether it is refused. `limit` null lifts the limit.
   * With `refusedOccupy` a refused arrival counts against those after it, as hammering on a closed door does.
   */
  arrive(arrivalMs: number, rule: { limit: number | null; windowMs: number; refusedOccupy: boolean }): boolean {
    if (rule.limit === null) return false;
    if (this.#ring.length !== rule.limit) this.#resize(rule.limit);
    const full = this.#held === rule.limit;
    const refused = full && arrivalMs - (this.#ring[this.#next] ?? Number.NEGATIVE_INFINITY) < rule.windowMs;
    if (!refused || rule.refusedOccupy) this.#push(arrivalMs);
    return refused;
  }

  #push(arrivalMs: number): void {
    this.#ring[this.#next] = arrivalMs;
    this.#next = (this.#next + 1) % this.#ring.length;
    if (this.#held < this.#ring.length) this.#held += 1;
  }

  #resize(limit: number): void {
    const old = this.#ring;
    const start = this.#held === old.length ? this.#next : 0;
    const kept = Math.min(this.#held, limit);
    const arrivals = Array.from({ length: kept }, (_, i) => old[(start + this.#held - kept + i) % old.length] ?? 0);
    this.#ring = new Float64Array(limit);
    this.#next = 0;
    this.#held = 0;
    for (const arrival of arrivals) this.#push(arrival);
  }
}

/** The most arrivals in any half-open window `[t, t + windowMs)`. `arrivals` ascend. Exact: two pointers over all of them. */
export function maxInWindow(arrivals: ArrayLike<number>, windowMs: number): number {
  let most = 0;
  let oldest = 0;
  for (let newest = 0; newest < arrivals.length; newest += 1) {
    const newestMs = arrivals[newest] ?? 0;
    while (newestMs - (arrivals[oldest] ?? 0) >= windowMs) oldest += 1;
    most = Math.max(most, newest - oldest + 1);
  }
  return most;
}
