/**
 * How many jobs a BullMQ worker may hold: those in flight and one head of the waiting line. Grows while the gate answers immediately, with a
 * grant or by parking (slow start: doubling to 16, then +1 to 64), falls back to 1 when a job has to wait; one more when an urgent job waits
 * behind heads of the line.
 * Pure arithmetic; the call worker applies it.
 */
const WIDEST = 64;
/** Above this, two processes that fetch consecutive jobs of one account may swap them; the width falls back to it once a job is parked. */
const WIDE = 16;

export class FetchWidth {
  #inFlight = 0;
  /** Fetched and not granted: being asked for, in line, or on their way out. */
  #notGranted = 0;
  #capacity = 1;
  #urgentWaits = false;

  /** Jobs the worker may hold now. */
  get concurrency(): number {
    return this.#inFlight + Math.max(this.#capacity, this.#urgentWaits ? this.#notGranted + 1 : 0);
  }

  fetched(urgent: boolean): void {
    this.#notGranted += 1;
    if (!urgent) this.#urgentWaits = false;
  }

  /** `atOnce`: on the first asking, and not for being urgent. Urgent jobs always are, also when the window is full. */
  granted({ atOnce }: { atOnce: boolean }): void {
    this.#notGranted -= 1;
    this.#inFlight += 1;
    if (!atOnce) this.#capacity = 1;
    else this.#capacity = this.#capacity < WIDE ? Math.min(WIDE, this.#capacity * 2) : Math.min(WIDEST, this.#capacity + 1);
  }

  /** A run of jobs of one busy account is passed quickly. */
  parked(): void {
    this.#capacity = Math.min(WIDE, this.#capacity * 2);
  }

  /** A head waits: fetching more would only hold jobs. */
  lined(): void {
    this.#capacity = 1;
  }

  /** Urgent jobs wait in the queue behind a bulk head: one more may be fetched, until a job comes that is not urgent. */
  urgentWaits(): void {
    this.#urgentWaits = true;
  }

  /** A job left this worker's hands, granted before or not. */
  ended({ granted }: { granted: boolean }): void {
    if (granted) this.#inFlight -= 1;
    else this.#notGranted -= 1;
  }
}
