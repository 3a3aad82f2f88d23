/** A campaign's outcomes as lines of JSON or as rows of a table: one form, whoever hands them out. */
import type { Outcome } from "@linkup-queue/contracts";
import { stringify } from "csv-stringify/sync";

export const RESULT_FORMATS = ["ndjson", "csv"] as const;
export type ResultFormat = (typeof RESULT_FORMATS)[number];

const COLUMNS: readonly (readonly [string, (outcome: Outcome) => string | number | null])[] = [
  ["recipientId", ({ recipientId }) => recipientId],
  ["status", ({ status }) => status],
  ["code", ({ code }) => code],
  ["message", ({ message }) => message],
  ["accountId", ({ accountId }) => accountId],
  ["operation", ({ operation }) => operation],
  ["httpStatus", ({ httpStatus }) => httpStatus],
  ["calls", ({ calls }) => calls],
  ["creditsCharged", ({ credits }) => credits.charged],
  ["creditsUncertain", ({ credits }) => credits.uncertain],
  ["enqueuedAt", ({ enqueuedAt }) => enqueuedAt],
  ["startedAt", ({ startedAt }) => startedAt],
  ["finishedAt", ({ finishedAt }) => finishedAt],
  ["outcomeId", ({ outcomeId }) => outcomeId],
  ["queue", ({ queue }) => queue],
  ["jobId", ({ jobId }) => jobId],
  ["redriveOf", ({ redriveOf }) => redriveOf],
  ["output", ({ output }) => (output === null || output === undefined ? null : JSON.stringify(output))],
];

/** What stands before the first outcome: a table's header row. */
export function resultsHead(format: ResultFormat): string {
  return format === "csv" ? stringify([COLUMNS.map(([name]) => name)]) : "";
}

/** One outcome with its line's end; in a table, what a spreadsheet would take for a formula is made text by a leading quote. */
export function resultRow(outcome: Outcome, format: ResultFormat): string {
  if (format === "ndjson") return `${JSON.stringify(outcome)}\n`;
  return stringify([COLUMNS.map(([, cell]) => cell(outcome))], { escape_formulas: true });
}
