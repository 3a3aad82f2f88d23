/** How a list was understood, for the person who sent it: which columns were taken as what, what was empty, and what of it no text uses. */
import type { ErrorValue, RowReader } from "@linkup-queue/campaign-files";
import { type Campaign, type FieldCounts, textDoubts } from "@linkup-queue/queue";
import type { RecipientCounts } from "./take-recipients.ts";

export type ImportSummary = {
  /** The field that each column is taken as, by its header. */
  columns: Record<string, string>;
  /** Columns that are left out. */
  ignoredColumns: string[];
  /** How each field of the campaign's text stands in the rows. */
  fields: Readonly<Record<string, FieldCounts>>;
  /** Errors of spreadsheets and words for nothing, taken as empty. */
  errorValues: ErrorValue[];
  /** How a table's text is encoded; null where it makes no difference. */
  encoding: string | null;
  /** Parts of the campaign's text that are probably not meant to be sent as they stand. */
  doubts: { path: string; message: string }[];
};

/** The summary of what was read so far. */
export function importSummary(rows: RowReader, { definition }: Campaign, { fields }: RecipientCounts): ImportSummary {
  return {
    columns: Object.fromEntries(rows.columns.map(({ header, name }) => [header, name])),
    ignoredColumns: [...rows.ignored],
    fields,
    errorValues: [...rows.errorValues],
    encoding: rows.encoding,
    doubts: textDoubts(definition.input),
  };
}
