/** Lines out of a byte stream at flat memory: bounded in length, told when one was longer, decoded strictly. It knows no JSON. */

export type Line =
  | { number: number; kind: "text"; text: string }
  /** Longer than the bound; what came of it was dropped. */
  | { number: number; kind: "too_long" }
  | { number: number; kind: "not_utf8" };

const NEWLINE = 0x0a;
const UTF8 = new TextDecoder("utf-8", { fatal: true });

export class LineReader {
  readonly #maxBytes: number;
  #parts: Uint8Array[] = [];
  #length = 0;
  #number = 0;

  /** `maxBytes`: of one line. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Lines read so far, blank ones included. */
  get count(): number {
    return this.#number;
  }

  /** The lines that end in this chunk. Blank ones are counted and left out. */
  *feed(chunk: Uint8Array): Generator<Line> {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      this.#keep(chunk.subarray(from, at));
      from = at + 1;
      const line = this.#take();
      if (line !== null) yield line;
    }
    this.#keep(chunk.subarray(from));
  }

  /** The last line, when it ended without a newline; null for none. To be called when the stream came to its proper end. */
  end(): Line | null {
    return this.#length === 0 ? null : this.#take();
  }

  #keep(part: Uint8Array): void {
    this.#length += part.length;
    if (this.#length > this.#maxBytes) this.#parts = [];
    else if (part.length > 0) this.#parts.push(part);
  }

  #take(): Line | null {
    const parts = this.#parts;
    const tooLong = this.#length > this.#maxBytes;
    this.#parts = [];
    this.#length = 0;
    this.#number += 1;
    const number = this.#number;
    if (tooLong) return { number, kind: "too_long" };
    const [only] = parts;
    const bytes = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
    try {
      const text = UTF8.decode(bytes);
      return text.trim() === "" ? null : { number, kind: "text", text };
    } catch {
      return { number, kind: "not_utf8" };
    }
  }
}
