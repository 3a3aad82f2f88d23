/** A campaign's outcomes as lines of JSON or as rows of a table, with what its list says of the recipients where that is wanted: one form, whoever hands them out. */
import type { Outcome } from "@linkup-queue/contracts";
import { type Cell, tableText } from "./table-text.ts";

export const RESULT_FORMATS = ["ndjson", "csv"] as const;
export type ResultFormat = (typeof RESULT_FORMATS)[number];

/** A recipient who was never sent to, beside outcomes: it has the same members, and no outcome. */
export type NeverSent = Omit<Outcome, "outcomeId" | "jobId" | "status" | "enqueuedAt" | "finishedAt"> & {
  outcomeId: null;
  jobId: null;
  status: "unsent";
  enqueuedAt: null;
  finishedAt: null;
};
/** `fields`: what the list says of the recipient; null where that is not kept, left out where nobody asked. */
export type ResultRow = (Outcome | NeverSent) & { fields?: Readonly<Record<string, string>> | null };

const COLUMNS: readonly (readonly [string, (row: ResultRow) => Cell])[] = [
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
  ["resolvedHappened", ({ resolved }) => (resolved === null ? null : String(resolved.happened))],
  ["resolvedBy", ({ resolved }) => resolved?.by ?? null],
  ["resolvedAt", ({ resolved }) => resolved?.at ?? null],
  ["reconciledBy", ({ reconciled }) => reconciled?.by ?? null],
  ["reconciledAt", ({ reconciled }) => reconciled?.at ?? null],
  ["step", ({ step }) => step],
  ["output", ({ output }) => (output === null || output === undefined ? null : JSON.stringify(output))],
];
const OURS: ReadonlySet<string> = new Set(COLUMNS.map(([name]) => name));

/** The text before the first row: a table's header row. `fields`: names of the list's fields that are columns, each by its own name unless we have one so called. */
export function resultsHead(format: ResultFormat, fields: readonly string[] = []): string {
  if (format !== "csv") return "";
  const names = [...OURS, ...fields.map((name) => (OURS.has(name) ? `fields.${name}` : name))];
  return tableText([names]);
}

/** One row with its line's end; in a table, what a spreadsheet would take for a formula is made text by a leading quote. */
export function resultRow(row: ResultRow, format: ResultFormat, fields: readonly string[] = []): string {
  if (format === "ndjson") return `${JSON.stringify(row)}\n`;
  const cells = [...COLUMNS.map(([, cell]) => cell(row)), ...fields.map((name) => row.fields?.[name] ?? null)];
  return tableText([cells]);
}
