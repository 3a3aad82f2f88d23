/** Counts what was done on LinkedIn, and what was done twice. Texts are kept as digests only. */
import { hash } from "node:crypto";

export type Sent = { seq: number; operation: string; account: string; target: string; text: string };

/** The same operation, account, target and text, done more than once. `seqs`: the journal's lines, the first hundred. */
export type Double = { operation: string; account: string; target: string; count: number; seqs: number[] };
const MAX_SEQS = 100;

export class Effects {
  readonly #firstSeqs = new Map<string, number>();
  readonly #doubles = new Map<string, Double>();
  readonly byOperation = new Map<string, number>();
  #done = 0;

  get done(): number {
    return this.#done;
  }

  /** Sends too many: each double's count less one. */
  get repeated(): number {
    return this.#done - this.#firstSeqs.size;
  }

  record(sent: Sent): void {
    this.#done += 1;
    this.byOperation.set(sent.operation, (this.byOperation.get(sent.operation) ?? 0) + 1);
    const { seq, operation, account, target } = sent;
    const digest = hash("sha256", JSON.stringify([operation, account, target, sent.text]), "base64url");
    const firstSeq = this.#firstSeqs.get(digest);
    if (firstSeq === undefined) {
      this.#firstSeqs.set(digest, seq);
      return;
    }
    const double = this.#doubles.get(digest) ?? { operation, account, target, count: 1, seqs: [firstSeq] };
    double.count += 1;
    if (double.seqs.length < MAX_SEQS) double.seqs.push(seq);
    this.#doubles.set(digest, double);
  }

  /** Doubles in the order in which they were first repeated, at most `limit`. */
  doubles(limit: number): Double[] {
    return [...this.#doubles.values()].slice(0, limit).map((double) => ({ ...double, seqs: [...double.seqs] }));
  }
}
