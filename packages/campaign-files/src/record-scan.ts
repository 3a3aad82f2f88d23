/** Where one record of a CSV ends, found by its quotes, chunk by chunk. It reads no cells and keeps no text. */

/** How the lines of a table end: as the first one does. A quoted cell may hold line breaks of any kind. */
export type LineEnds = { kind: "\n" | "\r\n" | "\r" | null };

const LINE_BREAKS = /\r\n|\n|\r/g;

/** How many line breaks a text has. */
export function countLineBreaks(text: string): number {
  return text.match(LINE_BREAKS)?.length ?? 0;
}

/**
 * The walk through one record. It follows RFC 4180, and where a text does not it goes on as a forgiving parser would, and says so: a quote in
 * the middle of a cell is text, and a quoted cell ends at the first quote that has a delimiter or the end of a line behind it.
 */
export class RecordScan {
  /** How far the walk has come in the text that it was given last. */
  at = 0;
  /** Whether it stands inside a quoted cell. */
  quoted = false;
  /** A quote stands where none may. */
  malformed = false;
  /** Outside of quotes a line ends in another way than the table's lines do: some parsers end the record there, others don't. */
  mixedEnds = false;
  cells = 1;
  /** Of the first quoted cell over several lines: whether a quote stands in it that neither is doubled nor ends it; null before such a cell. */
  #firstLong: "sound" | "doubtful" | null = null;
  /** The same of the cell that the walk stands in. */
  #isDoubtful = false;
  #isLong = false;
  /** Behind a quote inside of quotes, and whether with blanks in between. */
  #behindQuote: "at once" | "after blanks" | null = null;
  readonly #delimiter: string;
  readonly #ends: LineEnds;
  readonly #special: RegExp;
  #atCellStart = true;
  #isAtStart = true;
  /** Behind a line break of another kind: it does no harm as the first or the last thing of a record. */
  #behindOddBreak = false;

  constructor(delimiter: string, ends: LineEnds) {
    this.#delimiter = delimiter;
    this.#ends = ends;
    this.#special = new RegExp(`"|\\r|\\n|${delimiter.replaceAll(/\W/g, "\\$&")}`, "g");
  }

  /** Whether a parser that forgives nothing reads the text as one record, now that it has ended. */
  get isSound(): boolean {
    return !this.malformed && !this.quoted && !this.mixedEnds;
  }

  /** Whether a quoted cell over several lines was opened and ended as it should be, before any other such cell: no wrong quote made it. */
  get hasSoundLongCell(): boolean {
    return this.#firstLong === "sound";
  }

  /** Whether the walk stands in a quoted cell that no forgiving parser would take without complaint. */
  get isInDoubtfulCell(): boolean {
    return this.quoted && this.#isDoubtful && this.#firstLong === null;
  }

  /**
   * Walks on in `text` from `at`; true when the record has ended, `at` is then behind its end. False when more text is needed: what lies
   * before `at` is not looked at again. With `isLast` the text's end is the record's.
   */
  advance(text: string, isLast: boolean): boolean {
    while (this.at < text.length) {
      const came = this.#walk(text, isLast);
      if (came !== "on") return came === "ended";
    }
    if (isLast && this.#behindQuote !== null) this.#judgeQuote(text, isLast);
    return isLast;
  }

  /** Walks through a whole text, and no further than to its first wrong quote: true when a sound record stands at its beginning. */
  findSound(text: string): boolean {
    while (this.at < text.length && !this.malformed) {
      if (this.#walk(text, true) !== "on") break;
    }
    if (this.#behindQuote !== null) this.#judgeQuote(text, true);
    return this.isSound;
  }

  #walk(text: string, isLast: boolean): "on" | "more" | "ended" {
    if (this.#behindQuote !== null) return this.#judgeQuote(text, isLast);
    return this.quoted ? this.#findQuote(text) : this.#step(text, isLast);
  }

  /** Inside of quotes: to behind the next one. */
  #findQuote(text: string): "on" {
    const quote = text.indexOf('"', this.at);
    const end = quote === -1 ? text.length : quote;
    if (!this.#isLong) this.#isLong = /[\r\n]/.test(text.slice(this.at, end));
    this.at = quote === -1 ? end : end + 1;
    this.#behindQuote = quote === -1 ? null : "at once";
    return "on";
  }

  /** Behind a quote inside of quotes: it is one of two that stand for one, or it ends the cell, or it is a wrong one. */
  #judgeQuote(text: string, isLast: boolean): "on" | "more" {
    if (this.#behindQuote === "at once" && text[this.at] === '"') {
      this.#behindQuote = null;
      this.at += 1;
      return "on";
    }
    const from = this.at;
    while (isBlank(text[this.at]) && !text.startsWith(this.#delimiter, this.at)) this.at += 1;
    if (this.at > from) this.#behindQuote = "after blanks";
    const behind = text[this.at];
    if (behind === undefined && !isLast) return "more";
    const closes = behind === undefined || behind === "\n" || behind === "\r" || text.startsWith(this.#delimiter, this.at);
    if (!closes || this.#behindQuote === "after blanks") this.malformed = true;
    this.#behindQuote = null;
    if (closes) this.#closeCell();
    else this.#isDoubtful = true;
    return "on";
  }

  #closeCell(): void {
    if (this.#isLong) this.#firstLong ??= this.#isDoubtful ? "doubtful" : "sound";
    this.quoted = false;
    this.#isLong = false;
    this.#isDoubtful = false;
  }

  /** Outside of quotes: over the next delimiter, quote or line break. */
  #step(text: string, isLast: boolean): "on" | "more" | "ended" {
    this.#special.lastIndex = this.at;
    const match = this.#special.exec(text);
    const at = match?.index ?? text.length;
    if (at > this.at) {
      this.#atCellStart = false;
      this.#isAtStart = false;
      this.mixedEnds ||= this.#behindOddBreak;
    }
    this.at = at;
    const found = match?.[0];
    if (found === undefined) return "on";
    if (found === "\n" || found === "\r") {
      if (found === "\r" && at + 1 === text.length && !isLast) return "more";
      return this.#lineBreak(found === "\r" && text[at + 1] === "\n" ? "\r\n" : found);
    }
    this.#isAtStart = false;
    this.mixedEnds ||= this.#behindOddBreak;
    this.at += found.length;
    if (found !== '"') {
      this.cells += 1;
      this.#atCellStart = true;
    } else {
      if (this.#atCellStart) this.quoted = true;
      else this.malformed = true;
      this.#atCellStart = false;
    }
    return "on";
  }

  #lineBreak(found: "\n" | "\r\n" | "\r"): "on" | "ended" {
    this.#ends.kind ??= found;
    this.at += found.length;
    if (endsRecord(found, this.#ends)) return "ended";
    this.#behindOddBreak = !this.#isAtStart;
    this.#atCellStart = false;
    return "on";
  }
}

const isBlank = (char: string | undefined): boolean => char !== undefined && char !== "\n" && char !== "\r" && char.trim() === "";

/** Whether a line break ends a record outside of quotes: CRLF does in every table, a lone LF or CR where the table's first line ends so. */
export function endsRecord(found: string, { kind }: LineEnds): boolean {
  return found === "\r\n" || (found === kind && kind !== "\r\n");
}

/** Behind the end of the line that begins a text; the text's length when it has but one line. Quotes do not count. */
export function lineEndIn(text: string, ends: LineEnds): number {
  for (const { 0: found, index } of text.matchAll(LINE_BREAKS)) {
    if (ends.kind === null || endsRecord(found, ends)) return index + found.length;
  }
  return text.length;
}
