/**
 * Ends of jobs that this process settled lately, kept in its memory: a Redis that comes back older has lost some that were told, and would have the same jobs end
 * `unknown`. They are settled again then, with the same outcome. Bounded in count, size and age.
 */
import { type JobRef, jobDigest } from "../job/job-ref.ts";
import { redisTrouble } from "../redis/trouble.ts";
import type { Gate } from "./gate.ts";
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
  #bytes = 0;

  /** Keeps a settlement that ended its job; `atMs`: now, by `performance.now()`. Nobody was told of a log-in. */
  keep(settlement: Settlement, atMs: number): void {
    const end = endOfJob(settlement);
    const packed = end?.outcome ?? null;
    if (settlement.wasTold === true || end === null || packed === null) return;
    const digest = jobDigest(settlement.ref);
    this.#drop(digest);
    this.#ends.set(digest, { settlement: toldBefore(settlement, end), packed, atMs });
    this.#bytes += packed.length;
    for (const [oldest, { atMs: since }] of this.#ends) {
      if (this.#ends.size <= MOST && this.#bytes <= MOST_BYTES && atMs - since <= LONGEST_MS) return;
      this.#drop(oldest);
    }
  }

  /**
   * Settles all of them again where the ledger does not know that they are, and publishes those. Answers how many it did not know. Throws when Redis can't be asked;
   * `onError` hears of each that it refuses.
   */
  async settleAgain(parts: Parts, onError: (error: unknown) => void): Promise<number> {
    const ends = [...this.#ends.values()];
    let count = 0;
    for (let from = 0; from < ends.length; from += AT_ONCE) {
      const settled = await Promise.all(ends.slice(from, from + AT_ONCE).map((end) => settleOne(parts, end, onError)));
      count += settled.filter(Boolean).length;
    }
    return count;
  }

  #drop(digest: string): void {
    const kept = this.#ends.get(digest);
    if (kept === undefined) return;
    this.#ends.delete(digest);
    this.#bytes -= kept.packed.length;
  }
}

function endOfJob({ next }: Settlement): End | null {
  return next.kind === "end" ? next : exhaustedOf(next);
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

async function settleOne({ gate, outbox }: Parts, { settlement, packed }: KeptEnd, onError: (error: unknown) => void): Promise<boolean> {
  try {
    const outcome = unpackOutcome(packed);
    const answer = await gate.settle({ ...settlement, publishes: outcome });
    if (answer.kind !== "ended") return false;
    if (answer.published !== true) await outbox.publish(jobDigest(settlement.ref), outcome);
    return true;
  } catch (error) {
    if (redisTrouble(error) !== null) throw error;
    onError(error);
    return false;
  }
}
