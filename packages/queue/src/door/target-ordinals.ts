/**
 * Which line of its target each line of a batch is, for any number of lines: 34 MB for a million targets. It knows targets and contents by digest
 * alone, and forgets nothing while its batch is read.
 */
import { hash } from "node:crypto";

/** `ordinal`: counted from 1 among the lines of the target; `copy`: among those of them with the same content. */
export type Place = { ordinal: number; copy: number };

const FIRST_SLOTS = 256;
/** Above it a look-up meets too many others. */
const MOST_FULL = 0.85;

/** Counts by 64 bits of a digest, in an open table of numbers: 16 bytes a place. */
class Counts {
  #slots = FIRST_SLOTS;
  #used = 0;
  #high = new Uint32Array(FIRST_SLOTS);
  #low = new Uint32Array(FIRST_SLOTS);
  #count = new Uint32Array(FIRST_SLOTS);
  /** The content with which the first count of each came. */
  #first = new Uint32Array(FIRST_SLOTS);

  /** Counts one more; answers the new count, and what the first one came with. */
  add(digest: Buffer, mark: number): { count: number; first: number } {
    if (this.#used >= this.#slots * MOST_FULL) this.#grow();
    const slot = this.#find(digest.readUInt32LE(0), digest.readUInt32LE(4));
    if (this.#count[slot] === 0) {
      this.#used += 1;
      this.#high[slot] = digest.readUInt32LE(0);
      this.#low[slot] = digest.readUInt32LE(4);
      this.#first[slot] = mark;
    }
    const count = (this.#count[slot] ?? 0) + 1;
    this.#count[slot] = count;
    return { count, first: this.#first[slot] ?? 0 };
  }

  #find(high: number, low: number): number {
    let slot = low & (this.#slots - 1);
    while (this.#count[slot] !== 0 && (this.#high[slot] !== high || this.#low[slot] !== low)) slot = (slot + 1) & (this.#slots - 1);
    return slot;
  }

  #grow(): void {
    const [high, low, count, first] = [this.#high, this.#low, this.#count, this.#first];
    this.#slots *= 2;
    this.#high = new Uint32Array(this.#slots);
    this.#low = new Uint32Array(this.#slots);
    this.#count = new Uint32Array(this.#slots);
    this.#first = new Uint32Array(this.#slots);
    for (const [at, some] of count.entries()) {
      if (some === 0) continue;
      const slot = this.#find(high[at] ?? 0, low[at] ?? 0);
      this.#high[slot] = high[at] ?? 0;
      this.#low[slot] = low[at] ?? 0;
      this.#count[slot] = some;
      this.#first[slot] = first[at] ?? 0;
    }
  }
}

export class TargetOrdinals {
  readonly #targets = new Counts();
  /** Contents of lines that are not the first of their target: most targets have one line. */
  readonly #others = new Counts();

  /** The place of the next line of a target, by its digest and its content's. `content` is null for a line that was refused: it keeps its place. */
  next(target: string, content: string | null): Place {
    const mark = content === null ? 0 : bytesOf(content).readUInt32LE(0) || 1;
    const { count: ordinal, first } = this.#targets.add(bytesOf(target), mark);
    if (ordinal === 1 || content === null) return { ordinal, copy: 1 };
    const { count } = this.#others.add(bytesOf(hash("sha256", `${target}\n${content}`, "base64url")), 0);
    return { ordinal, copy: count + (first === mark ? 1 : 0) };
  }
}

/** The first 64 bits of a digest. */
function bytesOf(digest: string): Buffer {
  return Buffer.from(digest.slice(0, 11), "base64url");
}
