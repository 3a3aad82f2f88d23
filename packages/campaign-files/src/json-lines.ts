/**
 * Lists as lines of JSON, one object a line, at flat memory: the one reader of all that take them. A line's fault is a value; a list that is no such
 * list is refused as a whole by its first bytes, as each of its lines would be refused alike.
 */
import { LinkupError, parseSentJson } from "@linkup-queue/contracts";
import { type Line, LineReader } from "./line-reader.ts";

/** `characters`: how long the line is. */
export type JsonLine = { line: number } & ({ value: Readonly<Record<string, unknown>>; characters: number } | { error: LinkupError });

export type JsonLinesOptions = {
  /** Throws a LinkupError for what is no JSON. */
  parse?: (text: string) => unknown;
};

/** Bytes at the beginning that tell what a list is. */
const LOOKED_AT = 256;
const MARK = /^\xef\xbb\xbf/;
const ARRAY = /^\s*\[\s*(?:[{\]]|$)/;

/** The fault of a list that is no list of lines, by how its bytes begin; null for one that may be. */
function otherList(bytes: Buffer): string | null {
  const [first, second, third, fourth] = bytes;
  const isWide = first === 0 || second === 0 || (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  if (isWide)
    return (first === 0 && second === 0) || (third === 0 && fourth === 0) ? "is UTF-32: save it as UTF-8" : "is UTF-16: save it as UTF-8";
  return ARRAY.test(bytes.toString("latin1").replace(MARK, ""))
    ? "is one JSON array: send its objects one a line, without the brackets and the commas between them"
    : null;
}

/** Tells, by the first bytes that say something, that these are not lines of JSON. Throws `invalid_input`: every line would be refused alike. */
class Beginning {
  #bytes: Buffer | null = Buffer.alloc(0);

  see(chunk: Uint8Array, isLast = false): void {
    if (this.#bytes === null) return;
    this.#bytes = Buffer.concat([this.#bytes, chunk.subarray(0, LOOKED_AT)]);
    const begun = this.#bytes.subarray(0, LOOKED_AT);
    const text = begun.toString("latin1").replace(MARK, "");
    const isEnough = isLast || begun.length >= LOOKED_AT || (begun.length >= 4 && /^\S{4}|^\s*[^\s[]|^\s*\[\s*\S/.test(text));
    if (!isEnough) return;
    this.#bytes = null;
    const message = otherList(begun);
    if (message !== null) throw new LinkupError("invalid_input", `The list ${message}`, { issues: [{ path: "", message }] });
  }
}

export class JsonLines {
  readonly #lines: LineReader;
  readonly #beginning = new Beginning();
  readonly #parse: (text: string) => unknown;
  readonly #tooLong: LinkupError;

  /** `maxBytes`: of one line. */
  constructor(maxBytes: number, { parse = parseSentJson }: JsonLinesOptions = {}) {
    this.#lines = new LineReader(maxBytes);
    this.#parse = parse;
    this.#tooLong = new LinkupError("payload_too_large", `The line is longer than ${maxBytes} bytes`);
  }

  /** Lines read so far, blank ones included. */
  get count(): number {
    return this.#lines.count;
  }

  /** The lines that end in this chunk, but for blank ones. Throws `invalid_input` for a list that is none of lines of JSON in UTF-8. */
  *feed(chunk: Uint8Array): Generator<JsonLine> {
    this.#beginning.see(chunk);
    for (const line of this.#lines.feed(chunk)) yield this.#read(line);
  }

  /** The last line, when it ended without a newline. To be called when the list came to its proper end. */
  *end(): Generator<JsonLine> {
    this.#beginning.see(new Uint8Array(), true);
    const line = this.#lines.end();
    if (line !== null) yield this.#read(line);
  }

  #read(line: Line): JsonLine {
    const { number } = line;
    if (line.kind === "too_long") return { line: number, error: this.#tooLong };
    if (line.kind === "not_utf8") return { line: number, error: lineError("is not UTF-8") };
    try {
      // A byte order mark at a line's beginning, as editors put it into a file and lists that were joined have it, is dropped by the decoder.
      const value = this.#parse(line.text);
      if (typeof value !== "object" || value === null || Array.isArray(value))
        return { line: number, error: lineError("must be an object") };
      return { line: number, value: value as Readonly<Record<string, unknown>>, characters: line.text.length };
    } catch (thrown) {
      return { line: number, error: LinkupError.from(thrown) };
    }
  }
}

function lineError(message: string): LinkupError {
  return new LinkupError("invalid_input", "The line can't be read", { issues: [{ path: "", message }] });
}
