/**
 * Whoever comes out of a table stands in its address column, as CSV parsers that know nothing of ours read it: csv-parse, which forgives nothing, and
 * Papa Parse, which forgives much and says what.
 */
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import fc from "fast-check";
import Papa from "papaparse";
import { expect, test } from "vitest";
import { TABLE_BOUNDS, tableRows } from "./recipient-rows.ts";

type Table = { text: string; delimiter: string; end: string; columns: number; addressAt: number };

const HEADER = ["linkedin_url", "first_name", "company", "notes"];
const ADDRESS = /^https:\/\/www\.linkedin\.com\/in\/[\w-]+$/;
const address = (n: number) => `https://www.linkedin.com/in/p-${n}`;

/** In chunks of how many bytes it comes, and how much of it is kept at most. */
type Reading = { cut: number; kept?: number };

/** The addresses of the rows that are taken, in their order. */
function read({ text, delimiter }: Table, { cut, kept }: Reading): string[] {
  const bytes = Buffer.from(text);
  const bounds = kept === undefined ? TABLE_BOUNDS : { ...TABLE_BOUNDS, keptChars: kept };
  const rows = tableRows({ charset: null, delimiter, uses: [{ name: "linkedin_url", isNeeded: true }], bounds });
  const taken: string[] = [];
  const take = (some: ReturnType<typeof rows.feed>) => {
    for (const one of some) {
      const found = "recipient" in one ? normal(one.recipient.fields["linkedin_url"] ?? "") : "";
      if (found !== "") taken.push(found);
    }
  };
  for (let at = 0; at < bytes.length; at += cut) take(rows.feed(bytes.subarray(at, at + cut)));
  take(rows.end());
  return taken;
}

/** Behind a stray line break some parsers take a cell's own quotes for text. */
const normal = (cell: string) => cell.replaceAll(/\r\n|\r/g, "\n").replaceAll(/^[\s"]+|[\s"]+$/g, "");

function byCsvParse({ text, delimiter }: Table): string[][] | null {
  try {
    return parse(text, { bom: true, delimiter, relax_column_count: true });
  } catch {
    return null;
  }
}

/** With CR as the end of a line it takes the rest of a CRLF for the beginning of the next cell. */
function byPapa({ text, delimiter, end }: Table): string[][] | null {
  if (end === "\r" && text.includes("\r\n")) return null;
  const { data, errors } = Papa.parse<string[]>(text.replace(/^\uFEFF/, ""), { delimiter, newline: end as "\n" });
  return errors.length === 0 ? data : null;
}

/** The items of `some` that `from` lacks, each counted. */
function beyond(some: readonly string[], from: readonly string[]): string[] {
  const left = [...from];
  return some.filter((one) => {
    const at = left.indexOf(one);
    if (at !== -1) left.splice(at, 1);
    return at === -1;
  });
}

function expectAddressesOnly(table: Table, reading: Reading): { parsed: number } {
  let taken: string[];
  try {
    taken = read(table, reading);
  } catch {
    // The header row could not be read: nobody was taken.
    return { parsed: 0 };
  }
  const readings = [byCsvParse(table), byPapa(table)].filter((records) => records !== null);
  for (const records of readings) {
    const addresses = records.slice(1).map((cells) => normal(cells[table.addressAt] ?? ""));
    // A text that is no address becomes nobody.
    expect(
      beyond(taken, addresses).filter((one) => ADDRESS.test(one)),
      JSON.stringify(table.text),
    ).toEqual([]);
  }
  return { parsed: readings.length };
}

/** Cells as people and their tools write them, with rows of a table inside. */
function cellOf(delimiter: string): fc.Arbitrary<string> {
  const never = fc.nat(9).map((n) => `https://www.linkedin.com/in/never-${n}`);
  const line = fc.oneof(
    fc.constantFrom("", "VP Sales", "(Paris)", 'the "first"', '"', "introduced by", " "),
    never,
    fc.tuple(never, fc.constantFrom("VP", '"VP"', "")).map((cells) => cells.join(delimiter)),
    fc.tuple(never, fc.constant("VP"), fc.constant("Acme"), fc.constant("x")).map((cells) => cells.join(delimiter)),
  );
  const lines = fc.array(line, { maxLength: 4 });
  return fc.oneof(
    { arbitrary: fc.constantFrom("Ann", "", "Zoë", "a,b;c\td"), weight: 4 },
    { arbitrary: fc.tuple(lines, fc.constantFrom("\n", "\r\n", "\r")).map(([some, end]) => some.join(end)), weight: 2 },
    {
      arbitrary: fc.integer({ min: 190, max: 500 }).map((count) => `https://www.linkedin.com/in/never-1${delimiter}VP\n`.repeat(count)),
      weight: 1,
    },
  );
}

const shape = fc.record({
  delimiter: fc.constantFrom(",", ";", "\t"),
  end: fc.constantFrom("\n", "\r\n", "\r"),
  columns: fc.integer({ min: 1, max: 4 }),
  rows: fc.integer({ min: 0, max: 8 }),
  quoted: fc.boolean(),
  bom: fc.boolean(),
});

/** Tables as a writer writes them, some rows with too few or too many cells. */
const written: fc.Arbitrary<Table & { whole: string[] }> = shape.chain(({ delimiter, end, columns, rows, quoted, bom }) =>
  fc
    .record({
      addressAt: fc.nat(columns - 1),
      table: fc.array(
        fc.tuple(
          fc.array(cellOf(delimiter), { minLength: 4, maxLength: 4 }),
          fc.constantFrom(columns, columns, columns, columns - 1, columns + 1),
        ),
        { minLength: rows, maxLength: rows },
      ),
    })
    .map(({ addressAt, table }) => {
      const names = HEADER.slice(1);
      const header = Array.from({ length: columns }, (_, at) => (at === addressAt ? "linkedin_url" : (names.pop() ?? "")));
      const records = table.map(([cells, count], row) =>
        Array.from({ length: count }, (_, at) => (at === addressAt ? address(row) : (cells[at % cells.length] ?? ""))),
      );
      const text = stringify([header, ...records], { delimiter, record_delimiter: end, quoted, bom, quoted_match: /[\r\n]/ });
      // Blank cells may be left out or too many, where no cell looks like rows that a wrong quote made one cell of.
      const whole = records.flatMap((cells) => {
        const isOther =
          cells.length !== columns && cells.some((cell) => /[\r\n]/.test(cell) && (cell.includes(delimiter) || cell.includes("never-")));
        const isRow = !isOther && cells.slice(columns).every((cell) => cell.trim() === "");
        return isRow && cells[addressAt] !== undefined ? [cells[addressAt]] : [];
      });
      return { text, delimiter, end, columns, addressAt, whole };
    }),
);

const cuts = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant(65_536));
const readings: fc.Arbitrary<Reading> = fc.record(
  { cut: cuts, kept: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 60, max: 2_000 })) },
  { requiredKeys: ["cut"] },
);

test("of a table that a writer wrote exactly the rows are taken that are whole but for blank cells, whatever stands in its cells and however it comes", () => {
  fc.assert(
    fc.property(written, cuts, (table, cut) => {
      expect(read(table, { cut })).toEqual(table.whole);
      expect(expectAddressesOnly(table, { cut }).parsed).toBeGreaterThan(0);
    }),
    { numRuns: 300 },
  );
});

test("of a table with a character too many or too few nobody is taken whom a parser does not find in the address column", () => {
  const damage = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    removed: fc.integer({ min: 0, max: 2 }),
    put: fc.constantFrom("", '"', '""', "\n", "\r\n", "\r", ",", ";", "\t", ' "', '" '),
  });
  let parsed = 0;
  fc.assert(
    fc.property(written, fc.array(damage, { minLength: 1, maxLength: 2 }), readings, (table, damages, reading) => {
      const headerEnd = table.text.indexOf(table.end) + table.end.length;
      let { text } = table;
      for (const { at, removed, put } of damages) {
        const from = headerEnd + Math.floor(at * (text.length - headerEnd));
        text = text.slice(0, from) + put + text.slice(from + removed);
      }
      parsed += expectAddressesOnly({ ...table, text }, reading).parsed;
    }),
    { numRuns: 1_000 },
  );
  expect(parsed).toBeGreaterThan(300);
});

test("of any text at all nobody is taken whom a parser does not find in the address column", () => {
  const tokens = ['"', '""', ",", "\n", "\r\n", "\r", " ", "a", `${address(1)},A\n`, `\n${address(2)},`, address(3), '"\n', ',"', '",'];
  let parsed = 0;
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...tokens), { maxLength: 25 }),
      fc.constantFrom("\n", "\r\n", "\r"),
      readings,
      (some, end, reading) => {
        const text = `linkedin_url,first_name${end}${some.join("")}`;
        parsed += expectAddressesOnly({ text, delimiter: ",", end, columns: 2, addressAt: 0 }, reading).parsed;
      },
    ),
    { numRuns: 3_000 },
  );
  expect(parsed).toBeGreaterThan(1_000);
});
