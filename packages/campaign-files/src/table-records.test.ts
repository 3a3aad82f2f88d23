/** Records of tables: any line ends, quotes over lines, and broken rows that cost themselves alone. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { TableReader, type TableRecord, TextLines } from "./table-records.ts";

function readAll(text: string, columns: number, pieceLength = text.length): TableRecord[] {
  const lines = new TextLines(1_000);
  const table = new TableReader({ delimiter: ",", maxChars: 1_000, isWhole: (cells) => cells.length === columns });
  const records: TableRecord[] = [];
  for (let at = 0; at < text.length; at += pieceLength) {
    const isLast = at + pieceLength >= text.length;
    records.push(...table.read(lines.feed(text.slice(at, at + pieceLength), isLast), isLast));
  }
  return records;
}

const cells = (line: number, ...some: string[]): TableRecord => ({ line, kind: "cells", cells: some });
const broken = (line: number): TableRecord => ({ line, kind: "broken" });

test("lines may end in LF, CRLF or CR, and blank ones are counted and left out", () => {
  for (const end of ["\n", "\r\n", "\r"]) {
    expect(readAll(["a,b", "", "c,d", ""].join(end), 2)).toEqual([cells(1, "a", "b"), cells(3, "c", "d")]);
  }
});

test("a quoted cell may hold delimiters, doubled quotes and lines", () => {
  expect(readAll('"a,1","say ""hi"""\n"two\r\nlines",b\nc,d', 2)).toEqual([
    cells(1, "a,1", 'say "hi"'),
    cells(2, "two\nlines", "b"),
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
  expect(readAll(`a,1\n${"y".repeat(5_000)},2\nb,2`, 2, 100)).toEqual([
    cells(1, "a", "1"),
    { line: 2, kind: "too_long" },
    cells(3, "b", "2"),
  ]);
});

test("however the text is cut into pieces, the records are the same", () => {
  const cell = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r\n", " ", "é"), maxLength: 6 });
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 7 }), (rows, pieceLength) => {
      const quoted = rows.map((row) => row.map((one) => `"${one.replaceAll('"', '""')}"`).join(",")).join("\n");
      const whole = readAll(quoted, 2);
      expect(whole.map((record) => (record.kind === "cells" ? record.cells : record.kind))).toEqual(
        rows.map((row) => row.map((one) => one.replaceAll("\r\n", "\n"))),
      );
      expect(readAll(quoted, 2, pieceLength)).toEqual(whole);
    }),
  );
});
