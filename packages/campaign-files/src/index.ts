/** Lists of any length on their way in and out at flat memory: a campaign's recipients, and its outcomes. The package's one entry. */
export * from "./campaign-outcomes.ts";
export { type Line, LineReader } from "./line-reader.ts";
export { ndjsonRows, type RowReader, type TableRowOptions, tableRows } from "./recipient-rows.ts";
export * from "./result-rows.ts";
export * from "./take-recipients.ts";
