/**
 * Every request, in order of arrival, in compact columns so that millions fit. It holds fingerprints and addresses, never a key, a token,
 * a password or a text. Above its capacity the oldest go, and `dropped` says how many.
 */
import type { Effect } from "@linkup-queue/contracts";

/** `pending`: not decided yet. `aborted`: the client left before its body was complete; nothing was done or charged. */
export type JournalStatus = number | "pending" | "hang" | "reset" | "aborted";
const WORDS = ["pending", "hang", "reset", "aborted"] as const;

export type JournalEntry = {
  seq: number;
  /** Milliseconds since the sandbox started, monotonic, at full resolution. */
  arrivalMs: number;
  /** When the answer was handed to the socket; null while waiting and for hang, reset and aborted. */
  answeredMs: number | null;
  time: string;
  /** The key's fingerprint, `none` without a key. */
  key: string;
  path: string;
  /** Null for an unknown path. */
  operation: string | null;
  /** E-mail of the token's owner, `token:<fingerprint>` for a token that was brought along; null where unknown. */
  account: string | null;
  target: string | null;
  status: JournalStatus;
  charged: number;
  /** Whether the call changed anything on LinkedIn, or made a token. */
  effect: Exclude<Effect, "unknown">;
  /** The fault that the scenario chose for this request, null for none. */
  fault: string | null;
  /** The client was gone when the answer was ready. */
  abandoned: boolean;
};

export type Arrival = Pick<JournalEntry, "arrivalMs" | "key" | "path" | "operation">;
export type Settlement = Pick<JournalEntry, "account" | "target" | "status" | "charged" | "effect" | "fault">;

const CHUNK = 8192;

class Chunk {
  readonly arrivalMs = new Float64Array(CHUNK);
  readonly answeredMs = new Float64Array(CHUNK).fill(Number.NaN);
  readonly status = new Uint16Array(CHUNK);
  readonly charged = new Uint32Array(CHUNK);
  readonly effect = new Uint8Array(CHUNK);
  readonly abandoned = new Uint8Array(CHUNK);
  readonly key: string[] = [];
  readonly path: string[] = [];
  readonly operation: (string | null)[] = [];
  readonly account: (string | null)[] = [];
  readonly target: (string | null)[] = [];
  readonly fault: (string | null)[] = [];
}

/** One request's line, to be filled in when it is decided and answered. */
export class JournalLine {
  readonly seq: number;
  readonly #chunk: Chunk;
  readonly #index: number;

  constructor(seq: number, chunk: Chunk, index: number) {
    this.seq = seq;
    this.#chunk = chunk;
    this.#index = index;
  }

  settle(settlement: Settlement): void {
    const { status } = settlement;
    this.#chunk.status[this.#index] = typeof status === "number" ? status : WORDS.indexOf(status);
    this.#chunk.charged[this.#index] = settlement.charged;
    this.#chunk.effect[this.#index] = settlement.effect === "done" ? 1 : 0;
    this.#chunk.account[this.#index] = settlement.account;
    this.#chunk.target[this.#index] = settlement.target;
    this.#chunk.fault[this.#index] = settlement.fault;
  }

  answered(answeredMs: number): void {
    this.#chunk.answeredMs[this.#index] = answeredMs;
  }

  abandon(): void {
    this.#chunk.abandoned[this.#index] = 1;
  }
}

export class Journal {
  readonly #epochMs: number;
  readonly #maxChunks: number;
  #chunks: Chunk[] = [];
  #firstSeq = 1;
  #nextSeq = 1;

  /** `epochMs`: the wall clock at arrivalMs 0. `capacity`: lines kept, rounded up to chunks of 8,192. */
  constructor(epochMs: number, capacity: number) {
    this.#epochMs = epochMs;
    this.#maxChunks = Math.max(2, Math.ceil(capacity / CHUNK) + 1);
  }

  get size(): number {
    return this.#nextSeq - this.#firstSeq;
  }

  get dropped(): number {
    return this.#firstSeq - 1;
  }

  open(arrival: Arrival): JournalLine {
    const index = this.size % CHUNK;
    if (index === 0 && this.size === this.#chunks.length * CHUNK) this.#grow();
    const chunk = this.#chunkOf(this.#nextSeq);
    chunk.arrivalMs[index] = arrival.arrivalMs;
    chunk.key[index] = arrival.key;
    chunk.path[index] = arrival.path;
    chunk.operation[index] = arrival.operation;
    const line = new JournalLine(this.#nextSeq, chunk, index);
    this.#nextSeq += 1;
    return line;
  }

  /** Lines with a seq above `since`, at most `limit`, oldest first. */
  read({ since = 0, limit = Number.POSITIVE_INFINITY }: { since?: number; limit?: number } = {}): JournalEntry[] {
    const first = Math.max(since + 1, this.#firstSeq);
    const count = Math.max(0, Math.min(limit, this.#nextSeq - first));
    return Array.from({ length: count }, (_, i) => this.#entry(first + i));
  }

  /** Calls back with each kept arrival in order. */
  eachArrival(visit: (arrivalMs: number, key: string) => void): void {
    for (let seq = this.#firstSeq; seq < this.#nextSeq; seq += 1) {
      const chunk = this.#chunkOf(seq);
      const index = (seq - this.#firstSeq) % CHUNK;
      visit(chunk.arrivalMs[index] ?? 0, chunk.key[index] ?? "none");
    }
  }

  /** Whole chunks come and go, so that `firstSeq` always stands at the head of a chunk. */
  #grow(): void {
    if (this.#chunks.length === this.#maxChunks) {
      this.#chunks.shift();
      this.#firstSeq += CHUNK;
    }
    this.#chunks.push(new Chunk());
  }

  #chunkOf(seq: number): Chunk {
    const chunk = this.#chunks[Math.floor((seq - this.#firstSeq) / CHUNK)];
    if (chunk === undefined) throw new RangeError(`The journal has no line ${seq}`);
    return chunk;
  }

  #entry(seq: number): JournalEntry {
    const chunk = this.#chunkOf(seq);
    const i = (seq - this.#firstSeq) % CHUNK;
    const arrivalMs = chunk.arrivalMs[i] ?? 0;
    const answeredMs = chunk.answeredMs[i] ?? Number.NaN;
    const status = chunk.status[i] ?? 0;
    return {
      seq,
      arrivalMs,
      answeredMs: Number.isNaN(answeredMs) ? null : answeredMs,
      time: new Date(this.#epochMs + arrivalMs).toISOString(),
      key: chunk.key[i] ?? "none",
      path: chunk.path[i] ?? "",
      operation: chunk.operation[i] ?? null,
      account: chunk.account[i] ?? null,
      target: chunk.target[i] ?? null,
      status: WORDS[status] ?? status,
      charged: chunk.charged[i] ?? 0,
      effect: chunk.effect[i] === 1 ? "done" : "none",
      fault: chunk.fault[i] ?? null,
      abandoned: chunk.abandoned[i] === 1,
    };
  }
}
