/** Says that nobody takes results: when the queue has become full, every minute while it stays so, and when there is room again. */
import type { Logger } from "pino";

const TELL_EVERY_MS = 60_000;

export type Results = { full: boolean; unpublished: number };

/** Tells what it is shown, as often as that is worth a line. `nowMs` is monotonic. */
export class ResultsAnnouncer {
  readonly #log: Logger;
  readonly #resultsMax: number;
  #toldAtMs: number | null = null;

  constructor(log: Logger, resultsMax: number) {
    this.#log = log;
    this.#resultsMax = resultsMax;
  }

  see({ full, unpublished }: Results, nowMs: number): void {
    if (full && unpublished > 0) {
      if (this.#toldAtMs !== null && nowMs - this.#toldAtMs < TELL_EVERY_MS) return;
      this.#toldAtMs = nowMs;
      const told = { unpublished, resultsMax: this.#resultsMax };
      this.#log.warn(told, "the results queue is full: outcomes wait in the outbox until somebody takes results");
    } else if (this.#toldAtMs !== null) {
      this.#toldAtMs = null;
      this.#log.info({ unpublished }, "the results queue has room again; what waited follows");
    }
  }
}
