/**
 * Takes known secrets out of a text, all of them in one pass: a page of jobs of 300 accounts has thousands of secrets to look for, and the
 * time it takes must grow with the text alone. Pure.
 */

/** A shorter value would take half of a page with it. */
export const SHORTEST_VALUE = 4;
const BUCKETS = 1 << 16;

export class KnownValues {
  /** The values by their first characters, the longest first. */
  readonly #byStart = new Map<number, string[]>();
  readonly #mayStart = new Uint8Array(BUCKETS);

  constructor(values: Iterable<string>) {
    for (const value of new Set(values)) {
      if (value.length < SHORTEST_VALUE) continue;
      const start = startOf(value, 0);
      const others = this.#byStart.get(start);
      if (others === undefined) this.#byStart.set(start, [value]);
      else others.push(value);
      this.#mayStart[start] = 1;
    }
    for (const values of this.#byStart.values()) values.sort((one, other) => other.length - one.length);
  }

  /** The text with each stretch of it that known values cover, side by side or overlapping, as one `shown`. */
  replace(text: string, shown: string): string {
    if (this.#byStart.size === 0) return text;
    const parts: string[] = [];
    let kept = 0;
    // The stretch that is covered at present.
    let [from, until] = [-1, -1];
    for (let at = 0; at + SHORTEST_VALUE <= text.length; at++) {
      const start = startOf(text, at);
      if (this.#mayStart[start] === 0) continue;
      const length = this.#byStart.get(start)?.find((value) => text.startsWith(value, at))?.length;
      if (length === undefined) continue;
      if (at > until) {
        if (from !== -1) parts.push(text.slice(kept, from), shown);
        kept = Math.max(kept, until);
        from = at;
      }
      until = Math.max(until, at + length);
    }
    if (from === -1) return text;
    parts.push(text.slice(kept, from), shown, text.slice(until));
    return parts.join("");
  }
}

/** A number for the four characters at a place; different ones may have the same. */
function startOf(text: string, at: number): number {
  const first = text.charCodeAt(at) * 31 + text.charCodeAt(at + 1);
  return ((first * 31 + text.charCodeAt(at + 2)) * 31 + text.charCodeAt(at + 3)) & (BUCKETS - 1);
}
