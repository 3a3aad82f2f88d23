/** Lists in files and bodies, NDJSON or CSV, read and written at flat memory. It knows no Redis and no campaign. The package's one entry. */
export type { ErrorValue } from "./error-values.ts";
export { type JsonLine, JsonLines } from "./json-lines.ts";
export { ndjsonRows, type ReadRow, type RowReader, type TableRowOptions, tableRows } from "./recipient-rows.ts";
export * from "./result-rows.ts";
export { type Column, NO_COLUMN, Table, type TableRow } from "./table.ts";
export { type Cell, tableText } from "./table-text.ts";
export { type Understood, understoodOf } from "./understood.ts";
