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

  /** Tells one error in a line of these words, or counts it as a repeat: the same error in other words is another trouble. */
  see(error: unknown, words = "trouble", facts: object = {}): void {
    const message = error instanceof Error ? error.message.slice(0, MOST_CHARACTERS) : typeof error;
    const name = `${words} ${error instanceof Error ? error.name : ""} ${message}`;
    this.count({ name, message }, () => this.#log.error({ err: error, ...facts }, words));
  }

  /** Tells, in the caller's own way, what is the first of this name, and counts what is not. */
  count({ name, message }: { name: string; message: string }, tell: () => void): void {
    const nowMs = this.#nowMs();
    const known = this.#kinds.get(name);
    if (known === undefined) {
      if (this.#kinds.size >= MOST_KINDS) this.end();
      this.#kinds.set(name, { message, repeats: 0, sinceMs: nowMs, lastMs: nowMs });
      tell();
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

  /** Tells the repeats that were not told yet, and forgets all kinds: the process stops. */
  end(): void {
    for (const kind of this.#kinds.values()) this.#tellRepeats(kind, this.#nowMs(), 0);
    this.#kinds.clear();
  }

  #tellRepeats(kind: Kind, nowMs: number, afterMs = TELL_EVERY_MS): void {
    if (kind.repeats === 0 || nowMs - kind.sinceMs < afterMs) return;
    const seconds = Math.round((nowMs - kind.sinceMs) / 1_000);
    this.#log.error({ trouble: kind.message, repeats: kind.repeats, seconds }, "the same trouble again, as often as repeats says");
    kind.repeats = 0;
    kind.sinceMs = nowMs;
  }
}
