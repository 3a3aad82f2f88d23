/**
 * Pages that are read anew when something changed: all who look at the same one in the same second share one reading. It is
 * rendered for a role, without the token of a session; the script of the page adds that.
 */

/** As often as the stream tells changes, ms. */
const SHARED_MS = 1_000;

type Reading = { atMs: number; text: Promise<string> };

export class SharedPages {
  /** By their names, the oldest first. */
  readonly #readings = new Map<string, Reading>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The page of this name (its role and address): read now, unless somebody had it read within the second. */
  async read(name: string, read: () => Promise<string>): Promise<string> {
    const atMs = this.#now();
    for (const [old, reading] of this.#readings) {
      if (atMs - reading.atMs < SHARED_MS) break;
      this.#readings.delete(old);
    }
    const known = this.#readings.get(name);
    if (known !== undefined) return await known.text;
    const reading = { atMs, text: read() };
    this.#readings.set(name, reading);
    // A failure is nobody else's.
    reading.text.catch(() => {
      if (this.#readings.get(name) === reading) this.#readings.delete(name);
    });
    return await reading.text;
  }

  /** Something was changed from here: whoever looks next sees it. */
  forget(): void {
    this.#readings.clear();
  }
}
