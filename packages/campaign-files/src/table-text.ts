/** Rows of a table as a spreadsheet reads them: the one writer of all tables that are handed out. Pure. */
import { stringify } from "csv-stringify/sync";

export type Cell = string | number | null;

/** The rows as lines of CSV; a text that a spreadsheet would run as a formula is made text by a leading quote. */
export function tableText(rows: readonly (readonly Cell[])[]): string {
  return stringify(
    rows.map((cells) => [...cells]),
    { escape_formulas: true },
  );
}
