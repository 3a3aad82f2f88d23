/** Pending delays of one sandbox, so that closing it leaves none behind. */

export class Timers {
  readonly #pending = new Set<NodeJS.Timeout>();

  /** Runs `action` after `delayMs`; at once, in the same turn, when that is 0. */
  after(delayMs: number, action: () => void): void {
    if (delayMs <= 0) {
      action();
      return;
    }
    const timer = setTimeout(() => {
      this.#pending.delete(timer);
      action();
    }, delayMs);
    this.#pending.add(timer);
  }

  clear(): void {
    for (const timer of this.#pending) clearTimeout(timer);
    this.#pending.clear();
  }
}
