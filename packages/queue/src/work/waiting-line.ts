/**
 * The line of one process: jobs that the gate told to wait, the urgent first, then in order of arrival. Each asks the gate once when it
 * comes; after that only the first asks again, at the moment the gate named. It decides nothing about a job.
 */
import { performance } from "node:perf_hooks";
import type { Gate, GateAnswer, GateRequest } from "../ledger/gate.ts";

type Granted = Extract<GateAnswer, { kind: "granted" }>;

export type WaitingLineAnswer =
  | Exclude<GateAnswer, { kind: "wait" | "granted" }>
  /** `askedAtMs`: the process's monotonic clock just before the gate was asked; the call's deadline counts from there. */
  | (Granted & { askedAtMs: number })
  | { kind: "handed_back" };

type Asked = Exclude<WaitingLineAnswer, { kind: "handed_back" }> | Extract<GateAnswer, { kind: "wait" }>;

type Head = {
  request: GateRequest;
  arrival: number;
  resolve: (answer: WaitingLineAnswer) => void;
  reject: (error: unknown) => void;
};

export type WaitingLineOptions = {
  /** Most calls in flight in this process. */
  maxInFlight: number;
  /** Told when a job joins the line, is parked or put off, with the gate's reason. */
  onWait?: (reason: string) => void;
  /** Dice in [0, 1) for the jitter; tests hand in theirs. */
  random?: () => number;
};

/** A slot may become free earlier than the gate could know; a sleep never lasts longer than this, ms. */
const LONGEST_SLEEP_MS = 1_000;
const JITTER_MS = 5;

export class WaitingLine {
  readonly #gate: Gate;
  readonly #options: WaitingLineOptions;
  readonly #heads: Head[] = [];
  #inFlight = 0;
  #arrivals = 0;
  #timer: NodeJS.Timeout | null = null;
  #asking = false;
  /** The head whose answer is on its way. */
  #asked: Head | null = null;
  #draining = false;

  constructor(gate: Gate, options: WaitingLineOptions) {
    this.#gate = gate;
    this.#options = options;
  }

  get waiting(): number {
    return this.#heads.length;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /**
   * Asks for a call to leave; settles when the gate gave a lasting answer. A granted call must be ended with `done`.
   * `onLined` is called once, if and when the job has to wait. Rejects when Redis failed.
   */
  async pass(request: GateRequest, onLined: () => void): Promise<WaitingLineAnswer> {
    const answer = await this.#pass(request, onLined);
    if (answer.kind === "parked") this.#options.onWait?.(answer.why);
    if (answer.kind === "snooze") this.#options.onWait?.(answer.reason);
    return answer;
  }

  async #pass(request: GateRequest, onLined: () => void): Promise<WaitingLineAnswer> {
    if (this.#draining) return { kind: "handed_back" };
    if (this.#inFlight < this.#options.maxInFlight && !this.#mustQueueBehind(request)) {
      const answer = await this.#ask(request);
      if (answer.kind !== "wait") return answer;
      if (this.#draining) return { kind: "handed_back" };
      this.#options.onWait?.(answer.reason);
      onLined();
      return await this.#join(request, answer.forMs);
    }
    this.#options.onWait?.("worker_full");
    onLined();
    return await this.#join(request, LONGEST_SLEEP_MS);
  }

  /** A granted call came to its end. */
  done(): void {
    this.#inFlight -= 1;
    if (this.#inFlight === this.#options.maxInFlight - 1 && this.#heads.length > 0) this.#wakeIn(0);
  }

  /** Hands every waiting job back, now and from now on; one whose question is out waits for the answer, which may be a grant. */
  drain(): void {
    this.#draining = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const head of this.#heads.splice(0)) {
      if (head === this.#asked) this.#heads.push(head);
      else head.resolve({ kind: "handed_back" });
    }
  }

  /** At the process's own bound nobody may overtake those who wait. */
  #mustQueueBehind(request: GateRequest): boolean {
    return this.#inFlight + this.#heads.length >= this.#options.maxInFlight && !request.urgent && this.#heads.length > 0;
  }

  async #ask(request: GateRequest): Promise<Asked> {
    this.#inFlight += 1;
    let granted = false;
    const askedAtMs = performance.now();
    try {
      const answer = await this.#gate.ask(request);
      if (answer.kind !== "granted") return answer;
      granted = true;
      return { ...answer, askedAtMs };
    } finally {
      if (!granted) this.#inFlight -= 1;
    }
  }

  async #join(request: GateRequest, forMs: number): Promise<WaitingLineAnswer> {
    return await new Promise<WaitingLineAnswer>((resolve, reject) => {
      const head: Head = { request, arrival: this.#arrivals++, resolve, reject };
      const at = request.urgent ? this.#heads.findIndex((other) => !other.request.urgent) : -1;
      this.#heads.splice(at === -1 ? this.#heads.length : at, 0, head);
      if (this.#heads[0] === head || this.#timer === null) this.#wakeIn(forMs);
    });
  }

  #wakeIn(forMs: number): void {
    if (this.#draining || this.#asking) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const jitterMs = (this.#options.random ?? Math.random)() * JITTER_MS;
    this.#timer = setTimeout(() => void this.#serve(), Math.min(forMs, LONGEST_SLEEP_MS) + jitterMs);
  }

  /** Asks for the first until one has to wait. */
  async #serve(): Promise<void> {
    this.#timer = null;
    if (this.#asking) return;
    this.#asking = true;
    let sleepMs = LONGEST_SLEEP_MS;
    try {
      while (!this.#draining && this.#inFlight < this.#options.maxInFlight) {
        const head = this.#heads[0];
        if (head === undefined) return;
        const askedAtMs = performance.now();
        this.#asked = head;
        const answer = await this.#ask(head.request).catch((error: unknown) => ({ kind: "failed", error }) as const);
        this.#asked = null;
        if (answer.kind === "wait" && !this.#draining) {
          // Somebody more urgent may have come to the front meanwhile.
          if (this.#heads[0] !== head) continue;
          sleepMs = Math.max(0, answer.forMs - (performance.now() - askedAtMs) / 2);
          return;
        }
        this.#heads.splice(this.#heads.indexOf(head), 1);
        if (answer.kind === "failed") head.reject(answer.error);
        else if (answer.kind === "wait") head.resolve({ kind: "handed_back" });
        else head.resolve(answer);
      }
    } finally {
      this.#asking = false;
      if (this.#heads.length > 0) this.#wakeIn(sleepMs);
    }
  }
}
