/** Records of a CSV as cells. csv-parse reads them; where each begins and ends is found before (see `TableFrames`), so that a broken row costs itself. */
import { parse } from "csv-parse/sync";
import { type Fault, type Frame, TableFrames } from "./table-frames.ts";

/** `line` and `lastLine`: where the record begins and ends; `row`: which one of a sheet it is. All counted from 1, blank lines as well. */
export type TableRecord = {
  line: number;
  lastLine: number;
  row: number;
} /** `isDoubtful`: it may be a line from inside a cell, and is a record only as a whole row. `isTruncated`: no line end stands behind it. */ & (
  | { kind: "cells"; cells: string[]; isDoubtful: boolean; isTruncated: boolean }
  | { kind: "broken"; why: Fault }
  | { kind: "too_long" }
);

export type TableBounds = {
  /** Longest line, in bytes of UTF-8. */
  lineBytes: number;
  /** Longest record, in bytes of UTF-8: a quoted cell may go over any number of lines. */
  recordBytes: number;
  /** How much is kept of a record while it is not known where it ends, in characters. A longer one is dropped as it comes, with all its lines. */
  keptChars: number;
};

export type TableOptions = {
  delimiter: string;
  bounds: TableBounds;
  /** Whether a record of so many cells, of which the last ones are blank, is a whole row of this table. */
  isWhole: (cells: number, blankAtEnd: number) => boolean;
  /** The place of the text's first character, where the text is not the beginning of the table. */
  first?: { line: number; row: number };
};

type FramedRecord = Extract<Frame, { kind: "record" }>;

/** So many records are given to csv-parse at once. */
const PARSED_TOGETHER = 500;

export class TableReader {
  readonly #options: TableOptions;
  readonly #frames: TableFrames;

  constructor(options: TableOptions) {
    this.#options = options;
    this.#frames = new TableFrames({ ...options, keptChars: options.bounds.keptChars });
  }

  /** The records that are complete with this chunk of text; with `isLast` all of them. Blank lines are left out. */
  *read(chunk: string, isLast: boolean): Generator<TableRecord> {
    let framed: FramedRecord[] = [];
    for (const frame of this.#frames.read(chunk, isLast)) {
      const { line, lastLine, row } = frame;
      const isWanted = frame.kind === "record" && !this.#isTooLong(frame.text);
      if (isWanted) framed.push(frame);
      if (!isWanted || framed.length >= PARSED_TOGETHER) {
        yield* this.#parseAll(framed);
        framed = [];
      }
      if (!isWanted) yield frame.kind === "record" ? { line, lastLine, row, kind: "too_long" } : frame;
    }
    yield* this.#parseAll(framed);
  }

  #isTooLong(text: string): boolean {
    const { lineBytes, recordBytes } = this.#options.bounds;
    // No character of UTF-16 is more than three bytes.
    if (text.length * 3 <= lineBytes) return false;
    return Buffer.byteLength(text) > recordBytes || text.split(/\r\n|\n|\r/).some((line) => Buffer.byteLength(line) > lineBytes);
  }

  *#parseAll(framed: readonly FramedRecord[]): Generator<TableRecord> {
    if (framed.length === 0) return;
    const texts = framed.map(({ text }) => (/[\r\n]/.test(text) ? text.replaceAll(/\r\n|\r/g, "\n") : text));
    const together = this.#parse(texts.join("\n"));
    for (const [index, { line, lastLine, row, isDoubtful, isTruncated }] of framed.entries()) {
      const cells = together?.length === framed.length ? together[index] : this.#parseOne(texts[index] ?? "");
      yield cells === undefined || cells === null
        ? { line, lastLine, row, kind: "broken", why: "quotes" }
        : { line, lastLine, row, kind: "cells", cells, isDoubtful, isTruncated };
    }
  }

  #parseOne(text: string): string[] | null {
    return parseRecord(text, this.#options.delimiter);
  }

  #parse(text: string): string[][] | null {
    return parseAll(text, this.#options.delimiter);
  }
}

/** The cells of one record; null where the text is none, or several. */
export function parseRecord(text: string, delimiter: string): string[] | null {
  const records = parseAll(text, delimiter);
  return records?.length === 1 ? (records[0] ?? null) : null;
}

function parseAll(text: string, delimiter: string): string[][] | null {
  try {
    return parse(text, { delimiter, relax_column_count: true, record_delimiter: "\n" });
  } catch {
    return null;
  }
}
