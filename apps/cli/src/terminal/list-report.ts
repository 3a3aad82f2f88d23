/** How a list is told to whoever sent it: where a refused row stands, and how the columns were understood. */
import type { Understood } from "@linkup-queue/campaign-files";
import type { Section } from "./report.ts";

/** `row`: which one of a sheet it is, where the list is a table. */
export type Place = { line: number; row?: number };

/** As a spreadsheet shows it, and as an editor does. */
export const placeText = ({ line, row }: Place): string => (row === undefined ? `line ${line}` : `row ${row}, line ${line}`);

/** Only what a person may not expect. */
export function understoodSection({ columns, ignoredColumns, errorValues }: Understood): Section[] {
  const renamed = Object.entries(columns).filter(([header, name]) => header !== name);
  const empties = errorValues.map(({ column, value, rows }) => `${rows} times ${value} in ${column}`);
  const facts: (readonly [string, string])[] = [
    ["columns", renamed.map(([header, name]) => `${header} is ${name}`).join(", ")],
    ["columns left out", ignoredColumns.join(", ")],
    ["taken as empty", empties.join(", ")],
  ];
  const said = facts.filter(([, text]) => text !== "");
  return said.length === 0 ? [] : [{ kind: "facts", rows: said }];
}
