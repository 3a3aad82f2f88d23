/** How a list is told to whoever sent it: where a refused row stands, and how the columns were understood. */
import type { Understood } from "@linkup-queue/campaign-files";
import type { Issue } from "@linkup-queue/contracts";
import type { Section } from "./report.ts";

/** `row`: which one of a sheet it is, where the list is a table. */
export type Place = { line: number; row?: number };

/** The reader's word for a line that is none. */
const NO_JSON = "is not JSON";

/** As a spreadsheet shows it, and as an editor does. */
export const placeText = ({ line, row }: Place): string => (row === undefined ? `line ${line}` : `row ${row}, line ${line}`);

/** For a list whose very first line is no JSON: it may be a table in a file of another name, or on stdin. */
export function formatSection(refused: readonly (Place & { issues: readonly Issue[] })[]): Section[] {
  const [first] = refused;
  if (first?.line !== 1 || !first.issues.some(({ message }) => message === NO_JSON)) return [];
  return [{ kind: "line", text: "It was read as lines of JSON; if it is a table, say --format csv", tone: "warn" }];
}

/** Only what a person may not expect. `encoding`: of a table's text, null where it makes no difference. */
export function understoodSection({ columns, ignoredColumns, errorValues }: Understood, encoding: string | null): Section[] {
  const renamed = Object.entries(columns).filter(([header, name]) => header !== name);
  const empties = errorValues.map(({ column, value, rows }) => `${rows} times ${value} in ${column}`);
  const facts: (readonly [string, string])[] = [
    ["columns", renamed.map(([header, name]) => `${header} is ${name}`).join(", ")],
    ["columns left out", ignoredColumns.join(", ")],
    ["taken as empty", empties.join(", ")],
    ["encoding", encoding === "utf-8" ? "" : (encoding ?? "")],
  ];
  const said = facts.filter(([, text]) => text !== "");
  return said.length === 0 ? [] : [{ kind: "facts", rows: said }];
}
