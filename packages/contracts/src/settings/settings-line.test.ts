/** Node and Docker Compose read a settings file as it was written, character for character. */
import { parseEnv } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LinkupError } from "../outcome/error.ts";
import { settingsLine } from "./settings-line.ts";

/**
 * Compose's reading of an environment file, by its documented rules (https://docs.docker.com/compose/how-tos/environment-variables/
 * variable-interpolation/#env-file-syntax) and, where they are silent, by the reader itself, dotenv/parser.go and template/template.go of
 * https://github.com/compose-spec/compose-go at e70e961: a backslash stays unless a quote of the value's kind follows it; `$$` is a dollar;
 * a `$` before no name is an error. Variables are unset here.
 */
function composeReads(text: string): Record<string, string> {
  const read: Record<string, string> = {};
  let rest = text;
  for (;;) {
    rest = rest.trimStart();
    if (rest === "") return read;
    if (rest.startsWith("#")) {
      rest = /\n[\s\S]*$/.exec(rest)?.[0] ?? "";
      continue;
    }
    const [whole = "", name = ""] = /^(?:export[ \t]+)?([A-Za-z0-9_.-]+)[ \t]*[=:][ \t]*/.exec(rest) ?? [];
    if (name === "") throw new Error("unexpected character in variable name");
    rest = rest.slice(whole.length);
    const quote = rest[0];
    if (quote === '"' || quote === "'") {
      const inner = new RegExp(`^${quote}((?:[^\\\\${quote}]|\\\\[\\s\\S])*)${quote}`).exec(rest);
      if (inner === null) throw new Error("unterminated quoted value");
      const value = (inner[1] ?? "").replaceAll(`\\${quote}`, quote);
      read[name] = quote === "'" ? value : substituted(unescaped(value));
      rest = rest.slice(inner[0].length);
    } else {
      const [line = ""] = /^[^\n]*/.exec(rest) ?? [];
      read[name] = substituted((line.split(" #")[0] ?? "").trimEnd());
      rest = rest.slice(line.length);
    }
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  '"': '"',
  "\\": "\\",
  $: "$$",
};
const unescaped = (value: string) => value.replaceAll(/\\([abfnrtv"\\$])/g, (_all, letter: string) => ESCAPES[letter] ?? letter);

function substituted(value: string): string {
  return value.replaceAll(/\$(\$|[A-Za-z_]\w*|\{[A-Za-z_]\w*(?::?[-+?][^}]*)?\}|)/g, (_all, what: string) => {
    if (what === "") throw new Error("Invalid template");
    return what === "$" ? "$" : "";
  });
}

describe("Compose's rules, as they are read here", () => {
  test.each([
    ["VAR=VAL", "VAL"],
    ['VAR="VAL"', "VAL"],
    ["VAR='VAL'", "VAL"],
    ["VAR=VAL # comment", "VAL"],
    ["VAR=VAL# not a comment", "VAL# not a comment"],
    ['VAR="VAL # not a comment"', "VAL # not a comment"],
    ["VAR='$OTHER'", "$OTHER"],
    ["VAR='Let\\'s go!'", "Let's go!"],
    ['VAR="{\\"hello\\": \\"json\\"}"', '{"hello": "json"}'],
    ['VAR="some\\tvalue"', "some\tvalue"],
    ["VAR='some\\tvalue'", "some\\tvalue"],
    ["VAR=some\\tvalue", "some\\tvalue"],
    ["VAR=$OTHER", ""],
    ["VAR=a$$b", "a$b"],
  ])("are those of its documentation: %s", (line, value) => {
    expect(composeReads(`# a comment\n\n${line}\n`)).toEqual({ VAR: value });
  });
});

/** Signs that mean something to one of the two, and some that mean nothing. */
const VALUES = fc.oneof(
  fc.string({ unit: fc.constantFrom("a", "Z", "0", "#", "$", "{", "}", "'", '"', "`", "\\", "n", " ", "=", ":", ",", "/", "+", "~", "!") }),
  fc.string(),
  fc.base64String(),
);

function written(value: string): string | null {
  try {
    return settingsLine("NAME", value);
  } catch (thrown) {
    expect(LinkupError.from(thrown).code).toBe("invalid_input");
    if (value.length > 6) expect(LinkupError.from(thrown).message).not.toContain(value);
    return null;
  }
}

test("a value is read as it was written by both, between other lines, or it is refused", () => {
  fc.assert(
    fc.property(VALUES, (value) => {
      const line = written(value);
      if (line === null) return;
      const text = `# before\nFIRST=1\n${line}\n# a $comment with 'quotes\nLAST=2\n`;
      const expected = { FIRST: "1", NAME: value, LAST: "2" };
      expect({ ...parseEnv(text) }).toEqual(expected);
      expect(composeReads(text)).toEqual(expected);
    }),
    { numRuns: 20_000 },
  );
});

test.each([
  ["pk_live-0123456789", "NAME=pk_live-0123456789"],
  ["base64/with+signs==", "NAME=base64/with+signs=="],
  ["it's", "NAME=it's"],
  ["a#b", "NAME='a#b'"],
  ["#a", "NAME='#a'"],
  ["pa$$word", "NAME='pa$$word'"],
  ["$HOME", "NAME='$HOME'"],
  ['"quoted"', "NAME='\"quoted\"'"],
  ["back\\slash", "NAME=back\\slash"],
  ["back\\#slash", "NAME='back\\#slash'"],
  ["'quoted'", "NAME=\"'quoted'\""],
  ["it's #1", 'NAME="it\'s #1"'],
  ["", "NAME="],
])("%j is written %s", (value, line) => {
  expect(settingsLine("NAME", value)).toBe(line);
});

test.each(["it's $5", "'\"", "#'\"", "$\\", "#\\", "two\nlines", "nul\u0000", "é"])("%j is refused with what to do", (value) => {
  expect(() => settingsLine("NAME", value)).toThrow(/^NAME has a combination .* set it in the environment/);
});
