/** The JSON writer against JSON.stringify, and where it differs on purpose. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeJson } from "./encode-json.ts";

test("it writes what JSON.stringify writes", () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      expect(JSON.parse(encodeJson(value as Parameters<typeof encodeJson>[0]))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test("a bigint is a bare number with all its digits", () => {
  expect(encodeJson({ id: 7_100_000_000_000_000_001n, rows: [1n] })).toBe('{"id":7100000000000000001,"rows":[1]}');
});
