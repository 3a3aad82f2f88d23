/** The rows as a table for people: a mark for each target, met or missed. Nothing is left out because it looks bad. */
import Table from "cli-table3";
import type { Row } from "./row.ts";

const MARKS = new Map<boolean | null, string>([
  [true, "met"],
  [false, "MISSED"],
  [null, ""],
]);

/** The table as text, one line for each row. */
export function printTable(rows: readonly Row[]): string {
  const table = new Table({
    head: ["", "figure", "target", "linkup-queue", "plain BullMQ", ""],
    colWidths: [11, 46, 22, 30, 30, 8],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const row of rows) table.push([row.scenario, row.figure, row.target, row.ours, row.plain, MARKS.get(row.met) ?? ""]);
  return table.toString();
}
