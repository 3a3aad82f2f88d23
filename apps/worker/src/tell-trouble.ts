/**
 * Trouble in the log: the first of a kind with its stack, its repeats counted and told once a minute. A service that is away fails many times
 * a second.
 */
import type { Logger } from "pino";

const TELL_EVERY_MS = 60_000;
/** Kinds that are remembered; beyond them all are forgotten, and told anew. */
const MOST_KINDS = 100;
const MOST_CHARACTERS = 200;

type Kind = { message: string; repeats: number; sinceMs: number; lastMs: number };

/** `nowMs` is monotonic; tests hand in theirs. */
export class TroubleTeller {
  readonly #log: Logger;
  readonly #nowMs: () => number;
  readonly #kinds = new Map<string, Kind>();

  constructor(log: Logger, nowMs: () => number = () => performance.now()) {
    this.#log = log;
    this.#nowMs = nowMs;
  }

  /** Tells one error, or counts it as a repeat. */
  see(error: unknown): void {
    const nowMs = this.#nowMs();
    const message = error instanceof Error ? error.message.slice(0, MOST_CHARACTERS) : typeof error;
    const name = `${error instanceof Error ? error.name : ""} ${message}`;
    const known = this.#kinds.get(name);
    if (known === undefined) {
      if (this.#kinds.size >= MOST_KINDS) this.#kinds.clear();
      this.#kinds.set(name, { message, repeats: 0, sinceMs: nowMs, lastMs: nowMs });
      this.#log.error({ err: error }, "trouble");
      return;
    }
    known.repeats += 1;
    known.lastMs = nowMs;
    this.#tellRepeats(known, nowMs);
  }

  /** To be asked now and then: repeats are told though nothing follows them, and what is over for a minute is new when it comes again. */
  look(): void {
    const nowMs = this.#nowMs();
    for (const [name, kind] of this.#kinds) {
      this.#tellRepeats(kind, nowMs);
      if (nowMs - kind.lastMs >= TELL_EVERY_MS) this.#kinds.delete(name);
    }
  }

  #tellRepeats(kind: Kind, nowMs: number): void {
    if (kind.repeats === 0 || nowMs - kind.sinceMs < TELL_EVERY_MS) return;
    const seconds = Math.round((nowMs - kind.sinceMs) / 1_000);
    this.#log.error({ trouble: kind.message, repeats: kind.repeats, seconds }, "the same trouble again, as often as repeats says");
    kind.repeats = 0;
    kind.sinceMs = nowMs;
  }
}
