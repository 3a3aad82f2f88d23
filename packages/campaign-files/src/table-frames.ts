/**
 * A table's text cut into records, at flat memory: where each begins and ends, and which can't be read. A wrong quote costs its own row. A line
 * from inside a quoted cell is never handed on as a record, in no table that a CSV parser can read; decision 15 says how in the others.
 */
import { countLineBreaks, endsRecord, type LineEnds, lineEndIn, RecordScan } from "./record-scan.ts";

/** Why a record can't be read: its quotes don't pair, a quoted cell is never closed, or it holds a line break that only some parsers end it at. */
export type Fault = "quotes" | "open" | "line_ends";

/** `line` and `lastLine`: where it begins and ends; `row`: which one of a sheet it is. All counted from 1, blank lines as well. */
export type Frame = {
  line: number;
  lastLine: number;
  row: number;
} /** `isDoubtful`: it may be a line from inside a cell, and is a record only as a whole row. `isTruncated`: no line end stands behind it. */ & (
  | { kind: "record"; text: string; isDoubtful: boolean; isTruncated: boolean }
  /** Longer than what is kept. */
  | { kind: "too_long" }
  | { kind: "broken"; why: Fault }
);

export type FrameOptions = {
  delimiter: string;
  /** How much of a record is kept until it is known where it ends, in characters. */
  keptChars: number;
  /** Whether a record of so many cells, of which the last ones are blank, is a whole row of this table. */
  isWhole: (cells: number, blankAtEnd: number) => boolean;
  /** The place of the text's first character, where the text is not the beginning of the table. */
  first?: { line: number; row: number };
};

/** The record that is being walked through. */
type Open = {
  scan: RecordScan;
  line: number;
  row: number;
  /** The text that the walk has passed, in the chunks in which it came. */
  passed: string[];
  chars: number;
  /** Passed text is not kept, only its line breaks are counted. */
  isDropped: boolean;
  droppedBreaks: number;
};

/**
 * Behind a wrong quote lines count as rows when at most this part of them are none. Lists have fewer bad rows than that, and no running text has
 * a table's number of cells in nine of ten lines.
 */
const MOST_BAD = 0.1;
/** A longer line is walked through: a regular expression may run out of its own stack. */
const MOST_TRIED = 16_384;
const BLANK_LINE = /[^\S\r\n]*(\r\n|\n|\r)/y;

export class TableFrames {
  readonly #options: FrameOptions;
  readonly #ends: LineEnds = { kind: null };
  /** One line that is a record by itself, in the same reading as that of `RecordScan`. */
  readonly #soundLine: RegExp;
  /** Not walked through yet. */
  #text = "";
  #line: number;
  #row: number;
  #open: Open | null = null;

  constructor(options: FrameOptions) {
    this.#options = options;
    this.#line = options.first?.line ?? 1;
    this.#row = options.first?.row ?? 1;
    const delimiter = `\\u{${options.delimiter.codePointAt(0)?.toString(16)}}`;
    const cell = `(?:"[^"]*(?:""[^"]*)*"|[^"${delimiter}]*)`;
    this.#soundLine = new RegExp(`^${cell}(?:${delimiter}${cell})*$`, "u");
  }

  /** The records that end in this chunk; with `isLast` all of them. Blank lines are counted and left out. */
  *read(chunk: string, isLast: boolean): Generator<Frame> {
    this.#text += chunk;
    for (;;) {
      if (this.#open === null) yield* this.#plainLines();
      this.#open ??= this.#begin(isLast);
      const open = this.#open;
      if (open === null) return;
      const hasEnded = open.scan.advance(this.#text, isLast);
      this.#pass(open);
      if (hasEnded) {
        this.#open = null;
        yield* this.#end(open);
      } else {
        if (open.isDropped) this.#drop(open);
        else if (open.chars > this.#options.keptChars) yield* this.#giveUp(open);
        if (this.#open !== null) return;
      }
    }
  }

  /** The lines up to the first one that is blank, ends oddly or is no record by itself. They are most lines of most tables. */
  *#plainLines(): Generator<Frame> {
    const { kind } = this.#ends;
    let from = 0;
    for (let end = this.#text.indexOf("\n"); end !== -1 && (kind === "\n" || kind === "\r\n"); end = this.#text.indexOf("\n", from)) {
      const whole = this.#text.slice(from, end);
      const text = whole.endsWith("\r") ? whole.slice(0, -1) : whole;
      if (text.includes("\r") || text.trim() === "" || (kind === "\r\n" && text === whole)) break;
      if (text.includes('"') && (text.length > MOST_TRIED || !this.#soundLine.test(text))) break;
      yield { line: this.#line, lastLine: this.#line, row: this.#row, kind: "record", text, isDoubtful: false, isTruncated: false };
      this.#line += 1;
      this.#row += 1;
      from = end + 1;
    }
    this.#text = this.#text.slice(from);
  }

  #begin(isLast: boolean): Open | null {
    let at = 0;
    for (;;) {
      BLANK_LINE.lastIndex = at;
      const match = BLANK_LINE.exec(this.#text);
      if (match === null) break;
      const end = at + match[0].length;
      // It may be half of a CRLF.
      if (match[1] === "\r" && end === this.#text.length && !isLast) break;
      this.#ends.kind ??= match[1] as LineEnds["kind"];
      if (!endsRecord(match[1] ?? "", this.#ends)) break;
      this.#line += 1;
      this.#row += 1;
      at = end;
    }
    this.#text = this.#text.slice(at);
    if (this.#text === "" || (this.#text.trimStart() === "" && this.#text.endsWith("\r") && !isLast)) return null;
    const scan = new RecordScan(this.#options.delimiter, this.#ends);
    return { scan, line: this.#line, row: this.#row, passed: [], chars: 0, isDropped: false, droppedBreaks: 0 };
  }

  /** Takes what the walk has passed off the text that is still to be walked through. */
  #pass(open: Open): void {
    const { scan } = open;
    open.passed.push(this.#text.slice(0, scan.at));
    open.chars += scan.at;
    this.#text = this.#text.slice(scan.at);
    scan.at = 0;
  }

  #drop(open: Open): void {
    const text = open.passed.join("");
    // It may be the end of the last line, or half of one.
    const rest = /\r\n$|[\r\n]$/.exec(text)?.[0] ?? "";
    open.isDropped = true;
    open.droppedBreaks += countLineBreaks(text.slice(0, text.length - rest.length));
    open.passed = [rest];
    open.chars = rest.length;
  }

  *#end({ scan, line: from, row, passed, isDropped, droppedBreaks }: Open): Generator<Frame> {
    const whole = passed.join("");
    const ended = withoutLineEnd(whole);
    const text = ended.replace(/^[\r\n]+/, "");
    const line = isDropped ? from : from + countLineBreaks(ended.slice(0, ended.length - text.length));
    const lastLine = from + droppedBreaks + countLineBreaks(ended);
    this.#line = lastLine + countLineBreaks(whole.slice(ended.length));
    const why = faultOf(scan);
    const isOne = isDropped || why === null || why === "line_ends" || scan.hasSoundLongCell || text.trim() === "";
    if (!isOne) return yield* this.#doubtful(text, line, why);
    this.#row = row + 1;
    const place = { line, lastLine, row };
    if (isDropped) yield why === null ? { ...place, kind: "too_long" } : { ...place, kind: "broken", why };
    else if (text.trim() === "") return;
    else if (why === null) yield { ...place, kind: "record", text, isDoubtful: false, isTruncated: ended.length === whole.length };
    else yield { ...place, kind: "broken", why };
  }

  /** The walk has come further than is kept, and the record has not ended. */
  *#giveUp(open: Open): Generator<Frame> {
    if (open.scan.isInDoubtfulCell && !open.scan.mixedEnds) {
      const text = open.passed.join("");
      const end = lastLineEndIn(text, this.#ends);
      const lines = withoutLineEnd(text.slice(0, end));
      if (lineEndIn(lines, this.#ends) < lines.length && this.#areRows(lines, true)) {
        this.#open = null;
        this.#text = text.slice(end) + this.#text;
        this.#line += countLineBreaks(text.slice(0, end));
        yield* this.#doubtful(lines, open.line, "open");
        return;
      }
    }
    this.#drop(open);
  }

  /**
   * Lines of which the first has a wrong quote. A forgiving parser ends its record at the last one, or, if `why` says that it is open, nowhere: they
   * are the record's, with it, unless they read as rows of the table by themselves.
   */
  *#doubtful(text: string, line: number, why: Fault): Generator<Frame> {
    const firstEnd = lineEndIn(text, this.#ends);
    const first = withoutLineEnd(text.slice(0, firstEnd));
    const lastOfFirst = line + countLineBreaks(first);
    const row = this.#row++;
    if (firstEnd < text.length && !this.#areRows(text, why === "open")) {
      yield { line, lastLine: line + countLineBreaks(text), row, kind: "broken", why };
      return;
    }
    yield { line, lastLine: lastOfFirst, row, kind: "broken", why: "quotes" };
    yield* this.#rowsIn(text.slice(firstEnd), line + countLineBreaks(text.slice(0, firstEnd)));
  }

  /** Whether the lines behind the first one are rows of the table, as far as can be told: nearly all, and the one that would end the record. */
  #areRows(text: string, isOpen: boolean): boolean {
    let rows = 0;
    let bad = 0;
    let isLastRow = false;
    for (const { text: row, cells } of this.#lineByLine(text.slice(lineEndIn(text, this.#ends)))) {
      if (row.trim() === "") continue;
      rows += 1;
      const blank = this.#blankAtEnd(row);
      isLastRow = cells !== null && this.#options.isWhole(cells, blank);
      // A line that would be a row without its own wrong quote is the next mistake of that kind.
      if (!this.#options.isWhole(cells ?? row.split(this.#options.delimiter).length, blank)) bad += 1;
    }
    return bad <= rows * MOST_BAD && (isOpen || isLastRow);
  }

  /** How many blank cells end a row. */
  #blankAtEnd(row: string): number {
    const { delimiter } = this.#options;
    let count = 0;
    for (let at = row.length - 1; at >= 0 && (row[at] === delimiter || row[at]?.trim() === ""); at -= 1)
      if (row[at] === delimiter) count += 1;
    return count;
  }

  *#rowsIn(text: string, firstLine: number): Generator<Frame> {
    for (const { text: record, cells, line } of this.#lineByLine(text, firstLine)) {
      const row = this.#row++;
      if (record.trim() === "") continue;
      const place = { line, lastLine: line + countLineBreaks(record), row };
      yield cells === null
        ? { ...place, kind: "broken", why: "quotes" }
        : { ...place, kind: "record", text: record, isDoubtful: true, isTruncated: false };
    }
  }

  /** The text read from a line's beginning on: sound records, blank ones too, and between them each line (`cells` null) at which there is none. */
  *#lineByLine(text: string, firstLine = 1): Generator<{ text: string; cells: number | null; line: number }> {
    let rest = text;
    let line = firstLine;
    while (rest !== "") {
      const scan = new RecordScan(this.#options.delimiter, this.#ends);
      const isSound = scan.findSound(rest);
      const whole = rest.slice(0, isSound ? scan.at : lineEndIn(rest, this.#ends));
      const record = withoutLineEnd(whole);
      yield { text: record, cells: isSound ? scan.cells : null, line };
      line += countLineBreaks(whole);
      rest = rest.slice(whole.length);
    }
  }
}

function faultOf({ malformed, mixedEnds, quoted }: RecordScan): Fault | null {
  if (mixedEnds) return "line_ends";
  if (quoted) return "open";
  return malformed ? "quotes" : null;
}

function withoutLineEnd(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === "\n" || text[end - 1] === "\r")) end -= 1;
  return text.slice(0, end);
}

/** Behind the last line break of the table's kind; 0 for none. */
function lastLineEndIn(text: string, { kind }: LineEnds): number {
  const found = kind ?? "\n";
  // A CR at the end may be half of a CRLF.
  const at = text.lastIndexOf(found, text.length - (found === "\r" ? 2 : 1));
  return at === -1 ? 0 : at + found.length;
}
