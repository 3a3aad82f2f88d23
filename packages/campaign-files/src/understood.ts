/** How a list was understood, for the person who sent it: which columns were taken as what, which were left out, and what was taken as empty. */
import type { ErrorValue } from "./error-values.ts";
import type { Column } from "./table.ts";

export type Understood = {
  /** The field that each column is taken as, by its header. */
  columns: Record<string, string>;
  /** Columns that are left out. */
  ignoredColumns: string[];
  /** Errors of spreadsheets and words for nothing, taken as empty. */
  errorValues: ErrorValue[];
};

/** A reader's word on what it read so far; a table's and a list's have it. */
export type ReadSoFar = { columns: readonly Column[]; ignored: readonly string[]; errorValues: readonly ErrorValue[] };

/** The reader's word as it is told, in print and in JSON. */
export function understoodOf({ columns, ignored, errorValues }: ReadSoFar): Understood {
  return {
    columns: Object.fromEntries(columns.map(({ header, name }) => [header, name])),
    ignoredColumns: [...ignored],
    errorValues: [...errorValues],
  };
}
