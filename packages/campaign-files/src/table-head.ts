/** Where a table's header row is: behind a line that names the delimiter, and behind what people and their tools write before it. Pure. */
import { type FieldUse, fieldKey } from "@linkup-queue/contracts";
import { countLineBreaks, lineEndIn, RecordScan } from "./record-scan.ts";
import { parseRecord } from "./table-records.ts";

export type TableHead = {
  cells: string[];
  delimiter: string;
  /** Where its row begins in the text, and which line and which row of a sheet it is. */
  from: number;
  line: number;
  row: number;
};

export type HeadSearch = {
  /** Null to find it out. */
  delimiter: string | null;
  /** The fields that are read: they tell a header row from what stands before it. */
  uses: readonly FieldUse[];
  /** Whether all of the table is there. */
  isWhole: boolean;
};

/** So many rows that are not blank are looked at. */
const MOST_ROWS = 20;
const DELIMITERS = [",", ";", "\t"];
/** Taken only where it makes a column of a field that is read. */
const RARE_DELIMITER = "|";
/** Excel's own word for a table's delimiter. It shows no such row. */
const DELIMITER_LINE = /^"?sep=([^\r\n"])"?[^\S\r\n]*(?:\r\n|\n|\r)/i;
const BLANK_LINE = /^[^\S\r\n]*(?:\r\n|\n|\r)/;

type Candidate = TableHead & { named: number; hasNeeded: boolean };

/** The header row in the beginning of a table; null where no row can be read. */
export function findHead(text: string, { delimiter, uses, isWhole }: HeadSearch): TableHead | null {
  const said = DELIMITER_LINE.exec(text);
  const given = delimiter ?? said?.[1] ?? null;
  const delimiters = given === null ? [...DELIMITERS, RARE_DELIMITER] : [given];
  const from = said?.[0].length ?? 0;
  const keys = new Map(uses.map(({ name, isNeeded }) => [fieldKey(name), isNeeded]));
  const found = delimiters.flatMap((one) => candidates(text, { delimiter: one, keys, from, isWhole }));
  const [best] = found.filter((one) => one.delimiter !== RARE_DELIMITER || one.named > 0 || given === RARE_DELIMITER).toSorted(better);
  return best ?? null;
}

/** The first row with all that is needed; else the one with most of what is read; else the first. */
function better(one: Candidate, other: Candidate): number {
  if (one.hasNeeded !== other.hasNeeded) return one.hasNeeded ? -1 : 1;
  const byNames = other.named - one.named;
  const byPlace = one.from - other.from;
  return (one.hasNeeded ? byPlace || byNames : byNames || byPlace) || other.cells.length - one.cells.length;
}

type Walk = { delimiter: string; keys: ReadonlyMap<string, boolean>; from: number; isWhole: boolean };

function candidates(text: string, { delimiter, keys, from, isWhole }: Walk): Candidate[] {
  const found: Candidate[] = [];
  let at = from;
  let line = from === 0 ? 1 : 2;
  let row = 1;
  for (let seen = 0; at < text.length && seen < MOST_ROWS; row += 1) {
    const rest = text.slice(at);
    const blank = BLANK_LINE.exec(rest)?.[0];
    let length = blank?.length ?? 0;
    if (blank === undefined) {
      seen += 1;
      const scan = new RecordScan(delimiter, { kind: null });
      const isSound = scan.findSound(rest);
      length = isSound ? scan.at : lineEndIn(rest, { kind: null });
      // Where more is to come the last row may not be all there.
      const cells = isSound && (isWhole || scan.at < rest.length) ? parseRecord(withoutBreak(rest.slice(0, length)), delimiter) : null;
      if (cells?.some((cell) => cell.trim() !== "")) found.push({ cells, delimiter, from: at, line, row, ...judge(cells, keys) });
    }
    line += countLineBreaks(rest.slice(0, length));
    at += length;
  }
  return found;
}

function judge(cells: readonly string[], keys: ReadonlyMap<string, boolean>): { named: number; hasNeeded: boolean } {
  const names = new Set(cells.map(fieldKey));
  const named = [...keys.keys()].filter((key) => names.has(key)).length;
  const hasNeeded = named > 0 && [...keys].every(([key, isNeeded]) => !isNeeded || names.has(key));
  return { named, hasNeeded };
}

const withoutBreak = (record: string): string => record.replace(/(?:\r\n|\n|\r)$/, "").replaceAll(/\r\n|\r/g, "\n");
