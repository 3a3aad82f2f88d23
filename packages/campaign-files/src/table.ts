/**
 * A table out of bytes as people's programs write it: its header row, then its rows by their columns. Blank cells left out or surplus make no
 * difference; what is wrong with a row is a value. It knows nothing of who reads the rows.
 */
import {
  closestField,
  type FieldUse,
  fieldKey,
  fieldName,
  type Issue,
  LinkupError,
  MAX_ROW_FIELDS,
  MAX_ROW_LENGTH,
  textFault,
} from "@linkup-queue/contracts";
import { type ErrorValue, ErrorValues } from "./error-values.ts";
import type { Fault } from "./table-frames.ts";
import { findHead, type TableHead } from "./table-head.ts";
import { type TableBounds, TableReader, type TableRecord } from "./table-records.ts";
import { isForeign, TextReader } from "./text-reader.ts";
import { cellFault } from "./unreadable-cell.ts";

/** `header`: as the table has it; `name`: the one that it is kept by, which is that of whoever reads it where somebody does. */
export type Column = { header: string; name: string };

export type TableRow = { line: number; lastLine: number; row: number } /** By the columns' names; blank cells are left out. */ & (
  | { cells: ReadonlyMap<string, string> }
  | { error: LinkupError }
);

export type TableOptions = {
  /** As the sender says; null to find it out. */
  charset: string | null;
  /** Null for the one that its header has, of `,`, `;`, tab and `|`, or that a line `sep=` names. */
  delimiter: string | null;
  /** The fields that are read: two columns of one of them are an error, and so is none of a needed one. */
  uses: readonly FieldUse[];
  bounds: TableBounds;
  /** The advice for a needed field without a column. */
  missing: string;
};

/** So much is looked at for the header row. */
const HEAD_LENGTH = MAX_ROW_LENGTH;
const MOST_SHOWN_OF_HEADER = 60;

/** The advice for a row that can't be read. */
const REMEDIES: Readonly<Record<Fault, string>> = {
  quotes: 'its quotes don\'t pair: put quotes around the whole cell, and double those inside ("")',
  open: 'a quote begins a cell and none ends it: put one behind the cell, or double it ("") inside a quoted cell',
  line_ends:
    "a line ends in it in another way than the table's first line: save the table with one kind of line ends, and quote a cell of several lines",
};

export const rowError = (message: string, path = ""): LinkupError =>
  new LinkupError("invalid_input", "The row is not valid", { issues: [{ path, message }] });
const UNREADABLE_HEADER = rowError(
  "the header row can't be read: its quotes don't pair, or it is too long; put quotes around the whole name of a column, and double those inside (\"\")",
);
const NO_HEADER = rowError("there is no header row: begin with a row of the columns' names, such as linkedin_url");
/** Said of a needed field that the header row does not name. */
export const NO_COLUMN = "no column has this name";
export const TOO_MANY_FIELDS = rowError(`must have at most ${MAX_ROW_FIELDS} fields`);
const OTHER_CHARSET = "is not valid text in this charset; name the one that the table is in, such as windows-1252";
const WORKBOOK = rowError("this is a spreadsheet's own file or another packed one, not a table: save it as CSV");
/** How the files of Excel, Numbers and LibreOffice begin, and those of Excel before 2007. */
const PACKED = ["PK\u0003\u0004", "\u00d0\u00cf\u0011\u00e0"];
/** The look of an address that was cut off. */
const ADDRESS = /^\s*(?:https?:|www\.)|linkedin\.com/i;

/** By place: `names`, null for a column that is left out; `isRead`, whether somebody reads it. */
type Columns = { names: readonly (string | null)[]; isRead: readonly boolean[]; taken: Column[]; left: string[] };

export class Table {
  readonly #options: TableOptions;
  readonly #text: TextReader;
  readonly #errors = new ErrorValues();
  /** Lines that came before the header row was found. */
  #begun = "";
  #reader: TableReader | null = null;
  #columns: Columns | null = null;
  #delimiter = ",";

  constructor(options: TableOptions) {
    this.#options = options;
    this.#text = new TextReader(options.charset);
  }

  /** The columns that are taken; empty until the header row is found. */
  get columns(): readonly Column[] {
    return this.#columns?.taken ?? [];
  }

  /** Headers of the columns that are left out: no text can name them, or several have one name that nobody reads. */
  get ignored(): readonly string[] {
    return this.#columns?.left ?? [];
  }

  /** Errors of spreadsheets and words for nothing that were taken as empty. */
  get errorValues(): readonly ErrorValue[] {
    return this.#errors.found;
  }

  /** The encoding of the bytes; null while all is ASCII. */
  get encoding(): string | null {
    return this.#text.encoding;
  }

  /** The rows that are complete with this chunk. Throws `invalid_input` for what can't be read at all. */
  *feed(chunk: Uint8Array): Generator<TableRow> {
    yield* this.#take(this.#text.read(chunk, false), false);
  }

  /** The last ones, when the bytes came to their proper end. */
  *end(): Generator<TableRow> {
    yield* this.#take(this.#text.read(new Uint8Array(), true), true);
  }

  *#take(text: string, isLast: boolean): Generator<TableRow> {
    let come = text;
    if (this.#reader === null) {
      this.#begun += text;
      if (!isLast && this.#begun.length < HEAD_LENGTH) return;
      const head = this.#head(isLast);
      come = this.#begun.slice(head.from);
      this.#begun = "";
      this.#delimiter = head.delimiter;
      this.#columns = columnsOf(head, this.#options);
      const count = head.cells.length;
      const isWhole = (cells: number, blankAtEnd: number) => cells >= count && cells - blankAtEnd <= count;
      this.#reader = new TableReader({ delimiter: head.delimiter, bounds: this.#options.bounds, isWhole, first: head });
      yield* this.#rows(come, isLast, head.row);
      return;
    }
    yield* this.#rows(come, isLast, 0);
  }

  *#rows(text: string, isLast: boolean, headRow: number): Generator<TableRow> {
    const [reader, columns] = [this.#reader, this.#columns];
    if (reader === null || columns === null) return;
    for (const record of reader.read(text, isLast)) {
      if (record.row === headRow) continue;
      const row = this.#row(record, columns);
      if (row !== null) yield row;
    }
  }

  #head(isLast: boolean): TableHead {
    const { delimiter, uses } = this.#options;
    if (PACKED.some((beginning) => this.#begun.startsWith(beginning))) throw WORKBOOK;
    const isWhole = isLast && this.#begun.length <= HEAD_LENGTH;
    const head = findHead(this.#begun.slice(0, HEAD_LENGTH), { delimiter, uses, isWhole });
    if (head !== null) return head;
    throw this.#begun.trim() === "" ? NO_HEADER : UNREADABLE_HEADER;
  }

  #row(record: TableRecord, columns: Columns): TableRow | null {
    const { names } = columns;
    const { line, lastLine, row } = record;
    const place = { line, lastLine, row };
    if (record.kind === "too_long") {
      const { lineBytes, recordBytes } = this.#options.bounds;
      const message = `The row is longer than ${recordBytes} bytes, or a line of it than ${lineBytes}${linesOf(record)}`;
      return { ...place, error: new LinkupError("payload_too_large", message) };
    }
    if (record.kind === "broken") return { ...place, error: rowError(`${REMEDIES[record.why]}${linesOf(record)}`) };
    const { cells } = record;
    if (cells.every((cell) => cell.trim() === "")) return null;
    const error = this.#fault(record, columns);
    if (error !== null) return { ...place, error };
    const taken = new Map<string, string>();
    for (const [at, name] of names.entries()) {
      const cell = name === null ? "" : this.#errors.without(cells[at] ?? "", name);
      if (name !== null && cell !== "") taken.set(name, cell);
    }
    return { ...place, cells: taken };
  }

  #fault(record: Extract<TableRecord, { kind: "cells" }>, { names, isRead }: Columns): LinkupError | null {
    const { cells, isDoubtful, isTruncated } = record;
    const hasSurplus = cells.slice(names.length).some((cell) => cell.trim() !== "");
    const isOther = cells.length !== names.length && cells.some((cell) => this.#holdsRow(cell));
    if (hasSurplus || isOther || (isDoubtful && cells.length < names.length)) {
      const counts = `has ${cells.length} cells where the header has ${names.length}; quote a cell with the delimiter in it`;
      return rowError(`${counts}${linesOf(record)}`);
    }
    // The end of a list that was cut off: half an address is another person's.
    if (isTruncated && cells.length < names.length && ADDRESS.test(cells.at(-1) ?? ""))
      return rowError("the table ends inside of it, so its address may be cut off: end its line, or write all of its cells");
    const strange = cells.findIndex((cell) => cell.includes("\uFFFD") || (this.#text.isGuessed && isForeign(cell)));
    if (strange !== -1) return rowError(OTHER_CHARSET, names[strange] ?? "");
    for (const [at, cell] of cells.entries()) {
      const fault = isRead[at] === true ? cellFault(cell) : cell.includes("\0") ? textFault(cell) : null;
      if (fault !== null) return rowError(fault, names[at] ?? "");
    }
    return null;
  }

  /** Whether a cell of several lines may be rows that a wrong quote made a cell of. */
  #holdsRow(cell: string): boolean {
    return cell.includes("\n") && (cell.includes(this.#delimiter) || cell.split("\n").some((line) => ADDRESS.test(line)));
  }
}

/** The columns by their names; `names` has null for one that is left out. */
function columnsOf({ cells, row }: TableHead, { uses, missing }: TableOptions): Columns {
  const read = new Map(uses.map((use) => [fieldKey(use.name), use]));
  const keys = cells.map(fieldKey);
  const names = cells.map((cell, at) => read.get(keys[at] ?? "")?.name ?? fieldName(cell));
  if (names.filter((name) => name !== null).length > MAX_ROW_FIELDS) throw TOO_MANY_FIELDS;
  const count = (key: string) => keys.filter((other) => other === key).length;
  const size = cells.length === 1 ? "1 column: name the delimiter if it has more" : `${cells.length} columns`;
  // A table that begins with its first recipient.
  const advice = cells.some((cell) => ADDRESS.test(cell))
    ? ". It looks like a recipient's row: put a row of the columns' names above it"
    : "";
  const others = cells.filter((_cell, at) => !read.has(keys[at] ?? ""));
  const none = (name: string) => {
    const meant = closestField(name, others);
    const question = meant === null ? "" : `; is it "${shownHeader(meant)}"?`;
    return `${missing}, and ${NO_COLUMN}${question}; row ${row} was read as the header row, of ${size}${advice}`;
  };
  const issues: Issue[] = [];
  for (const [key, { name, isNeeded }] of read) {
    if (isNeeded && !keys.includes(key)) issues.push({ path: name, message: none(name) });
    if (count(key) > 1) {
      const headers = cells.filter((_cell, at) => keys[at] === key).map((cell) => `"${shownHeader(cell)}"`);
      issues.push({ path: name, message: `the header names this column twice: ${headers.join(" and ")}; rename or take out all but one` });
    }
  }
  if (issues.length > 0) throw new LinkupError("invalid_input", "The header row does not fit", { issues });
  const kept = names.map((name, at) => (name === null || count(keys[at] ?? "") > 1 ? null : name));
  const taken = cells.flatMap((cell, at) => {
    const name = kept[at];
    return name === null || name === undefined ? [] : [{ header: shownHeader(cell), name }];
  });
  const left = cells.filter((cell, at) => kept[at] === null && cell.trim() !== "").map(shownHeader);
  return { names: kept, isRead: keys.map((key) => read.has(key)), taken, left };
}

const shownHeader = (cell: string): string => cell.trim().slice(0, MOST_SHOWN_OF_HEADER);

/** Which lines a bad row takes with it. */
const linesOf = ({ line, lastLine }: TableRecord): string => (lastLine === line ? "" : ` (the row is lines ${line} to ${lastLine})`);
