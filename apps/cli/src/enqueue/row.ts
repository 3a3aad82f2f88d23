/** One job as it stands in a file: where, and what it says, or why it can't be read. */
import type { Issue } from "@linkup-queue/contracts";

/** `line` and `lastLine`: where it begins and ends, counted from 1; `row`: which one of a sheet it is, in a table. */
export type Row = { line: number; lastLine: number; row?: number } & (
  | { value: Readonly<Record<string, unknown>> }
  | { issues: readonly Issue[] }
);

/** Fields that a row may leave out. */
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
