/**
 * Text out of the bytes of a table, in the encoding that its sender names, else in the one that it is in: by its byte order mark, else UTF-8, else
 * windows-1252. It never guesses between encodings of other alphabets: what looks like one is for `isForeign` to find, a cell at a time.
 */
import { LinkupError } from "@linkup-queue/contracts";

/** So many bytes are looked at, from the first that is not ASCII on: where most of what is not ASCII there is UTF-8, all is, and what is not is a row's mistake. */
const LOOKED_AT = 64 * 1024;
const UTF8_CHARACTER = /[\u00c2-\u00df][\u0080-\u00bf]|[\u00e0-\u00ef][\u0080-\u00bf]{2}|[\u00f0-\u00f4][\u0080-\u00bf]{3}/g;
const NOT_ASCII = /[\u0080-\u00ff]/;

type Decoder = InstanceType<typeof TextDecoder>;

export class TextReader {
  readonly #named: string | null;
  #decoder: Decoder | null = null;
  /** Bytes that are not decoded yet. */
  #waiting: Buffer = Buffer.alloc(0);
  #isBegun = false;
  #isGuessed = false;

  /** `charset`: as the sender says; null to find it out. Throws `unsupported_media_type` for one that nobody knows. */
  constructor(charset: string | null) {
    // Its byte order mark says which.
    this.#named = charset === null || /^utf-?16$/i.test(charset) ? null : charset;
    if (this.#named !== null) this.#decoder = decoderFor(this.#named);
  }

  /** The encoding; null while all was ASCII. */
  get encoding(): string | null {
    return this.#decoder?.encoding ?? null;
  }

  /** Whether nothing but the bytes themselves said that they are windows-1252. */
  get isGuessed(): boolean {
    return this.#isGuessed;
  }

  /** The text that is sure with this chunk; with `isLast` all of it. */
  read(chunk: Uint8Array, isLast: boolean): string {
    if (this.#decoder !== null) return this.#decoder.decode(chunk, { stream: !isLast });
    this.#waiting = this.#waiting.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#waiting, chunk]);
    if (!this.#isBegun) {
      if (this.#waiting.length < 4 && !isLast) return "";
      this.#isBegun = true;
      if (isUtf32(this.#waiting)) throw OTHER_UNICODE;
      const marked = markedEncoding(this.#waiting);
      if (marked !== null) return this.#decode(marked, isLast);
    }
    const ascii = this.#waiting.toString("latin1").search(NOT_ASCII);
    if (ascii === -1) return this.#take(this.#waiting.length);
    const rest = this.#waiting.length - ascii;
    if (rest < LOOKED_AT && !isLast) return this.#take(ascii);
    const encoding = encodingOf(this.#waiting.subarray(ascii, ascii + LOOKED_AT));
    this.#isGuessed = encoding !== "utf-8";
    return this.#decode(encoding, isLast);
  }

  #take(length: number): string {
    const text = this.#waiting.toString("latin1", 0, length);
    this.#waiting = this.#waiting.subarray(length);
    return text;
  }

  #decode(encoding: string, isLast: boolean): string {
    this.#decoder = decoderFor(encoding);
    const bytes = this.#waiting;
    this.#waiting = Buffer.alloc(0);
    return this.#decoder.decode(bytes, { stream: !isLast });
  }
}

function decoderFor(charset: string): Decoder {
  try {
    return new TextDecoder(charset);
  } catch {
    throw new LinkupError("unsupported_media_type", "This charset is not known; send UTF-8, or name utf-16le, windows-1252 or the like");
  }
}

const OTHER_UNICODE = new LinkupError("unsupported_media_type", "The table is UTF-32, which is not read: save it as UTF-8");

/** By its byte order mark, or by the zeros around a first character of ASCII. */
function isUtf32(bytes: Uint8Array): boolean {
  const [first, second, third, fourth] = bytes;
  const isLittle = second === 0 || (first === 0xff && second === 0xfe);
  if (first !== 0 && isLittle && third === 0 && fourth === 0) return true;
  return first === 0 && second === 0 && (third === 0 || third === 0xfe) && fourth !== 0 && fourth !== undefined;
}

/** By a byte order mark; UTF-16 also by the zeros beside its first two characters. */
function markedEncoding(bytes: Uint8Array): string | null {
  const [first, second, third, fourth] = bytes;
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  if (first === 0xef && second === 0xbb && third === 0xbf) return "utf-8";
  if (fourth === undefined) return null;
  if (first !== 0 && second === 0 && third !== 0 && fourth === 0) return "utf-16le";
  return first === 0 && second !== 0 && third === 0 && fourth !== 0 ? "utf-16be" : null;
}

function encodingOf(bytes: Buffer): "utf-8" | "windows-1252" {
  const text = bytes.toString("latin1");
  const characters = text.match(UTF8_CHARACTER)?.length ?? 0;
  const others = text.replaceAll(UTF8_CHARACTER, "").match(/[\u0080-\u00ff]/g)?.length ?? 0;
  return characters >= others ? "utf-8" : "windows-1252";
}

/** UTF-8 that was read as windows-1252: the beginnings of two bytes that Europe's letters have, and of three. */
const READ_WRONGLY = /[\u00c2-\u00c5][\u00a0-\u00bf\u0152-\u0178\u02c6\u02dc\u2013-\u203a\u20ac\u2122]|\u00e2[\u0080-\u009f\u20ac]/;
/** Signs inside of words, capitals behind small letters, more letters with accents in a row than any western language has. */
const NOT_WESTERN =
  /\p{L}[\u00a1-\u00a9\u00ac\u00ae-\u00b1\u00b3\u00b5\u00b6\u00b8\u00b9\u00bc-\u00bf]\p{L}|\p{Ll}[\u017d\u0160\u0178\u0152\u00b3\u00b9]|[\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff]{3}/u;
const CONTROL = /[\u0080-\u009f]/;
/** Signs right behind or before a letter where no western language has them: letters of DOS and of Central Europe. */
const MISPLACED = /\p{L}[\u201a\u2021\u02c6\u2030\u2039]|(?<!\p{L})[\u00a3\u00a5\u00af\u00bc](?=\p{L}{2})/u;
/** Mostly such letters and signs, as names of Chinese and Japanese are in their own encodings. */
const MOSTLY = 0.7;
const FEW = 3;

function isMostlyForeign(cell: string): boolean {
  const count = cell.match(/[\u00a1-\uffff]/g)?.length ?? 0;
  return count >= FEW && count > cell.replaceAll(/\s/g, "").length * MOSTLY && /\p{L}/u.test(cell);
}

/** Whether a cell that was read as windows-1252, as nobody said what it is, is something else. */
export function isForeign(cell: string): boolean {
  return READ_WRONGLY.test(cell) || NOT_WESTERN.test(cell) || CONTROL.test(cell) || MISPLACED.test(cell) || isMostlyForeign(cell);
}
