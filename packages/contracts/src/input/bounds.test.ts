/** The bounds count what a parser would build, without building it, and nothing that is thrown at them makes them throw. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkJob } from "../job/parse-job.ts";
import { excessOf, excessOfShape, excessOfText, jsonWithinBounds, MAX_JOB_BYTES, MAX_JSON_DEPTH, MAX_JSON_MEMBERS } from "./bounds.ts";

const membersOf = (value: unknown): number =>
  typeof value === "object" && value !== null ? Object.values(value).reduce<number>((sum, part) => sum + 1 + membersOf(part), 0) : 0;
const depthOf = (value: unknown): number =>
  typeof value === "object" && value !== null
    ? Object.values(value).reduce<number>((most, part) => Math.max(most, 1 + depthOf(part)), 1)
    : 0;

/** JSON texts with every kind of white space and strings full of signs. */
const STRINGS = fc.string({ unit: fc.constantFrom("a", '"', "\\", "{", "}", "[", "]", ",", ":", "\n", "é") });
const { value: VALUES } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    STRINGS,
    fc.constantFrom<unknown>(null, 1, true),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(STRINGS, tie("value"), { maxKeys: 4 }),
  ),
}));

describe("the shape of a text", () => {
  test("is what the parsed value has, however it is spaced and whatever stands in its strings", () => {
    fc.assert(
      fc.property(VALUES, fc.constantFrom("", " ", "\t\t"), (value, space) => {
        const text = JSON.stringify(value, null, space);
        const [members, depth] = [membersOf(value), depthOf(value)];
        expect(excessOfShape(text, { depth, members })).toBeNull();
        if (members > 0) expect(excessOfShape(text, { depth, members: members - 1 })).toBe("members");
        if (depth > 0) expect(excessOfShape(text, { depth: depth - 1, members })).toBe("depth");
      }),
      { numRuns: 500 },
    );
  });

  test("is found by the engine's search as a walk from character to character finds it, whatever the text", () => {
    const pieces = fc.constantFrom(
      '"',
      "\\",
      "[",
      "]",
      "{",
      "}",
      ",",
      " ",
      "\n",
      "a",
      "\\u0022",
      "\ud800",
      "x".repeat(1_001),
      '\\"'.repeat(700),
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), fc.nat(4), fc.nat(8), (parts, depth, members) => {
        const text = parts.join("");
        expect(excessOfShape(text, { depth, members })).toBe(walkedExcess(text, { depth, members }));
      }),
      { numRuns: 2_000 },
    );
  });

  test("has an answer for text that is no JSON", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('"', "\\", "[", "]", "{", "}", ",", " ") }), (text) => {
        expect(["members", "depth", null]).toContain(excessOfShape(text, { depth: 3, members: 3 }));
      }),
    );
  });
});

const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`f${at}`, at]));
const deep = (levels: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
};

describe("each bound", () => {
  test.each([
    ["members", many(MAX_JSON_MEMBERS), many(MAX_JSON_MEMBERS + 1), /at most 10000 fields/],
    ["members of a list", Array(MAX_JSON_MEMBERS).fill(1), Array(MAX_JSON_MEMBERS + 1).fill(1), /at most 10000 fields/],
    ["members of several levels", { a: many(4_999), b: many(4_999) }, { a: many(4_999), b: many(5_000) }, /at most 10000 fields/],
    ["depth", deep(MAX_JSON_DEPTH), deep(MAX_JSON_DEPTH + 1), /at most 200 levels/],
    ["bytes", "x".repeat(MAX_JOB_BYTES - 2), "x".repeat(MAX_JOB_BYTES - 1), /at most 8388608 bytes/],
    ["bytes, not characters", "é".repeat(MAX_JOB_BYTES / 2 - 1), "é".repeat(MAX_JOB_BYTES / 2), /at most 8388608 bytes/],
    ["bytes of names", { ["k".repeat(MAX_JOB_BYTES - 6)]: 1 }, { ["k".repeat(MAX_JOB_BYTES - 5)]: 1 }, /at most 8388608 bytes/],
  ])("of %s holds for values and for texts alike", (...[, within, beyond, said]) => {
    expect(excessOf(within)).toBeNull();
    expect(excessOfText(JSON.stringify(within))).toBeNull();
    expect(excessOf(beyond)).toMatch(said);
    expect(excessOfText(JSON.stringify(beyond))).toMatch(said);
    expect(jsonWithinBounds(JSON.stringify(within))).toEqual(within);
    expect(jsonWithinBounds(JSON.stringify(beyond))).toBeNull();
  });

  test("a value far beyond it is met without a stack that overflows", () => {
    const list: unknown[] = [];
    list.length = 2 ** 32 - 1;
    for (const value of [deep(50_000), many(130_000), list, Array(1_000_000).fill(1)]) expect(excessOf(value)).not.toBeNull();
    for (const text of ["[".repeat(5_000_000), '{"a":'.repeat(1_000_000), `[${"1,".repeat(4_000_000)}1]`, `"${'\\"'.repeat(5_000_000)}`]) {
      expect(excessOfText(text)).toMatch(/^must /);
    }
  });

  test("text that is no JSON is nothing", () => {
    for (const text of ["", "{", "NaN", '{"a":1}x']) expect(jsonWithinBounds(text)).toBeNull();
  });
});

const cyclic: Record<string, unknown> = {};
cyclic["self"] = cyclic;
const ODD: [what: string, value: unknown][] = [
  ["nothing", undefined],
  ["a function", () => 1],
  ["a big integer", { a: 1n }],
  ["a cycle", cyclic],
  [
    "a member that throws when it is read",
    { accountId: "a", input: Object.defineProperty({}, "x", { enumerable: true, get: () => fail() }) },
  ],
  ["a toJSON that throws", { accountId: "a", input: { x: { toJSON: () => fail() } } }],
  ["a toJSON that gives nothing", { toJSON: () => undefined }],
  ["a proxy that refuses", new Proxy({}, { ownKeys: () => fail() })],
  ["a key named like a prototype", JSON.parse('{"a":[{"__proto__":{}}]}')],
];

function fail(): never {
  throw new Error("hush, a value");
}

describe("text that is no JSON", () => {
  test.each(ODD)("%s is refused in words, without its own", (_what, value) => {
    expect(excessOf(value)).toMatch(/^(must|is required)/);
    const check = checkJob({ queue: "messages", name: "message.send", data: value });
    expect(check).toMatchObject({ ok: false, issues: [{ path: "data" }] });
    expect(JSON.stringify(check)).not.toContain("hush");
  });

  test("a job whose check throws is a bad one: its issue holds no value, and the log gets what was thrown", () => {
    let reads = 0;
    // JSON, until the schema looks at it.
    const data = Object.defineProperty({ input: {} }, "accountId", { enumerable: true, get: () => (++reads > 2 ? fail() : "ada") });
    const check = checkJob({ queue: "profiles", name: "profile.me", data });
    expect(check).toMatchObject({ ok: false, issues: [{ path: "data", message: "can't be checked; the log has the reason" }] });
    expect(check.ok ? null : check.thrown).toBeInstanceOf(Error);
  });
});

test("as many issues as there may be are told one by one and described in a line", () => {
  const data = { accountId: "ada", input: {}, ...many(9_990) };
  const check = checkJob({ queue: "profiles", name: "profile.me", data });
  expect(check.ok ? [] : check.issues).toHaveLength(9_990);
});

/** `excessOfShape`, as plainly as can be. */
function walkedExcess(text: string, { depth, members }: { depth: number; members: number }): "depth" | "members" | null {
  let [level, count, inString, opened] = [0, 0, false, false];
  for (let at = 0; at <= text.length; at++) {
    const char = text[at] ?? "";
    if (inString) {
      if (char === "\\") at += 1;
      else if (char === '"') inString = false;
      continue;
    }
    if (opened && !/[ \n\r\t]/.test(char) && char !== "]" && char !== "}") count += 1;
    if (!/[ \n\r\t]/.test(char)) opened = false;
    if (count > members) return "members";
    if (char === '"') inString = true;
    if (char === "[" || char === "{") {
      opened = true;
      level += 1;
      if (level > depth) return "depth";
    }
    if (char === "]" || char === "}") level -= 1;
    if (char === ",") count += 1;
    if (count > members) return "members";
  }
  return null;
}
