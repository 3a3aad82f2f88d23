/** Records of tables: any line ends, quotes over lines, and broken rows that cost themselves alone. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { TableReader, type TableRecord } from "./table-records.ts";

const BOUNDS = { lineBytes: 1_000, recordBytes: 2_000, keptChars: 4_000 };

/** A record without its place in a sheet, and what is only known of sound ones. */
type Bare = { line: number; lastLine: number } & (
  | { kind: "cells"; cells: string[] }
  | Pick<Extract<TableRecord, { kind: "broken" }>, "kind" | "why">
  | { kind: "too_long" }
);

function bare(record: TableRecord): Bare {
  const { line, lastLine } = record;
  if (record.kind === "cells") return { line, lastLine, kind: "cells", cells: record.cells };
  return record.kind === "broken" ? { line, lastLine, kind: "broken", why: record.why } : { line, lastLine, kind: "too_long" };
}

function readAll(text: string, columns: number, chunkLength = text.length): Bare[] {
  return recordsOf(text, columns, chunkLength).map(bare);
}

function recordsOf(text: string, columns: number, chunkLength = text.length): TableRecord[] {
  const table = new TableReader({ delimiter: ",", bounds: BOUNDS, isWhole: (count) => count === columns });
  const records: TableRecord[] = [];
  for (let at = 0; at < text.length; at += chunkLength) {
    records.push(...table.read(text.slice(at, at + chunkLength), at + chunkLength >= text.length));
  }
  return records;
}

/** A place is a line, or the first and the last one. */
type Place = number | readonly [number, number];
const linesOf = (place: Place) => (typeof place === "number" ? { line: place, lastLine: place } : { line: place[0], lastLine: place[1] });
const cells = (place: Place, ...some: string[]): Bare => ({ ...linesOf(place), kind: "cells", cells: some });
const broken = (place: Place, why: "quotes" | "open" | "line_ends" = "quotes"): Bare => ({ ...linesOf(place), kind: "broken", why });
const tooLong = (place: Place): Bare => ({ ...linesOf(place), kind: "too_long" });

test("lines may end in LF, CRLF or CR, and blank ones are counted and left out", () => {
  for (const end of ["\n", "\r\n", "\r"]) {
    expect(readAll(["a,b", "", "c,d", ""].join(end), 2)).toEqual([cells(1, "a", "b"), cells(3, "c", "d")]);
  }
});

test("a quoted cell may hold delimiters, doubled quotes and lines", () => {
  expect(readAll('"a,1","say ""hi"""\n"two\r\nlines",b\nc,d', 2)).toEqual([
    cells(1, "a,1", 'say "hi"'),
    cells([2, 3], "two\nlines", "b"),
    cells(4, "c", "d"),
  ]);
});

test("a row with a wrong quote is broken by itself, wherever it stands and whatever is wrong with it", () => {
  for (const bad of ['x"y,z', '"x"y,z', '"x,z', 'x,z"', '"', '"x,"z"']) {
    for (const at of [0, 1, 2, 3]) {
      const rows = ["a,1", "b,2", "c,3"];
      rows.splice(at, 0, bad);
      const want = rows.map((row, index) => (row === bad ? broken(index + 1) : cells(index + 1, ...row.split(","))));
      expect(readAll(rows.join("\n"), 2), `${bad} at ${at}`).toEqual(want);
    }
  }
});

test("two wrong quotes with good rows between them break their two rows", () => {
  expect(readAll('a,1\nx"y,z\nb,2\nu"v,w\nc,3', 2)).toEqual([
    cells(1, "a", "1"),
    broken(2),
    cells(3, "b", "2"),
    broken(4),
    cells(5, "c", "3"),
  ]);
});

test("a line above the bound is told and dropped", () => {
  expect(readAll(`a,1\n${"y".repeat(5_000)},2\nb,2`, 2, 100)).toEqual([cells(1, "a", "1"), tooLong(2), cells(3, "b", "2")]);
});

test("however the text is cut into chunks, the records are the same", () => {
  const cell = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r\n", " ", "é"), maxLength: 6 });
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 7 }), (rows, chunkLength) => {
      const quoted = rows.map((row) => row.map((one) => `"${one.replaceAll('"', '""')}"`).join(",")).join("\n");
      const whole = readAll(quoted, 2);
      expect(whole.map((record) => (record.kind === "cells" ? record.cells : record.kind))).toEqual(
        rows.map((row) => row.map((one) => one.replaceAll("\r\n", "\n"))),
      );
      expect(readAll(quoted, 2, chunkLength)).toEqual(whole);
    }),
  );
});

const rowLines = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => `p${from + at},x`);
const rowCells = (from: number, to: number, firstLine: number) =>
  rowLines(from, to).map((row, at) => cells(firstLine + at, ...row.split(",")));

test("a text that can be read as one record is one, with all its lines, also with a wrong number of cells", () => {
  expect(readAll('ann,"introduced by\nnever,VP Sales\n(Paris)",\nbob,Bob', 2)).toEqual([
    cells([1, 3], "ann", "introduced by\nnever,VP Sales\n(Paris)", ""),
    cells(4, "bob", "Bob"),
  ]);
});

test("a quoted cell may go over any number of lines, up to the bound of a record in bytes", () => {
  const lines = (count: number) => rowLines(1, count).join("\n");
  expect(readAll(`ann,"${lines(250)}"\nbob,Bob`, 2)).toEqual([cells([1, 250], "ann", lines(250)), cells(251, "bob", "Bob")]);
  const umlauts = "ü\n".repeat(600);
  expect(readAll(`ann,"${umlauts}"\nbob,Bob`, 2)).toEqual([cells([1, 601], "ann", umlauts), cells(602, "bob", "Bob")]);
  const more = "ü\n".repeat(700);
  expect(readAll(`ann,"${more}"\nbob,Bob`, 2)).toEqual([tooLong([1, 701]), cells(702, "bob", "Bob")]);
});

test("a record above what is kept takes all its lines with it, whole rows as they may look, and the next one is read", () => {
  for (const chunkLength of [1, 7, 10_000]) {
    expect(readAll(`ann,"\n${rowLines(1, 3_000).join("\n")}\n"\nbob,Bob`, 2, chunkLength)).toEqual([
      tooLong([1, 3_002]),
      cells(3_003, "bob", "Bob"),
    ]);
    expect(readAll(`ann,"\n${rowLines(1, 3_000).join("\r\n")}\nbob,Bob`, 2, chunkLength)).toEqual([broken([1, 3_002], "open")]);
  }
});

test("a quote that opens a cell and should not costs its line, when what is behind it reads as rows", () => {
  expect(readAll('ann,"Ann\nbob,Bob\ncyd,"Cyd, jr"\ndee,Dee', 2)).toEqual([
    broken(1),
    cells(2, "bob", "Bob"),
    cells(3, "cyd", "Cyd, jr"),
    cells(4, "dee", "Dee"),
  ]);
  expect(readAll('ann,"Ann\nbob,Bob\ncyd,"Cyd\nof two lines"\ndee,Dee', 2)).toEqual([
    broken(1),
    cells(2, "bob", "Bob"),
    cells([3, 4], "cyd", "Cyd\nof two lines"),
    cells(5, "dee", "Dee"),
  ]);
  expect(readAll('ann,"Ann\nbob,Bob\ncyd,"Cyd\ndee,Dee', 2)).toEqual([
    broken(1),
    cells(2, "bob", "Bob"),
    broken(3),
    cells(4, "dee", "Dee"),
  ]);
});

test("lines of a cell with wrong quotes in it are never rows: what ends the cell is no row of its own", () => {
  const text = (end: string) => `ann,"She said "hi" to me\nnever,VP\nbye${end}\nbob,Bob`;
  expect(readAll(text('"'), 2)).toEqual([broken([1, 3]), cells(4, "bob", "Bob")]);
  expect(readAll(text('" '), 2)).toEqual([broken([1, 3]), cells(4, "bob", "Bob")]);
  expect(readAll(text('",'), 2)).toEqual([broken([1, 3]), cells(4, "bob", "Bob")]);
});

test("a cell of several lines that is sound keeps them, whatever is wrong elsewhere in its record", () => {
  for (const wrong of ['x"y', '"x" ', 'x"']) {
    expect(readAll(`ann,"by\nnever,VP\n",${wrong}\nbob,Bob`, 2)).toEqual([broken([1, 3]), cells(4, "bob", "Bob")]);
  }
  expect(readAll('x"y,"by\nnever,VP\n"\nbob,Bob', 2)).toEqual([broken([1, 3]), cells(4, "bob", "Bob")]);
});

test("behind a quote that nothing closes lines are rows when nine in ten are whole, and else all are refused together", () => {
  const list = (bad: number) => ['ann,"Ann', ...rowLines(1, 20 - bad), ...Array(bad).fill("two or three words")].join("\n");
  expect(readAll(list(2), 2)).toEqual([broken(1), ...rowCells(1, 18, 2), cells(20, "two or three words"), cells(21, "two or three words")]);
  expect(readAll(list(3), 2)).toEqual([broken([1, 21], "open")]);
  expect(readAll('ann,"introduced by\nnever,VP Sales\n(Paris)', 2)).toEqual([broken([1, 3], "open")]);
});

test("a wrong quote early in a long list does not cost more than its line, however much comes behind it", () => {
  for (const chunkLength of [100, 1_000_000]) {
    expect(readAll(['ann,"A"nn', ...rowLines(1, 5_000)].join("\n"), 2, chunkLength)).toEqual([broken(1), ...rowCells(1, 5_000, 2)]);
  }
});

test("a line break that only some parsers take for a record's end makes no record", () => {
  expect(readAll("h,i\r\nann,introduced by\nnever,VP\r\nbob,Bob\r\n", 2)).toEqual([
    cells(1, "h", "i"),
    broken([2, 3], "line_ends"),
    cells(4, "bob", "Bob"),
  ]);
  expect(readAll("h,i\nann,introduced by\rnever,VP\nbob,Bob\r\n", 2)).toEqual([
    cells(1, "h", "i"),
    broken([2, 3], "line_ends"),
    cells(4, "bob", "Bob"),
  ]);
  expect(readAll("h,i\r\n\nann,Ann\n\r\nbob,Bob\n", 2)).toEqual([cells(1, "h", "i"), cells(3, "ann", "Ann"), cells(5, "bob", "Bob")]);
});

test("a cell that is never closed takes no more memory than what is kept", () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const table = new TableReader({
    delimiter: ",",
    bounds: { lineBytes: 1_000, recordBytes: 2_000, keptChars: 1_000_000 },
    isWhole: (count) => count === 2,
  });
  const chunk = "p,x\n".repeat(16_384);
  const held = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = held();
  expect([...table.read('ann,"', false)]).toEqual([]);
  for (let count = 0; count < 1_000; count++) expect([...table.read(chunk, false)]).toEqual([]);
  expect(held() - before).toBeLessThan(8_000_000);
  expect([...table.read("", true)].map(bare)).toEqual([broken([1, 16_384_000], "open")]);
});

test("a record says which row of a sheet it is: cells of several lines are in one, blank lines are rows", () => {
  const rows = (text: string) => recordsOf(text, 2).map(({ row, line }) => [row, line]);
  expect(rows('a,b\n\n"c\n\nd",e\nf,g\n')).toEqual([
    [1, 1],
    [3, 3],
    [4, 6],
  ]);
  expect(rows('a,1\nx"y,z\nb,2\n')).toEqual([
    [1, 1],
    [2, 2],
    [3, 3],
  ]);
  // A stray quote with rows behind it.
  expect(rows('a,"1\nb,2\n\nc,3\n')).toEqual([
    [1, 1],
    [2, 2],
    [4, 4],
  ]);
});

test("the last record says whether a line end stands behind it, and one behind a stray quote that it is in doubt", () => {
  const signs = (text: string) =>
    recordsOf(text, 2).flatMap((record) => (record.kind === "cells" ? [[record.isTruncated, record.isDoubtful]] : []));
  expect(signs("a,b\nc,d")).toEqual([
    [false, false],
    [true, false],
  ]);
  expect(signs("a,b\r\nc,d\r\n")).toEqual([
    [false, false],
    [false, false],
  ]);
  expect(signs('a,"b\nc,d\n')).toEqual([[false, true]]);
});
