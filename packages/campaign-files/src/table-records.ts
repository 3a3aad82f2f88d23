/**
 * Records of a CSV out of its text, at flat memory. csv-parse reads the cells; the frame around it is ours, so that a broken row costs
 * that row alone: the parser by itself loses all that follows a wrong quote.
 */
import { parse } from "csv-parse/sync";

/** `line`: where the record begins, counted from 1. */
export type TableRecord =
  | { line: number; kind: "cells"; cells: string[] }
  /** Its quotes don't pair. */
  | { line: number; kind: "broken" }
  | { line: number; kind: "too_long" };

export type TableOptions = {
  delimiter: string;
  /** Longest record. */
  maxChars: number;
  /** Whether a record over several lines is one: if not, its first line is broken and the others are read by themselves. */
  isWhole: (cells: readonly string[]) => boolean;
};

type TextLine = { number: number; text: string; tooLong: boolean };
type Framed = { lines: readonly TextLine[]; text: string };

/** A quoted cell may go over this many lines. */
const MOST_LINES = 200;

/** Lines out of pieces of text, whatever their ends; a line above the bound comes without its text. */
export class TextLines {
  readonly #maxChars: number;
  #rest = "";
  #dropped = false;
  #number = 0;

  constructor(maxChars: number) {
    this.#maxChars = maxChars;
  }

  /** The lines that end in this piece; at the end of the text also the last one. */
  feed(piece: string, isLast: boolean): TextLine[] {
    let text = this.#rest + piece;
    // A CR at the end may be half of a CRLF.
    const held = !isLast && text.endsWith("\r") ? "\r" : "";
    text = text.slice(0, text.length - held.length);
    const parts = text.split(/\r\n|\n|\r/);
    const rest = parts.pop() ?? "";
    const lines = parts.map((part) => this.#line(part));
    if (isLast) {
      if (rest !== "" || this.#dropped) lines.push(this.#line(rest));
    } else if (rest.length > this.#maxChars) {
      this.#dropped = true;
      this.#rest = held;
    } else {
      this.#rest = rest + held;
    }
    return lines;
  }

  #line(text: string): TextLine {
    const tooLong = this.#dropped || text.length > this.#maxChars;
    this.#dropped = false;
    this.#number += 1;
    return { number: this.#number, text: tooLong ? "" : text, tooLong };
  }
}

export class TableReader {
  readonly #options: TableOptions;
  #lines: TextLine[] = [];

  constructor(options: TableOptions) {
    this.#options = options;
  }

  /** The records that are complete with these lines; with `isLast` all of them. Blank lines are left out. */
  read(lines: readonly TextLine[], isLast: boolean): TableRecord[] {
    this.#lines = this.#lines.length === 0 ? [...lines] : [...this.#lines, ...lines];
    const records: TableRecord[] = [];
    let framed: Framed[] = [];
    const parseFramed = () => {
      const some = framed;
      framed = [];
      records.push(...this.#parseAll(some));
    };
    let at = 0;
    while (at < this.#lines.length) {
      const first = this.#lines[at];
      if (first === undefined) break;
      if (first.tooLong) {
        parseFramed();
        records.push({ line: first.number, kind: "too_long" });
        at += 1;
        continue;
      }
      if (first.text.trim() === "") {
        at += 1;
        continue;
      }
      const next = this.#frame(at);
      if (next === "incomplete" && !isLast) break;
      if (next === "incomplete" || next === "broken") {
        parseFramed();
        records.push({ line: first.number, kind: "broken" });
        at += 1;
        continue;
      }
      const one: Framed = { lines: this.#lines.slice(at, next), text: textOf(this.#lines.slice(at, next)) };
      if (one.lines.length > 1) {
        parseFramed();
        const cells = this.#parseOne(one.text);
        // A quote that nobody closed reached the next one: only the line it stands in is broken.
        if (cells === null || !this.#options.isWhole(cells)) {
          records.push({ line: first.number, kind: "broken" });
          at += 1;
          continue;
        }
        records.push({ line: first.number, kind: "cells", cells });
      } else {
        framed.push(one);
      }
      at = next;
    }
    parseFramed();
    this.#lines = this.#lines.slice(at);
    return records;
  }

  /** Where the record that begins at `from` ends: the first line after which all quotes are paired. */
  #frame(from: number): number | "incomplete" | "broken" {
    let quotes = 0;
    let chars = 0;
    for (let at = from; at < this.#lines.length; at++) {
      const line = this.#lines[at];
      if (line === undefined || line.tooLong || at - from >= MOST_LINES) return "broken";
      quotes += countQuotes(line.text);
      chars += line.text.length + 1;
      if (quotes % 2 === 0) return at + 1;
      if (chars > this.#options.maxChars) return "broken";
    }
    return "incomplete";
  }

  #parseAll(framed: readonly Framed[]): TableRecord[] {
    if (framed.length === 0) return [];
    const together = this.#parse(framed.map(({ text }) => text).join("\n"));
    return framed.map(({ lines, text }, index) => {
      const line = lines[0]?.number ?? 0;
      const cells = together?.length === framed.length ? together[index] : this.#parseOne(text);
      return cells === undefined || cells === null ? { line, kind: "broken" } : { line, kind: "cells", cells };
    });
  }

  #parseOne(text: string): string[] | null {
    const records = this.#parse(text);
    return records?.length === 1 ? (records[0] ?? null) : null;
  }

  #parse(text: string): string[][] | null {
    try {
      return parse(text, { delimiter: this.#options.delimiter, relax_column_count: true, record_delimiter: "\n" });
    } catch {
      return null;
    }
  }
}

const textOf = (lines: readonly TextLine[]): string =>
  lines.length === 1 ? (lines[0]?.text ?? "") : lines.map(({ text }) => text).join("\n");

function countQuotes(text: string): number {
  let count = 0;
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) count += 1;
  return count;
}
