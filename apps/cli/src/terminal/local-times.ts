/** Moments of a report in the time of whoever reads it at a terminal. A pipe and a program get them as they are, in UTC. Pure. */
import type { Cell, Report, Section } from "./report.ts";

/** A cell that is a moment and nothing else: what others wrote, such as a message, is shown as it is. */
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z$/;

type Local = { text: string /** As `+05:30`. */; offset: string };

/** The zone of this process, which `TZ` names where it is set; UTC where it names none that is known. */
export function readersZone(): string {
  // Node gives none for a name that it does not know, whatever its types say.
  const { timeZone }: { timeZone?: string } = new Intl.DateTimeFormat().resolvedOptions();
  return timeZone ?? "UTC";
}

/** The report with its moments in the zone, which is said once. Where clocks changed between them, each has its distance from UTC. */
export function inZone(report: Report, timeZone: string): Report {
  const localOf = localTimes(timeZone);
  const offsets = new Set(report.sections.flatMap(cellsOf).flatMap((cell) => localOf(cell)?.offset ?? []));
  const [offset, another] = offsets;
  if (offset === undefined || (offset === "+00:00" && another === undefined)) return report;
  const shown = (cell: Cell): Cell => {
    const local = localOf(cell);
    if (local === null) return cell;
    const text = another === undefined ? local.text : `${local.text} ${local.offset}`;
    return typeof cell === "object" && cell !== null ? { ...cell, text } : text;
  };
  const said =
    another === undefined
      ? `Times are those of ${timeZone}, UTC${offset}.`
      : `Times are those of ${timeZone}, with their distance from UTC.`;
  const zone: Section = { kind: "line", text: said, tone: "dim", terminalOnly: true };
  return { ...report, sections: [...report.sections.map((section) => withCells(section, shown)), zone] };
}

const textOf = (cell: Cell): string => (typeof cell === "object" ? (cell?.text ?? "") : String(cell));

function cellsOf(section: Section): Cell[] {
  if (section.kind === "line") return [];
  return section.kind === "facts" ? section.rows.map(([, value]) => value) : section.rows.flat();
}

function withCells(section: Section, change: (cell: Cell) => Cell): Section {
  if (section.kind === "line") return section;
  if (section.kind === "facts") return { ...section, rows: section.rows.map(([name, value]) => [name, change(value)] as const) };
  return { ...section, rows: section.rows.map((row) => row.map(change)) };
}

/** The moment of a cell in the zone; null for a cell that is none. */
function localTimes(timeZone: string): (cell: Cell) => Local | null {
  const two = "2-digit";
  const clock = new Intl.DateTimeFormat("en-US", {
    timeZone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    ...{ year: "numeric", month: two, day: two, hour: two, minute: two, second: two, timeZoneName: "longOffset" },
  });
  return (cell) => {
    const moment = textOf(cell);
    const ms = MOMENT.test(moment) ? Date.parse(moment) : Number.NaN;
    if (Number.isNaN(ms)) return null;
    const parts = new Map(clock.formatToParts(ms).map(({ type, value }) => [type, value]));
    const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? "";
    const text = `${part("year")}-${part("month")}-${part("day")} ${part("hour")}:${part("minute")}:${part("second")}`;
    return { text, offset: part("timeZoneName").slice("GMT".length) || "+00:00" };
  };
}
