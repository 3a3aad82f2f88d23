/** Turns a report into text: tables and colours for a terminal, tab-separated lines for a pipe, one JSON document for a program. */
import { styleText } from "node:util";
import Table from "cli-table3";
import type { Cell, Report, Section, Tone } from "./report.ts";

export type Form = "terminal" | "plain" | "json";
/** Colours a text, or leaves it as it is (NO_COLOR, a pipe). */
export type Paint = (text: string, tone: Tone) => string;

const STYLES = { good: "green", warn: "yellow", bad: "red", dim: "gray", strong: "bold" } as const;

/** Colours as far as the stream shows them; NO_COLOR and the like are Node's to honour. */
export function paintFor(stream: NodeJS.WritableStream): Paint {
  return (text, tone) => styleText(STYLES[tone], text, { stream });
}

/** A report as text, with its last line ended. */
export function printReport(report: Report, form: Form, paint: Paint): string {
  if (form === "json") return `${JSON.stringify(report.json, null, 2)}\n`;
  const several = report.sections.filter((section) => section.kind !== "line").length > 1;
  const parts = report.sections.map((section) => (form === "terminal" ? terminalText(section, paint) : plainText(section, several)));
  return `${parts.filter((part) => part !== "").join("\n")}\n`;
}

// A control character in an answer from outside could steer the terminal, and a tab or line break would shift the columns.
const CONTROL = /\p{Cc}+/gu;

function textOf(cell: Cell): string {
  if (cell === null) return "";
  return (typeof cell === "object" ? cell.text : String(cell)).replace(CONTROL, " ");
}

function painted(cell: Cell, paint: Paint): string {
  if (cell === null) return "";
  return typeof cell === "object" ? paint(textOf(cell), cell.tone) : textOf(cell);
}

function terminalText(section: Section, paint: Paint): string {
  switch (section.kind) {
    case "line":
      return section.tone === undefined ? section.text : paint(section.text, section.tone);
    case "facts": {
      const width = section.rows.reduce((most, [name]) => Math.max(most, name.length), 0);
      return section.rows.map(([name, value]) => `${paint(name.padEnd(width), "dim")}  ${painted(value, paint)}`).join("\n");
    }
    case "table": {
      const title = section.title === undefined ? [] : [paint(section.title, "strong")];
      if (section.rows.length === 0) return section.whenEmpty === undefined ? "" : [...title, section.whenEmpty].join("\n");
      const colAligns = section.head.map((_, at) => (section.rows.every((row) => isAmount(row[at] ?? null)) ? "right" : "left"));
      const head = section.head.map((name) => paint(name, "strong"));
      const table = new Table({ head, colAligns, style: { head: [], border: [], compact: true } });
      for (const row of section.rows) table.push(row.map((cell) => painted(cell, paint)));
      return [...title, table.toString()].join("\n");
    }
  }
}

function isAmount(cell: Cell): boolean {
  return cell === null || typeof cell === "number";
}

function plainText(section: Section, several: boolean): string {
  switch (section.kind) {
    case "line":
      return section.terminalOnly === true ? "" : section.text;
    case "facts":
      return section.rows.map(([name, value]) => `${name}\t${textOf(value)}`).join("\n");
    case "table": {
      if (section.rows.length === 0 && section.whenEmpty !== undefined && !several) return section.whenEmpty;
      const shown = section.head.map((name) => section.terminalOnly?.includes(name) !== true);
      const lineOf = (cells: readonly Cell[]) =>
        cells
          .filter((_, at) => shown[at])
          .map(textOf)
          .join("\t");
      const title = several && section.title !== undefined ? [`# ${section.title}`] : [];
      return [...title, lineOf(section.head), ...section.rows.map(lineOf)].join("\n");
    }
  }
}
