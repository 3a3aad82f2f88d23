/** Words that programs write into a cell in place of a missing value, or leave there: nobody is called so. Pure. */
import { fieldKey } from "@linkup-queue/contracts";

/** `#REF!`, `#WERT!`, `#¿NOMBRE?`: an error of a spreadsheet, in any of its languages. */
const SHEET_ERROR = /^#[¡¿]?[\p{Lu}\d/_]{2,20}[!?]$/u;
/** Words without a sign behind them, and a column that was too narrow when it was saved. */
const BARE_SHEET_ERROR = /^#(?:N\/A|N\/D|N\/V|NV|NA|NODATA|GETTING_DATA|#+)$/;
const OTHERS: ReadonlySet<string> = new Set([
  ..."null NULL (null) <null> undefined UNDEFINED NaN nan NAN None nil NIL N/A n/a N.A. n.a. NA \\N".split(" "),
  "[object Object]",
]);

/** A cell that another program was to fill and did not: `{{first_name}}`, `{firstName}`, `%FNAME%`, `*|FNAME|*`, `[First Name]`, `<<name>>`, alone in it. */
const UNFILLED =
  /^(?:\$?\{{1,3} ?\p{L}[ \p{L}\p{N}_.]*\}{1,3}|%{1,2}[\p{L}\p{N}_]+%{1,2}|\*\|[\p{L}\p{N}_:]+\|\*|\[{1,2} ?\p{L}[\p{L}\p{N}_ ]*\]{1,2}|<{1,2} ?\p{L}[\p{L}\p{N}_ ]*>{1,2})$/u;
/** Columns of people's names, by their keys. */
const NAMES: ReadonlySet<string> = new Set(
  `name firstname lastname fullname givenname familyname surname fname lname vorname nachname prenom nom nombre apellido nome cognome voornaam achternaam imie
nazwisko fornamn efternamn`
    .split(/\s+/)
    .map(fieldKey),
);
const LETTER = /\p{L}/u;
const LONGEST = 24;
const LONGEST_UNFILLED = 60;

/** Whether a cell holds an error, a program's word for nothing or a placeholder. `Null` and `Na` are names of people. */
export function isErrorValue(cell: string): boolean {
  const text = cell.trim();
  if (text.length > LONGEST_UNFILLED) return false;
  if (UNFILLED.test(text)) return true;
  return (
    text.length <= LONGEST &&
    (OTHERS.has(text) || SHEET_ERROR.test(text) || BARE_SHEET_ERROR.test(text) || /^(?:Err:\d{3}|Loading(?:\.{3}|…))$/.test(text))
  );
}

/** Whether a cell of a column of names holds none: `-`, `0`, `.`, `?`. Every name has a letter. */
function isNoName(cell: string, column: string): boolean {
  return cell.trim() !== "" && !LETTER.test(cell) && NAMES.has(fieldKey(column));
}

/** How often such a value stood in a column and was taken as empty. */
export type ErrorValue = { column: string; value: string; rows: number };

/** Different ones that are told; there are few in any list. */
const MOST_TOLD = 100;

export class ErrorValues {
  readonly #found = new Map<string, ErrorValue>();

  /** The cell, or nothing in its place. */
  without(cell: string, column: string): string {
    if (!isErrorValue(cell) && !isNoName(cell, column)) return cell;
    const value = cell.trim();
    const key = `${column}\n${value}`;
    const known = this.#found.get(key);
    if (known !== undefined) known.rows += 1;
    else if (this.#found.size < MOST_TOLD) this.#found.set(key, { column, value, rows: 1 });
    return "";
  }

  get found(): ErrorValue[] {
    return [...this.#found.values()];
  }
}
