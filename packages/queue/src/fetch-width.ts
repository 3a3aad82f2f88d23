/**
 * How many jobs a BullMQ worker may hold: those in flight and one head in line. More, for a moment, while fetched jobs are being parked
 * or an urgent one waits behind a bulk head. Pure arithmetic; the call worker applies it.
 */
const WIDEST = 8;

export class FetchWidth {
  #inFlight = 0;
  #room = 1;
  #urgentExtra = 0;

  /** Jobs the worker may hold now. */
  get concurrency(): number {
    return Math.max(1, this.#inFlight + this.#room + this.#urgentExtra);
  }

  granted(): void {
    this.#inFlight += 1;
    this.#room = 1;
  }

  /** The call of a granted job came to its end. */
  ended(): void {
    this.#inFlight -= 1;
  }

  /** A run of jobs of one busy account is passed quickly. */
  parked(): void {
    this.#room = Math.min(WIDEST, this.#room * 2);
  }

  /** A head waits: fetching more would only hold jobs. */
  lined(): void {
    this.#room = 1;
  }

  /** Urgent jobs wait in the queue behind a bulk head: one more may be fetched, until a job comes that is not urgent. */
  urgentWaits(): void {
    this.#urgentExtra = 1;
  }

  fetched(urgent: boolean): void {
    if (!urgent) this.#urgentExtra = 0;
  }
}
