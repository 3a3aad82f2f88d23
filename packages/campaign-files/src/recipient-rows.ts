/** Rows of recipients out of bytes, NDJSON or CSV, as they come: one `RowReader` for each kind. A row's error is a value. */
import {
  type FieldUse,
  fieldKey,
  fieldName,
  type Issue,
  LinkupError,
  MAX_ROW_FIELDS,
  MAX_ROW_LENGTH,
  parseSentJson,
  type RecipientRow,
} from "@linkup-queue/contracts";
import { type ErrorValue, ErrorValues } from "./error-values.ts";
import { type JsonLine, JsonLines } from "./json-lines.ts";
import { type Column, Table, TOO_MANY_FIELDS } from "./table.ts";
import type { TableBounds } from "./table-records.ts";
import { cellFault } from "./unreadable-cell.ts";

/** `row`: which one of a sheet it is; a list that is no table has none. */
export type ReadRow = { line: number; row?: number } & ({ recipient: RecipientRow } | { error: LinkupError });

export type RowReader = {
  /** The rows that are complete with this chunk. Throws `invalid_input` for what can't be read at all. */
  feed(chunk: Uint8Array): Iterable<ReadRow>;
  /** The last ones, when the body came to its proper end. */
  end(): Iterable<ReadRow>;
  /** The columns, or fields of any row, that are taken. */
  columns: readonly Column[];
  /** Columns that are left out: no text can name them, or several have one name that no text uses. */
  ignored: readonly string[];
  /** Cells that were taken as empty, since a program wrote them in place of a value. */
  errorValues: readonly ErrorValue[];
  /** How a table's text is encoded; null for one that is all ASCII. */
  encoding: string | null;
};

/** Of a table: a row over many lines may be longer. Five cells as full as spreadsheets fill them are 250,000 characters. */
export const TABLE_BOUNDS: TableBounds = { lineBytes: MAX_ROW_LENGTH, recordBytes: 1024 * 1024, keptChars: 4 * 1024 * 1024 };
const ID_NAME = "recipientId";
const ID_KEY = fieldKey(ID_NAME);
/** Names of fields that are told, as rows of JSON may have any. */
const MOST_COLUMNS = MAX_ROW_FIELDS;

/** One object a line: `{"recipientId"?, "fields": {...}}`, or the fields themselves beside the id. */
export function ndjsonRows(uses: readonly FieldUse[] = []): RowReader {
  const lines = new JsonLines(MAX_ROW_LENGTH, { parse: rowJson });
  const objects = new ObjectRows(uses);
  return {
    ignored: [],
    encoding: "utf-8",
    get columns() {
      return objects.columns;
    },
    get errorValues() {
      return objects.errors.found;
    },
    *feed(chunk) {
      for (const line of lines.feed(chunk)) yield rowOf(line, objects);
    },
    *end() {
      for (const line of lines.end()) yield rowOf(line, objects);
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

function rowOf(line: JsonLine, objects: ObjectRows): ReadRow {
  if ("error" in line) return line;
  try {
    return { line: line.line, recipient: objects.read(line.value) };
  } catch (thrown) {
    return { line: line.line, error: LinkupError.from(thrown) };
  }
}

/** How a name in a row of JSON is meant. */
type Meaning = { kind: "id" | "used" | "free"; name: string; key: string } | { kind: "none" };

class ObjectRows {
  readonly errors = new ErrorValues();
  readonly #used: ReadonlyMap<string, string>;
  readonly #meanings = new Map<string, Meaning>();

  constructor(uses: readonly FieldUse[]) {
    this.#used = new Map(uses.map(({ name }) => [fieldKey(name), name]));
  }

  get columns(): Column[] {
    return [...this.#meanings].flatMap(([header, meaning]) => (meaning.kind === "none" ? [] : [{ header, name: meaning.name }]));
  }

  /** Throws `invalid_input` with every issue of the row. */
  read(value: object): RecipientRow {
    const issues: Issue[] = [];
    const nested: unknown = Reflect.get(value, "fields");
    const isNested = typeof nested === "object" && nested !== null && !Array.isArray(nested);
    if (Object.keys(isNested ? nested : value).length > MAX_ROW_FIELDS) throw TOO_MANY_FIELDS;
    const row: { recipientId: string | null; fields: Record<string, string> } = { recipientId: null, fields: {} };
    for (const [name, member] of Object.entries(value)) {
      const meaning = this.#meaningOf(name);
      if (meaning.kind === "id") {
        const id = this.#idOf(member, issues);
        if (id !== null && row.recipientId !== null) issues.push({ path: ID_NAME, message: "is there twice" });
        row.recipientId ??= id;
      } else if (!isNested) this.#take(row.fields, { name, member, meaning }, issues);
      else if (name !== "fields") issues.push({ path: shown(name), message: "is not a known field beside `fields`; put it into them" });
    }
    if (isNested)
      for (const [name, member] of Object.entries(nested)) this.#take(row.fields, { name, member, meaning: this.#meaningOf(name) }, issues);
    if (issues.length > 0) throw new LinkupError("invalid_input", "The row is not valid", { issues });
    return row;
  }

  #meaningOf(name: string): Meaning {
    const known = this.#meanings.get(name);
    if (known !== undefined) return known;
    const key = fieldKey(name);
    const used = this.#used.get(key);
    const kept = used ?? fieldName(name);
    const kind = key === ID_KEY ? "id" : used !== undefined ? "used" : "free";
    const meaning: Meaning = kept === null ? { kind: "none" } : { kind, name: kind === "id" ? ID_NAME : kept, key };
    if (this.#meanings.size < MOST_COLUMNS) this.#meanings.set(name, meaning);
    return meaning;
  }

  #idOf(member: unknown, issues: Issue[]): string | null {
    if (member === null || member === undefined || member === "") return null;
    if (typeof member === "string" || typeof member === "number") return this.errors.without(String(member).trim(), ID_NAME) || null;
    issues.push({ path: ID_NAME, message: "must be text" });
    return null;
  }

  #take(fields: Record<string, string>, { name, member, meaning }: Member, issues: Issue[]): void {
    if (meaning.kind === "none") issues.push({ path: shown(name), message: "must be a name with letters, of at most 60 characters" });
    else if (typeof member === "string") this.#put(fields, { meaning, value: this.errors.without(member, meaning.name) }, issues);
    else if (typeof member === "number" || typeof member === "boolean")
      this.#put(fields, { meaning, value: this.errors.without(String(member), meaning.name) }, issues);
    else if (member !== null) issues.push({ path: meaning.name, message: "must be text, a number or a boolean" });
  }

  #put(fields: Record<string, string>, { meaning, value }: Put, issues: Issue[]): void {
    const { kind, name } = meaning;
    const fault = kind === "used" ? cellFault(value) : null;
    if (fault !== null) issues.push({ path: name, message: fault });
    if (!Object.hasOwn(fields, name)) fields[name] = value;
    else if (kind === "used") issues.push({ path: name, message: "is there twice, in different spellings" });
    // Nobody reads it, and nobody could tell which of them is meant.
    else fields[name] = "";
  }
}

type Member = { name: string; member: unknown; meaning: Meaning };
type Put = { meaning: Exclude<Meaning, { kind: "none" }>; value: string };

const shown = (name: string): string => (fieldName(name) === name ? name : "(unprintable name)");

export type TableRowOptions = {
  /** As the sender says; null to find it out. */
  charset: string | null;
  /** Null for the one of `,`, `;`, tab and `|` that the header has, or that a line `sep=` names. */
  delimiter: string | null;
  /** The fields that are read. */
  uses: readonly FieldUse[];
  /** Tests hand in smaller ones. */
  bounds?: TableBounds;
};

const MISSING = "is needed by the campaign's text, has no default there ({{field|default}})";

/** A header row, then one recipient a row. Throws `unsupported_media_type` for a charset that nobody knows. */
export function tableRows({ charset, delimiter, uses, bounds = TABLE_BOUNDS }: TableRowOptions): RowReader {
  const read = [...uses, { name: ID_NAME, isNeeded: false }];
  const table = new Table({ charset, delimiter, uses: read, bounds, missing: MISSING });
  const taken = function* (rows: ReturnType<Table["feed"]>): Generator<ReadRow> {
    for (const one of rows) {
      const { line, row } = one;
      if ("error" in one) yield { line, row, error: one.error };
      else yield { line, row, recipient: recipientOf(one.cells) };
    }
  };
  return {
    get columns() {
      return table.columns;
    },
    get ignored() {
      return table.ignored;
    },
    get errorValues() {
      return table.errorValues;
    },
    get encoding() {
      return table.encoding;
    },
    feed: (chunk) => taken(table.feed(chunk)),
    end: () => taken(table.end()),
  };
}

function recipientOf(cells: ReadonlyMap<string, string>): RecipientRow {
  const { [ID_NAME]: id = "", ...fields } = Object.fromEntries(cells);
  return { recipientId: id.trim() || null, fields };
}
