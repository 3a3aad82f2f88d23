/**
 * Jobs as a table: a header row, then one job a row. Columns of a job's request by their names, all others are fields of `input`.
 * A cell is text; where the operation wants a number or the like, the cell is read as JSON.
 */
import { Table, type TableRow } from "@linkup-queue/campaign-files";
import { describeIssues, type FieldUse, fieldKey, type Issue, LinkupError, MAX_JOB_BYTES, OPERATIONS } from "@linkup-queue/contracts";
import { fieldKinds, readField } from "./field-kinds.ts";
import { REQUEST_FIELDS, type Row, type RowDefaults } from "./row.ts";

/** A job may carry a file. */
const BOUNDS = { lineBytes: MAX_JOB_BYTES, recordBytes: MAX_JOB_BYTES, keptChars: MAX_JOB_BYTES };
const INPUT = "input.";

export type JobTableOptions = {
  charset: string | null;
  delimiter: string | null;
  defaults: RowDefaults;
};

/** A table of jobs, for `csvRows`. */
export function jobTable({ charset, delimiter, defaults }: JobTableOptions): Table {
  return new Table({ charset, delimiter, uses: usesOf(defaults["operation"]), bounds: BOUNDS, missing: "" });
}

/** The fields of a job, and those of the operation, or of all of them where each row says its own. */
function usesOf(operation: unknown): FieldUse[] {
  const operations = typeof operation === "string" ? [operation] : Object.keys(OPERATIONS);
  const fields = new Set(operations.flatMap((name) => [...fieldKinds(name).keys()]));
  const uses = new Map<string, string>();
  for (const name of [...REQUEST_FIELDS, ...fields, ...[...fields].map((field) => `${INPUT}${field}`)])
    if (!uses.has(fieldKey(name))) uses.set(fieldKey(name), name);
  return [...uses.values()].map((name) => ({ name, isNeeded: false }));
}

/** The rows of a table. Throws LinkupError `invalid_input` for a header that can't be used. */
export async function* csvRows(chunks: AsyncIterable<Uint8Array>, table: Table, defaults: RowDefaults): AsyncGenerator<Row> {
  for await (const chunk of chunks) for (const row of read(() => table.feed(chunk))) yield jobRow(row, defaults);
  for (const row of read(() => table.end())) yield jobRow(row, defaults);
}

/** Says of a header what is wrong with it in one sentence. */
function* read(rows: () => Iterable<TableRow>): Generator<TableRow> {
  try {
    yield* rows();
  } catch (thrown) {
    if (!(thrown instanceof LinkupError) || thrown.issues === null) throw thrown;
    throw new LinkupError(thrown.code, `${thrown.message}: ${describeIssues(thrown.issues)}`, { issues: thrown.issues, cause: thrown });
  }
}

function jobRow(found: TableRow, defaults: RowDefaults): Row {
  const { line, lastLine, row } = found;
  if ("error" in found) return { line, lastLine, row, issues: found.error.issues ?? [{ path: "", message: found.error.message }] };
  const isField = (name: string) => REQUEST_FIELDS.some((field) => field === name);
  const cells = [...found.cells];
  const request = { ...defaults, ...Object.fromEntries(cells.filter(([name]) => isField(name))) };
  const kinds = fieldKinds(typeof request["operation"] === "string" ? request["operation"] : "");
  const input: Record<string, unknown> = {};
  const issues: Issue[] = [];
  for (const [column, cell] of cells.filter(([name]) => !isField(name))) {
    const name = column.startsWith(INPUT) ? column.slice(INPUT.length) : column;
    if (Object.hasOwn(input, name)) issues.push({ path: `input.${name}`, message: "is there twice" });
    input[name] = readField(cell, kinds.get(name));
  }
  return issues.length > 0 ? { line, lastLine, row, issues } : { line, lastLine, row, value: { ...request, input } };
}
