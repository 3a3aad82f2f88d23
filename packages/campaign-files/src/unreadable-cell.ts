/** Cells that hold something else than their text: no name or address is to be taken out of them as they stand. Pure. */
import { textFault } from "@linkup-queue/contracts";

/** A formula, as a spreadsheet saves it where it is told to: `=HYPERLINK(...)`, `=A2`, `="Ann"`. */
const FORMULA = /^\s*=[-+]?[\p{L}\p{N}$_.'"(]/u;

/** The fault of a cell that is read, and what to do about it; null for none. */
export function cellFault(cell: string): string | null {
  return FORMULA.test(cell) ? "holds a formula in place of its value; save the table with the values of its cells" : textFault(cell);
}
