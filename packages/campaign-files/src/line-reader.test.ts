/** Lines out of chunks. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Line, LineReader } from "./line-reader.ts";

function readAll(chunks: readonly Uint8Array[], maxBytes = 1_000): Line[] {
  const reader = new LineReader(maxBytes);
  const lines = chunks.flatMap((chunk) => [...reader.feed(chunk)]);
  const last = reader.end();
  return last === null ? lines : [...lines, last];
}

test("however the bytes are cut into chunks, the lines are the same", () => {
  const text = fc
    .array(fc.oneof(fc.string({ unit: "grapheme", maxLength: 12 }), fc.constant("")), { maxLength: 8 })
    .map((lines) => lines.join("\n"));
  fc.assert(
    fc.property(text, fc.array(fc.nat(60), { maxLength: 6 }), (whole, cuts) => {
      const bytes = Buffer.from(whole);
      const places = [0, ...cuts.filter((cut) => cut <= bytes.length).sort((one, other) => one - other), bytes.length];
      const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
      expect(readAll(chunks)).toEqual(readAll([bytes]));
    }),
  );
});

test("blank lines are counted and left out, a last line needs no newline, a carriage return does not matter to JSON", () => {
  expect(readAll([Buffer.from("a\n\n \r\nb\r\nc")])).toEqual([
    { number: 1, kind: "text", text: "a" },
    { number: 4, kind: "text", text: "b\r" },
    { number: 5, kind: "text", text: "c" },
  ]);
  expect(readAll([Buffer.from("a\n")])).toHaveLength(1);
});

test("a line that is too long is told and dropped, and the next one is read", () => {
  const chunks = [Buffer.alloc(600, 0x61), Buffer.alloc(600, 0x61), Buffer.from("\nb")];
  expect(readAll(chunks)).toEqual([
    { number: 1, kind: "too_long" },
    { number: 2, kind: "text", text: "b" },
  ]);
  expect(readAll([Buffer.from([0xff, 0x0a])])).toEqual([{ number: 1, kind: "not_utf8" }]);
});
