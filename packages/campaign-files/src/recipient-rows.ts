/** Rows of recipients out of bytes, NDJSON or CSV, as they come: one `RowReader` for each kind. What is wrong with a row is a value. */
import {
  fieldName,
  type Issue,
  LinkupError,
  MAX_ROW_FIELDS,
  MAX_ROW_LENGTH,
  parseSentJson,
  type RecipientRow,
} from "@linkup-queue/contracts";
import { type Line, LineReader } from "./line-reader.ts";
import type { Fault } from "./table-frames.ts";
import { type TableBounds, TableReader, type TableRecord } from "./table-records.ts";

export type ReadRow = { line: number; row: RecipientRow } | { line: number; error: LinkupError };

export type RowReader = {
  /** The rows that are complete with this piece. Throws `invalid_input` for what can't be read at all. */
  feed(piece: Uint8Array): Iterable<ReadRow>;
  /** The last ones, when the body came to its proper end. */
  end(): Iterable<ReadRow>;
  /** Columns that no text can name; empty for NDJSON. */
  ignored: readonly string[];
};

/** Of a table: a row over many lines may be longer. Five cells as full as spreadsheets fill them are 250,000 characters. */
export const TABLE_BOUNDS: TableBounds = { lineBytes: MAX_ROW_LENGTH, recordBytes: 1024 * 1024, keptChars: 4 * 1024 * 1024 };
const ID_NAMES: ReadonlySet<string> = new Set(["recipientId", "recipient_id"]);

const rowError = (message: string, path = ""): LinkupError =>
  new LinkupError("invalid_input", "The row is not valid", { issues: [{ path, message }] });
const TOO_LONG = new LinkupError("payload_too_large", `The row is longer than ${MAX_ROW_LENGTH} bytes`);
const TOO_MANY_FIELDS = rowError(`must have at most ${MAX_ROW_FIELDS} fields`);

/** What to do about a row of a table that can't be read. */
const REMEDIES: Readonly<Record<Fault, string>> = {
  quotes: 'its quotes don\'t pair: put quotes around the whole cell, and double those inside ("")',
  open: 'a quote begins a cell and none ends it: put one behind the cell, or double it ("") inside a quoted cell',
  line_ends:
    "a line ends in it in another way than the table's first line: save the table with one kind of line ends, and quote a cell of several lines",
};

/** One object a line: `{"recipientId"?, "fields": {...}}`, or the fields themselves beside the id. */
export function ndjsonRows(): RowReader {
  const lines = new LineReader(MAX_ROW_LENGTH);
  return {
    ignored: [],
    *feed(piece) {
      for (const line of lines.feed(piece)) yield jsonRow(line);
    },
    *end() {
      const line = lines.end();
      if (line !== null) yield jsonRow(line);
    },
  };
}

/** A flat object without escapes and long numbers, as most rows are: for it the plain parser and the exact one are the same. */
const PLAIN = /^\{[^{}[\]\\]*\}\s*$/;
const LONG_NUMBER = /\d{16}/;

function rowJson(text: string): unknown {
  if (!PLAIN.test(text) || LONG_NUMBER.test(text) || text.includes("__proto__")) return parseSentJson(text);
  try {
    return JSON.parse(text);
  } catch {
    // It says what is wrong without quoting the row.
    return parseSentJson(text);
  }
}

function jsonRow(line: Line): ReadRow {
  const { number } = line;
  if (line.kind === "too_long") return { line: number, error: TOO_LONG };
  if (line.kind === "not_utf8") return { line: number, error: rowError("is not UTF-8") };
  try {
    // Some editors begin a file with a byte order mark.
    const value = rowJson(number === 1 ? line.text.replace(/^\uFEFF/, "") : line.text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return { line: number, error: rowError("must be an object") };
    return { line: number, row: rowOf(value) };
  } catch (thrown) {
    return { line: number, error: LinkupError.from(thrown) };
  }
}

function rowOf(value: object): RecipientRow {
  const issues: Issue[] = [];
  const nested: unknown = Reflect.get(value, "fields");
  const isNested = typeof nested === "object" && nested !== null && !Array.isArray(nested);
  if (Object.keys(isNested ? nested : value).length > MAX_ROW_FIELDS) throw TOO_MANY_FIELDS;
  let recipientId: string | null = null;
  const fields: Record<string, string> = {};
  for (const [name, member] of Object.entries(value)) {
    if (ID_NAMES.has(name)) recipientId = idOf(member, issues);
    else if (!isNested) takeField(fields, { name, member }, issues);
    else if (name !== "fields") issues.push({ path: shown(name), message: "is not a known field beside `fields`; put it into them" });
  }
  if (isNested) for (const [name, member] of Object.entries(nested)) takeField(fields, { name, member }, issues);
  if (issues.length > 0) throw new LinkupError("invalid_input", "The row is not valid", { issues });
  return { recipientId, fields };
}

function idOf(member: unknown, issues: Issue[]): string | null {
  if (member === null || member === undefined || member === "") return null;
  if (typeof member === "string" || typeof member === "number") return String(member).trim();
  issues.push({ path: "recipientId", message: "must be text" });
  return null;
}

function takeField(fields: Record<string, string>, { name, member }: { name: string; member: unknown }, issues: Issue[]): void {
  if (fieldName(name) !== name) issues.push({ path: shown(name), message: "must be a name of a-z, 0-9 and _, starting with a letter" });
  else if (typeof member === "string") fields[name] = member;
  else if (typeof member === "number" || typeof member === "boolean") fields[name] = String(member);
  else if (member !== null) issues.push({ path: name, message: "must be text, a number or a boolean" });
}

const shown = (name: string): string => (fieldName(name) === name ? name : "(unprintable name)");

export type TableRowOptions = {
  /** As the sender says; null for UTF-8, or what the byte order mark says. */
  charset: string | null;
  /** Null for the one of `,`, `;` and tab that the header has most of. */
  delimiter: string | null;
  /** Fields that every row must have a column for. */
  needed: readonly string[];
  /** Tests hand in smaller ones. */
  bounds?: TableBounds;
};

/** A header row, then one recipient a row. Throws `unsupported_media_type` for a charset that nobody knows. */
export function tableRows(options: TableRowOptions): RowReader {
  let decoder: InstanceType<typeof TextDecoder> | null = null;
  /** What came before the header row is whole. */
  let head = "";
  let header: Header | null = null;
  let table: TableReader | null = null;
  const ignored: string[] = [];

  function* take(text: string, isLast: boolean): Generator<ReadRow> {
    if (table === null) {
      head += text;
      const first = firstLine(head, isLast);
      if (first === null) return;
      const delimiter = options.delimiter ?? likelyDelimiter(first);
      const { bounds = TABLE_BOUNDS } = options;
      table = new TableReader({ delimiter, bounds, isWhole: (cells) => header === null || cells === header.names.length });
    }
    const come = head === "" ? text : head;
    head = "";
    for (const record of table.read(come, isLast)) {
      if (header === null) {
        header = headerOf(record, options.needed);
        for (const name of header.ignored) ignored.push(name);
        continue;
      }
      const row = tableRow(record, header.names);
      if (row !== null) yield row;
    }
  }

  return {
    ignored,
    *feed(piece) {
      decoder ??= decoderFor(options.charset, piece);
      yield* take(decoder.decode(piece, { stream: true }), false);
    },
    *end() {
      yield* take(decoder?.decode() ?? "", true);
    },
  };
}

/** The first line that is not blank; null while it is not whole. Throws when there is none. */
function firstLine(head: string, isLast: boolean): string | null {
  const lines = head.split(/\r\n|\n|\r/);
  const at = lines.findIndex((line) => line.trim() !== "");
  if (at !== -1 && (isLast || at < lines.length - 1)) return lines[at] ?? null;
  if (isLast) throw rowError("there is no header row");
  if (head.length > MAX_ROW_LENGTH) throw UNREADABLE_HEADER;
  return null;
}

function decoderFor(charset: string | null, first: Uint8Array): InstanceType<typeof TextDecoder> {
  const marked = first[0] === 0xff && first[1] === 0xfe ? "utf-16le" : first[0] === 0xfe && first[1] === 0xff ? "utf-16be" : "utf-8";
  try {
    return new TextDecoder(charset ?? marked);
  } catch {
    throw new LinkupError("unsupported_media_type", "This charset is not known; send UTF-8, or name utf-16le, windows-1252 or the like");
  }
}

function likelyDelimiter(header: string): string {
  const bare = header.replaceAll(/"[^"]*"/g, "");
  const counted = [",", ";", "\t"].map((delimiter) => ({ delimiter, count: bare.split(delimiter).length }));
  return counted.reduce((best, other) => (other.count > best.count ? other : best)).delimiter;
}

const UNREADABLE_HEADER = rowError("the header row can't be read: its quotes don't pair, or it is too long");

type Header = { names: (string | null)[]; ignored: string[] };

/** The names of the columns; null for one that no text can name. */
function headerOf(record: TableRecord, needed: readonly string[]): Header {
  if (record.kind !== "cells") throw UNREADABLE_HEADER;
  const names = record.cells.map((cell) => fieldName(cell));
  const named = names.filter((name) => name !== null);
  if (named.length > MAX_ROW_FIELDS) throw TOO_MANY_FIELDS;
  const twice = named.find((name, at) => named.indexOf(name) !== at);
  if (twice !== undefined) throw rowError("the header names this column twice", twice ?? "");
  const missing = needed.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    const message = "is needed by the campaign's text, has no default there ({{field|default}}), and no column has this name";
    throw new LinkupError("invalid_input", "The header row does not fit the campaign", {
      issues: missing.map((path) => ({ path, message })),
    });
  }
  return { names, ignored: record.cells.filter((_cell, at) => names[at] === null).map((cell) => cell.trim().slice(0, 60)) };
}

function tableRow(record: TableRecord, names: readonly (string | null)[]): ReadRow | null {
  const { line } = record;
  if (record.kind === "too_long") {
    const { lineBytes, recordBytes } = TABLE_BOUNDS;
    const message = `The row is longer than ${recordBytes} bytes, or a line of it than ${lineBytes}${linesOf(record)}`;
    return { line, error: new LinkupError("payload_too_large", message) };
  }
  if (record.kind === "broken") return { line, error: rowError(`${REMEDIES[record.why]}${linesOf(record)}`) };
  const { cells } = record;
  if (cells.every((cell) => cell.trim() === "")) return null;
  if (cells.length !== names.length) {
    const counts = `has ${cells.length} cells where the header has ${names.length}; quote a cell with the delimiter in it`;
    return { line, error: rowError(`${counts}${linesOf(record)}`) };
  }
  const strange = cells.findIndex((cell) => cell.includes("\uFFFD"));
  if (strange !== -1) {
    return {
      line,
      error: rowError("is not valid text in this charset; name the one that the table is in, such as windows-1252", names[strange] ?? ""),
    };
  }
  let recipientId: string | null = null;
  const fields: Record<string, string> = {};
  for (const [at, name] of names.entries()) {
    const cell = cells[at] ?? "";
    if (name === null || cell === "") continue;
    if (ID_NAMES.has(name)) recipientId = cell.trim() || null;
    else fields[name] = cell;
  }
  return { line, row: { recipientId, fields } };
}

/** Which lines a bad row takes with it. */
const linesOf = ({ line, lastLine }: TableRecord): string => (lastLine === line ? "" : ` (the row is lines ${line} to ${lastLine})`);
