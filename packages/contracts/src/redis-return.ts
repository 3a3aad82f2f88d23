/** Says in the log that Redis is back, once for each time that it was away. That it is away was told as trouble by whoever met it first. */
import type { Logger } from "pino";

export class RedisReturn {
  readonly #log: Logger;
  readonly #nowMs: () => number;
  #awayMs: number | null = null;
  #lastMs = 0;

  /** `nowMs` is monotonic; tests hand in theirs. */
  constructor(log: Logger, nowMs: () => number = () => performance.now()) {
    this.#log = log;
    this.#nowMs = nowMs;
  }

  /** Redis did not do what it was asked. */
  away(): void {
    this.#lastMs = this.#nowMs();
    this.#awayMs ??= this.#lastMs;
  }

  get isAway(): boolean {
    return this.#awayMs !== null;
  }

  /** Work that began at `sinceMs` came to its end: all of it was answered. Nothing is told while there was trouble after its beginning. */
  answered(sinceMs: number): void {
    if (this.#awayMs === null || this.#lastMs >= sinceMs) return;
    this.#log.info({ seconds: Math.round((this.#lastMs - this.#awayMs) / 1_000) }, "Redis answers again: work goes on");
    this.#awayMs = null;
  }
}
