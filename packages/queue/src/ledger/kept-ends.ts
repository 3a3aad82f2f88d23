/**
 * Ends of jobs that this process settled lately, kept in its memory: a Redis that comes back older has lost some that were told, and would have the same jobs end
 * `unknown`. They are settled again then, with the same outcome. Beside them those that were noted outside of Redis before this process started. Bounded in count,
 * size and age.
 */
import { type JobRef, jobDigest } from "../job/job-ref.ts";
import { redisTrouble } from "../redis/trouble.ts";
import type { Gate } from "./gate.ts";
import { becameOf, type EndLine, lineDigest, type NotedEnd, noteOf, settlementOfNote } from "./noted-end.ts";
import type { Outbox } from "./outbox.ts";
import { unpackOutcome } from "./outcome-store.ts";
import { type End, exhaustedOf, type Settlement } from "./settlement.ts";

/** An hour's work at 300 calls a minute, and more. */
const MOST = 20_000;
/** Of packed outcomes, bytes. */
const MOST_BYTES = 16 * 1_048_576;
/** A file from the night before is put back as often as any. */
const LONGEST_MS = 86_400_000;
/** As many are settled again at once. */
const AT_ONCE = 50;

type KeptEnd = { settlement: Settlement; packed: Buffer; atMs: number };
type Parts = { gate: Gate; outbox: Outbox };

export class KeptEnds {
  readonly #ends = new Map<string, KeptEnd>();
  readonly #noted = new Map<string, NotedEnd>();
  readonly #note: (line: EndLine) => void;
  /** Calls whose end is noted and not settled yet: a settlement that Redis refuses is repeated. */
  readonly #begun = new Set<string>();
  #bytes = 0;

  /** `note` hears of each end, for a worker that starts anew. */
  constructor(note: (line: EndLine) => void = () => undefined) {
    this.#note = note;
  }

  /** Takes lines that were noted before this process started, the latest last. */
  take(lines: readonly EndLine[]): void {
    const fromMs = Date.now() - LONGEST_MS;
    for (const line of lines) {
      const digest = lineDigest(line);
      const before = this.#noted.get(digest);
      if ("became" in line) {
        if (line.became === "untold") this.#noted.delete(digest);
        else if (before !== undefined) this.#noted.set(digest, { ...before, isTold: true });
      } else if (line.notedAtMs >= fromMs) {
        this.#noted.delete(digest);
        this.#noted.set(digest, line);
      }
    }
    for (const oldest of this.#noted.keys()) {
      if (this.#noted.size <= MOST) return;
      this.#noted.delete(oldest);
    }
  }

  /**
   * A settlement is about to be carried out. The end of a call that left is noted before: its word is true, and it may be told with nobody here hearing that
   * it was.
   */
  begin(settlement: Settlement): void {
    const end = endToldBy(settlement);
    if (end === null || !isNotedBefore(settlement) || this.#begun.has(settlement.callId)) return;
    this.#begun.add(settlement.callId);
    this.#note(noteOf(settlement, end, false));
  }

  /** Keeps a settlement that ended its job, as of `atMs`, by `performance.now()`; or forgets that it began. Nobody was told of a log-in. */
  end(settlement: Settlement, { isEnded, atMs }: { isEnded: boolean; atMs: number }): void {
    this.#begun.delete(settlement.callId);
    const end = endToldBy(settlement);
    const packed = end?.outcome ?? null;
    if (end === null || packed === null) return;
    if (!isEnded) {
      if (isNotedBefore(settlement)) this.#note(becameOf(settlement, "untold"));
      return;
    }
    this.#note(isNotedBefore(settlement) ? becameOf(settlement, "told") : noteOf(settlement, end, true));
    const own = copyOf(packed);
    this.#keep({ settlement: toldBefore(settlement, { ...end, outcome: own }), packed: own, atMs });
  }

  /**
   * Settles all of them again where the ledger does not know that they are, and publishes those that are whole. Answers how many it did not know. Throws when Redis
   * can't be asked; `onError` hears of each that it refuses.
   */
  async settleAgain(parts: Parts, onError: (error: unknown) => void): Promise<number> {
    const whole = [...this.#ends.values()].map((end) => () => publishAgain(parts, end));
    const noted = [...this.#noted].flatMap(([digest, note]) => (this.#ends.has(digest) ? [] : [() => settleNote(parts, note)]));
    const all = [...whole, ...noted];
    let count = 0;
    for (let from = 0; from < all.length; from += AT_ONCE) {
      const settled = await Promise.all(all.slice(from, from + AT_ONCE).map((settle) => tried(settle, onError)));
      count += settled.filter(Boolean).length;
    }
    return count;
  }

  #keep(kept: KeptEnd): void {
    const digest = jobDigest(kept.settlement.ref);
    this.#drop(digest);
    this.#ends.set(digest, kept);
    this.#bytes += kept.packed.length;
    for (const [oldest, { atMs }] of this.#ends) {
      if (this.#ends.size <= MOST && this.#bytes <= MOST_BYTES && kept.atMs - atMs <= LONGEST_MS) return;
      this.#drop(oldest);
    }
  }

  #drop(digest: string): void {
    const kept = this.#ends.get(digest);
    if (kept === undefined) return;
    this.#ends.delete(digest);
    this.#bytes -= kept.packed.length;
  }
}

/** Bytes of their own: a small buffer is a part of one of 8 KB that it shares with whatever else was made then, and that stays as long as it does. */
function copyOf(packed: Buffer): Buffer {
  const own = Buffer.allocUnsafeSlow(packed.length);
  packed.copy(own);
  return own;
}

/** The end that a settlement may tell; null for one that tells none, or did before. */
function endToldBy({ next, wasTold = false }: Settlement): End | null {
  if (wasTold) return null;
  const end = next.kind === "end" ? next : exhaustedOf(next);
  return end === null || end.outcome === null ? null : end;
}

/** Of a job that made no call only its settlement knows whether it ends so; whether attempts are used up, too. */
function isNotedBefore({ next, left }: Settlement): boolean {
  return next.kind === "end" && left;
}

/** The settlement as far as the ledger counts it. Its words on key, account and slot are over. */
function toldBefore({ ref, ...settlement }: Settlement, { status, code, outcome }: End): Settlement {
  const { queue, id, timestamp }: JobRef = ref;
  const { callId, operation, accountId, campaignId, recipientId, redrive, left, answered, charge, price, uncertain } = settlement;
  return {
    ref: { queue, id, timestamp },
    callId,
    operation,
    accountId,
    campaignId,
    recipientId: recipientId ?? null,
    redrive: redrive ?? false,
    left,
    answered,
    serverError: false,
    charge,
    price,
    uncertain: uncertain ?? 0,
    next: { kind: "end", status, code, outcome },
    wasTold: true,
  };
}

async function publishAgain({ gate, outbox }: Parts, { settlement, packed }: KeptEnd): Promise<boolean> {
  const outcome = unpackOutcome(packed);
  const answer = await gate.settle({ ...settlement, publishes: outcome });
  if (answer.kind === "ended" && answer.published !== true) await outbox.publish(jobDigest(settlement.ref), outcome);
  return answer.kind === "ended";
}

async function settleNote({ gate, outbox }: Parts, note: NotedEnd): Promise<boolean> {
  const { settlement, outcome } = settlementOfNote(note);
  const answer = await gate.settle(settlement);
  if (answer.kind === "ended" && answer.published !== true) await outbox.publish(jobDigest(settlement.ref), outcome);
  return answer.kind === "ended";
}

async function tried(settle: () => Promise<boolean>, onError: (error: unknown) => void): Promise<boolean> {
  try {
    return await settle();
  } catch (error) {
    if (redisTrouble(error) !== null) throw error;
    onError(error);
    return false;
  }
}
