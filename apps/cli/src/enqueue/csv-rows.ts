/**
 * Jobs as a table: a header row, then one job a row. Columns of a job's request by their names, all others are fields of `input`.
 * A cell is text; where the operation wants a number or the like, the cell is read as JSON.
 */
import { pipeline, Readable } from "node:stream";
import { LinkupError, MAX_JOB_BYTES, MAX_ROW_FIELDS } from "@linkup-queue/contracts";
import { CsvError, parse } from "csv-parse";
import { z } from "zod";
import { fieldKinds, readField } from "../field-kinds.ts";
import { badRow, REQUEST_FIELDS, type Row, type RowDefaults } from "./row.ts";

const Parsed = z.object({ info: z.object({ lines: z.number(), empty_lines: z.number() }), record: z.array(z.string()) });

/** The rows of a table. Throws LinkupError `invalid_input` for a header that can't be used, or quotes that don't close. */
export async function* csvRows(text: AsyncIterable<string>, defaults: RowDefaults, delimiter: string): AsyncGenerator<Row> {
  const parser = parse({
    bom: true,
    delimiter,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MAX_JOB_BYTES,
  });
  // The iteration below meets every error; without a listener here it would meet it twice.
  pipeline(Readable.from(text), parser, () => undefined);
  let header: string[] | null = null;
  let before = { lines: 0, empty_lines: 0 };
  try {
    for await (const piece of parser) {
      const { info, record } = Parsed.parse(piece);
      const line = before.lines + info.empty_lines - before.empty_lines + 1;
      before = info;
      if (header === null) header = readHeader(record);
      else yield readRecord({ line, lastLine: info.lines, header, record, defaults });
    }
  } catch (thrown) {
    if (!(thrown instanceof CsvError)) throw thrown;
    const line = typeof thrown["lines"] === "number" ? ` (line ${thrown["lines"]})` : "";
    throw new LinkupError("invalid_input", `The table can't be read further${line}: ${REASONS[thrown.code] ?? "its form is not CSV"}`, {
      cause: thrown,
    });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: "a quoted cell is never closed",
  INVALID_OPENING_QUOTE: "a quote stands in the middle of a cell; quote the whole cell and double the quotes in it",
  CSV_INVALID_CLOSING_QUOTE: "text follows a closing quote; double the quotes inside a quoted cell",
  CSV_MAX_RECORD_SIZE: "a row is longer than any job may be; is a quote missing?",
};

function readHeader(record: readonly string[]): string[] {
  if (record.length > MAX_ROW_FIELDS) throw new LinkupError("invalid_input", `The header row has more than ${MAX_ROW_FIELDS} columns`);
  const names = record.map((name) => name.trim());
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (names.some((name) => name === "")) throw new LinkupError("invalid_input", "The header row has a column without a name");
  if (twice !== undefined) throw new LinkupError("invalid_input", `The header row names the column ${twice.slice(0, 40)} twice`);
  return names;
}

type CsvRecord = { line: number; lastLine: number; header: readonly string[]; record: readonly string[]; defaults: RowDefaults };

function readRecord({ line, lastLine, header, record, defaults }: CsvRecord): Row {
  if (record.length !== header.length) {
    const message = `has ${record.length} cells where the header has ${header.length}; a cell with the delimiter in it needs quotes`;
    return badRow(line, message, lastLine);
  }
  const cells = header.flatMap((name, at) => (record[at] === undefined || record[at] === "" ? [] : [[name, record[at]] as const]));
  const isField = (name: string) => REQUEST_FIELDS.some((field) => field === name);
  const request = { ...defaults, ...Object.fromEntries(cells.filter(([name]) => isField(name))) };
  const kinds = fieldKinds(typeof request["operation"] === "string" ? request["operation"] : "");
  const input = cells.filter(([name]) => !isField(name)).map(([name, cell]) => [name.replace(/^input\./, ""), cell] as const);
  return {
    line,
    lastLine,
    value: { ...request, input: Object.fromEntries(input.map(([name, cell]) => [name, readField(cell, kinds.get(name))])) },
  };
}
