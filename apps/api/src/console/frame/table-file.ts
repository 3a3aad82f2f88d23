/** A table that a page already has in full, as a file to download: it needs no script and no further request. Pure. */
import { type Cell, tableText } from "@linkup-queue/campaign-files";

/** The address of a CSV with these rows, the first of which is its head. */
export function tableFile(rows: readonly (readonly Cell[])[]): string {
  return `data:text/csv;charset=utf-8,${encodeURIComponent(tableText(rows))}`;
}
