/**
 * Compares Redis's clock with this process's own, which only ever runs, and closes the key for one window where Redis's jumped: places of the window may be
 * free too early. The moment at which Redis read its clock lies between question and answer, so a slow answer is no jump, and what one hides the next tells.
 */

/** A look: this process's monotonic clock before the question and after the answer, and Redis's clock in it, ms. */
export type ClockLook = { askedMs: number; answeredMs: number; clockMs: number };

export type ClockWatchParts = {
  /** Closes the key for one window. */
  close: (jumpMs: number) => Promise<unknown>;
  /** Hears of each jump, once. */
  onJump: (jumpMs: number) => void;
};

/** Two clocks that run well differ by less, ms. */
const TOLERANCE_MS = 50;
/** A clock that is set right little by little runs at most this much faster or slower: the bound of Linux, 500 ppm. */
const SLEW = 0.0005;

/** By how much Redis's clock is ahead of this process's, between these, ms. */
type Ahead = { leastMs: number; mostMs: number; atMs: number };
type Owed = { jumpMs: number; closed: Promise<void> | null };

export class ClockWatch {
  readonly #parts: ClockWatchParts;
  #ahead: Ahead | null = null;
  #noticedAtMs = Number.NEGATIVE_INFINITY;
  #owed: Owed | null = null;

  constructor(parts: ClockWatchParts) {
    this.#parts = parts;
  }

  /** Takes a look. Settles when the key is closed, where it has to be, also for a jump that another look saw. Throws when Redis can't be asked to: it is owed still. */
  async look(look: ClockLook): Promise<void> {
    const jumpMs = this.#see(look);
    if (jumpMs !== 0) {
      this.#owed = { jumpMs, closed: null };
      this.#parts.onJump(jumpMs);
    }
    if (this.#owed !== null) await this.#close(this.#owed);
  }

  /** By how much Redis's clock jumped, at least; below 0: back, 0: it did not. */
  #see({ askedMs, answeredMs, clockMs }: ClockLook): number {
    // A question from before the jump that is known: its answer may be of before, too.
    if (askedMs < this.#noticedAtMs) return 0;
    const look: Ahead = { leastMs: clockMs - answeredMs, mostMs: clockMs - askedMs, atMs: answeredMs };
    const known = this.#ahead;
    if (known === null) {
      this.#ahead = look;
      return 0;
    }
    const slackMs = SLEW * Math.max(0, answeredMs - known.atMs);
    const leastMs = Math.max(known.leastMs - slackMs, look.leastMs);
    const mostMs = Math.min(known.mostMs + slackMs, look.mostMs);
    const apartMs = leastMs - mostMs;
    this.#ahead = apartMs > 0 ? look : { leastMs, mostMs, atMs: answeredMs };
    if (apartMs <= TOLERANCE_MS) return 0;
    this.#noticedAtMs = answeredMs;
    return Math.round(apartMs) * (look.leastMs > known.mostMs ? 1 : -1);
  }

  async #close(owed: Owed): Promise<void> {
    owed.closed ??= this.#parts.close(owed.jumpMs).then(
      () => {
        if (this.#owed === owed) this.#owed = null;
      },
      (error: unknown) => {
        owed.closed = null;
        throw error;
      },
    );
    await owed.closed;
  }
}
