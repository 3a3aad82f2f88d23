/** One job as it stands in a file: where, and what it says, or why it can't be read. */
import type { Issue } from "@linkup-queue/contracts";

/** `line` and `lastLine`: where it begins and ends, counted from 1. */
export type Row = { line: number; lastLine: number } & ({ value: Readonly<Record<string, unknown>> } | { issues: readonly Issue[] });

/** What a row may leave out. */
export type RowDefaults = Readonly<Record<string, unknown>>;

/** Members of a job's request; any other column of a table is a field of `input`. */
export const REQUEST_FIELDS = [
  "operation",
  "accountId",
  "idempotencyKey",
  "priority",
  "runAt",
  "expiresAt",
  "onUnknown",
  "campaignId",
  "recipientId",
] as const;

/** A row that can't be read, for one reason. */
export function badRow(line: number, message: string, lastLine = line): Row {
  const lines = lastLine === line ? "" : ` (the row is lines ${line} to ${lastLine})`;
  return { line, lastLine, issues: [{ path: "", message: message + lines }] };
}
