/** The rows as a table for people: a mark for each target, met or missed. Nothing is left out because it looks bad. */
import Table from "cli-table3";
import { NOTHING, type Row } from "./row.ts";

const MARKS = new Map<boolean | null, string>([
  [true, "met"],
  [false, "MISSED"],
  [null, ""],
]);

/** The table as text, one line for each row. */
export function printTable(rows: readonly Row[]): string {
  const table = new Table({
    head: ["", "figure", "target", "linkup-queue", "plain BullMQ", "BullMQ by hand", "others", ""],
    colWidths: [11, 40, 18, 26, 26, 26, 26, 8],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const { scenario, figure, target, ours, plain, byHand = NOTHING, others = NOTHING, met } of rows) {
    table.push([scenario, figure, target, ours, plain, byHand, others, MARKS.get(met) ?? ""]);
  }
  return table.toString();
}

/** A table of a scenario's own, its columns as wide as their texts. */
export function printColumns(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({ head: [...head], style: { head: [], border: [] } });
  for (const row of rows) table.push([...row]);
  return table.toString();
}
