/** Lists as lines of JSON, however their bytes come: what is no such list is told once, by what it is; a line's fault is that line's. */
import { expect, test } from "vitest";
import { type JsonLine, JsonLines } from "./json-lines.ts";

/** The lines of a list that comes in pieces of so many bytes. */
function read(list: string | Buffer, size = 1_000_000): JsonLine[] {
  const bytes = Buffer.from(list as string);
  const lines = new JsonLines(100);
  const found: JsonLine[] = [];
  for (let at = 0; at < bytes.length; at += size) for (const line of lines.feed(bytes.subarray(at, at + size))) found.push(line);
  for (const line of lines.end()) found.push(line);
  return found;
}
const short = (lines: readonly JsonLine[]) =>
  lines.map((line) => [line.line, "error" in line ? (line.error.issues?.[0]?.message ?? line.error.code) : line.value]);
const wide = (text: string, width: number, isBig: boolean) =>
  Buffer.concat(
    [...text].map((char) => {
      const unit = Buffer.alloc(width);
      unit[isBig ? width - 1 : 0] = char.charCodeAt(0);
      return unit;
    }),
  );

test("lines are counted with blank ones, and a wrong one is that line's own", () => {
  const list = Buffer.concat([
    Buffer.from('{"a":1}\n\n{broken\n"text"\n[1]\nnull\n'),
    Buffer.from([0x7b, 0xff, 0x7d, 0x0a]),
    Buffer.from(`{"a":"${"x".repeat(100)}"}\n{"a":2}`),
  ]);
  for (const size of [1, 7, 1_000]) {
    expect(short(read(list, size)), String(size)).toEqual([
      [1, { a: 1 }],
      [3, expect.stringMatching(/JSON/)],
      [4, "must be an object"],
      [5, "must be an object"],
      [6, "must be an object"],
      [7, "is not UTF-8"],
      [8, "payload_too_large"],
      [9, { a: 2 }],
    ]);
  }
});

test("a byte order mark at the beginning, or where lists were joined, is no part of its line", () => {
  expect(short(read('\uFEFF{"a":1}\n\uFEFF{"a":2}\n'))).toEqual([
    [1, { a: 1 }],
    [2, { a: 2 }],
  ]);
});

test.each([
  ["UTF-16 with its mark", Buffer.from('\uFEFF{"a":1}\n', "utf16le"), /is UTF-16/],
  ["UTF-16 without one", wide('{"a":1}\n', 2, false), /is UTF-16/],
  ["UTF-16, big end first", wide('{"a":1}\n', 2, true), /is UTF-16/],
  ["UTF-32", wide('{"a":1}\n', 4, false), /is UTF-32/],
  ["UTF-32, big end first", wide('{"a":1}\n', 4, true), /is UTF-32/],
  ["one array", Buffer.from('[{"a":1},{"a":2}]'), /is one JSON array/],
  ["one array over lines", Buffer.from('\uFEFF [\n {"a":1},\n {"a":2}\n]\n'), /is one JSON array/],
])("%s is told once, whatever the size of its pieces", (_name, list, message) => {
  for (const size of [1, 3, 1_000]) {
    expect(() => read(list, size), String(size)).toThrow(
      expect.objectContaining({ code: "invalid_input", message: expect.stringMatching(message) }),
    );
  }
});
