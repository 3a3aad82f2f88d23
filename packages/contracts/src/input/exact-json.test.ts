/** Promises of reading the provider's JSON: no digit lost, no prototype touched, nothing repeated in an error. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { LinkupError } from "../outcome/error.ts";
import { MAX_JSON_DEPTH } from "./bounds.ts";
import { parseExactJson, parseSentJson } from "./exact-json.ts";

function refusal(text: string): LinkupError {
  try {
    parseExactJson(text);
  } catch (error) {
    if (error instanceof LinkupError) return error;
    throw error;
  }
  throw new Error("was not refused");
}

test("an id above 2^53 arrives as its digits, everything else as JSON.parse reads it", () => {
  const answer =
    '{"data":{"invitation_id":7265483217650012347,"n":-9007199254740993,"safe":9007199254740991,"f":0.1234567890123456,"e":1e21,"s":"7265483217650012347"}}';
  expect(parseExactJson(answer)).toEqual({
    data: {
      invitation_id: "7265483217650012347",
      n: "-9007199254740993",
      safe: 9007199254740991,
      f: 0.1234567890123456,
      e: 1e21,
      s: "7265483217650012347",
    },
  });
});

test("integers of any size survive exactly, wherever they stand and whatever blanks are around", () => {
  const blank = fc.stringMatching(/^[ \t\r\n]{0,3}$/);
  const frame = fc.constantFrom(
    (n: string, b: string) => `${b}${n}${b}`,
    (n: string, b: string) => `[${b}${n}${b}]`,
    (n: string, b: string) => `[1${b},${b}${n}]`,
    (n: string, b: string) => `{"k"${b}:${b}${n}}`,
    (n: string, b: string) => `{"a":1,"k"${b}:${b}${n}${b}}`,
  );
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), frame, blank, (n, put, b) => {
      const expected = Number.isSafeInteger(Number(n)) ? Number(n) : String(n);
      expect(JSON.stringify(parseExactJson(put(String(n), b)))).toContain(JSON.stringify(expected));
    }),
    { numRuns: 1000 },
  );
});

/** The result of JSON.parse for a text, with the integers that it could not hold exactly as the digits that fast-check printed. */
function reference(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) =>
    typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e21 ? String(value) : value,
  );
}

test("JSON reads as JSON.parse reads it, on both ways through", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), fc.boolean(), (value, careful) => {
      const text = JSON.stringify(careful ? [value, 1234567890123456] : [value]);
      if (!text.includes("__proto__")) expect(parseExactJson(text)).toEqual(reference(text));
    }),
    { numRuns: 1000 },
  );
});

test("of a doubled key the last one counts, as with JSON.parse", () => {
  expect(parseExactJson('{"a":1,"a":7265483217650012347}')).toEqual({ a: "7265483217650012347" });
});

test.each([
  '{"__proto__":{"admin":true},"id":1}',
  '{"__proto__":{"admin":true},"id":7265483217650012347}',
  '{"\\u005f_proto__":{"admin":true},"l":[{"__proto__":1}]}',
  '{"__\\u0070roto__":{"admin":true}}',
])("a __proto__ key in %s is left out and changes no prototype, or refused in what a caller sent", (text) => {
  expect(() => parseSentJson(text)).toThrowError(expect.objectContaining({ code: "invalid_input" }));
  const value = parseExactJson(text);
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  expect(Object.hasOwn(Object(value), "__proto__")).toBe(false);
  expect(JSON.stringify(value)).not.toContain("__proto__");
  expect(Reflect.get(Object.assign({}, value), "admin")).toBeUndefined();
});

test.each([
  "",
  " ",
  "{",
  '{"a":SECRET}',
  '{"a":7265483217650012347 SECRET}',
  "<html>SECRET</html>",
  '["SECRET',
  "[1,]",
  '{"a":1,}',
  "\ufeff{SECRET}",
])("unreadable text %j is a bad response that repeats nothing", (text) => {
  const error = refusal(text);
  expect(error.code).toBe("bad_response");
  expect(error.message).not.toContain("SECRET");
  expect(error.cause).toBeUndefined();
});

test("nesting is bounded on both ways through, and brackets in strings don't count", () => {
  const nested = (depth: number, inner: string) => "[".repeat(depth) + inner + "]".repeat(depth);
  for (const inner of ["1", "7265483217650012347"]) {
    expect(parseExactJson(nested(MAX_JSON_DEPTH, inner))).toBeInstanceOf(Array);
    expect(refusal(nested(MAX_JSON_DEPTH + 1, inner)).code).toBe("bad_response");
    expect(refusal(nested(100_000, inner)).code).toBe("bad_response");
    expect(refusal("[".repeat(100_000) + inner).code).toBe("bad_response");
  }
  const brackets = "[{".repeat(500);
  expect(parseExactJson(JSON.stringify([`\\"${brackets}`, '"']))).toEqual([`\\"${brackets}`, '"']);
});

test("arbitrary text throws nothing but our own error", () => {
  const noise = fc.string({
    unit: fc.constantFrom("{", "}", "[", "]", '"', "\\", ":", ",", "1234567890123456", "-", "e", ".", "u005f", " ", "null", "\u0000"),
  });
  fc.assert(
    fc.property(fc.oneof(noise, fc.string({ unit: "binary" })), (text) => {
      let readable = true;
      try {
        JSON.parse(text);
      } catch {
        readable = false;
      }
      if (readable) expect(parseExactJson(text)).not.toBeUndefined();
      else expect(refusal(text).code).toBe("bad_response");
    }),
    { numRuns: 1000 },
  );
});
