/**
 * The keys `<key>/<line>` that the lines of a batch had before keys went by target, as far as they are on record: a list that was sent then is not
 * done again when it is sent again. It only looks, and remembers what it saw around the lines that are being read.
 */
import { type Batch, FINGERPRINT_LENGTH, formerKeyOf, idOfOwnKey } from "../job/job-key.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import { formerKeysScript } from "./lua/former-keys.ts";

/** A line that has moved by more is not found; the batch's other lines tell that it may have been accepted. */
const WINDOW = 1_000;
/** So many lines are read at once. */
const BLOCK = 500;

/** `at`: under the key of which line this content was accepted. `other`: the batch's key was used by line, for other contents. */
export type Former = { at: number } | "other" | "none";

export class FormerLineKeys {
  readonly #batch: Batch;
  readonly #ledgerDays: number;
  readonly #lineOf = new Map<string, number>();
  readonly #fingerprintAt = new Map<number, string>();
  #readTo = 0;
  #isUsed = false;
  #isOver = false;

  constructor(batch: Batch, ledgerDays: number) {
    this.#batch = batch;
    this.#ledgerDays = ledgerDays;
  }

  /** The records accepted for these lines, which come in their order. */
  async find(lines: readonly { line: number; fingerprint: string }[], scripts: RedisScripts): Promise<Former[]> {
    const found: Former[] = [];
    // Whatever line comes first: a list that was sent before has lines here.
    if (this.#readTo === 0) await this.#readAround(1, scripts);
    for (const { line, fingerprint } of lines) {
      if (!this.#isOver && this.#readTo < line + WINDOW) await this.#readAround(line, scripts);
      const at = this.#fingerprintAt.get(line) === fingerprint ? line : this.#lineOf.get(fingerprint);
      found.push(at !== undefined ? { at } : this.#isUsed ? "other" : "none");
    }
    return found;
  }

  async #readAround(line: number, scripts: RedisScripts): Promise<void> {
    const from = Math.max(this.#readTo + 1, line - WINDOW);
    const to = line + WINDOW + BLOCK;
    const lines = Array.from({ length: to - from + 1 }, (_none, at) => from + at);
    const formerIds = lines.map((one) => idOfOwnKey(formerKeyOf(this.#batch, one)));
    const asked = { formerIds, ledgerDays: this.#ledgerDays, fingerprintLength: FINGERPRINT_LENGTH };
    const { areHonoured, fingerprints } = await scripts.run(formerKeysScript, asked);
    this.#isOver = !areHonoured;
    this.#readTo = to;
    for (const [at, fingerprint] of fingerprints.entries()) {
      if (fingerprint === "") continue;
      this.#isUsed = true;
      this.#fingerprintAt.set(from + at, fingerprint);
      this.#lineOf.set(fingerprint, from + at);
    }
    this.#forgetBefore(line - WINDOW);
  }

  #forgetBefore(first: number): void {
    for (const [line, fingerprint] of this.#fingerprintAt) {
      if (line >= first) continue;
      this.#fingerprintAt.delete(line);
      if (this.#lineOf.get(fingerprint) === line) this.#lineOf.delete(fingerprint);
    }
  }
}
