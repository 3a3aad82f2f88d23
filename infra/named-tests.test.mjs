/** Pages name tests that are there, and each promise has the code that holds it and a test that shows it. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./child.mjs";
import { findBareRows, findMissingTests, hasTitle, namedTests } from "./named-tests.mjs";

test.each([
  ["README.md", 4],
  ["docs/promises.md", 35],
  ["docs/account-safety-cases.md", 30],
])("the tests that %s names are there, with these titles", (page, least) => {
  expect(namedTests(readFileSync(join(ROOT, page), "utf8")).length).toBeGreaterThanOrEqual(least);
  expect(findMissingTests(ROOT, page)).toEqual([]);
});

test("each promise has rows, and each row the code that holds it and a test", () => {
  const text = readFileSync(join(ROOT, "docs/promises.md"), "utf8");
  expect(findBareRows(text)).toEqual([]);
  for (const promise of ["Never over the limit", "Never twice", "No credit wasted", "Nothing lost"]) {
    expect(text).toContain(`| **${promise}** |`);
  }
});

test("a file that is gone, and a title that no test has, are found", () => {
  const folder = mkdtempSync(join(tmpdir(), "named-tests-"));
  try {
    mkdirSync(join(folder, "docs"));
    writeFileSync(join(folder, "one.test.ts"), '// "a title in a comment"\ntest("it works", () => {});\n');
    const links = ["[it works](../one.test.ts)", "[a title in a comment](../one.test.ts)", "[it works](../two.test.ts)"];
    writeFileSync(join(folder, "docs/page.md"), links.join(" "));
    expect(findMissingTests(folder, "docs/page.md")).toEqual([
      'docs/page.md: ../one.test.ts has no test "a title in a comment"',
      'docs/page.md: there is no file ../two.test.ts with the test "it works"',
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each([
  ['test("one (two) costs $3?", async () => {});', "one (two) costs $3?", true],
  ['test.each([1])(\n  "row %i",\n  (n) => {},\n);', "row %i", true],
  ["it('quoted', () => {});", "quoted", true],
  ['const words = ["one"];', "one", false],
  ['test("longer title", () => {});', "longer", false],
])("%s has the title %s: %s", (source, title, has) => expect(hasTitle(source, title)).toBe(has));

test("a row without code, or without a test, is found", () => {
  const table = "| promise | held by | behaviour, in tests |\n| --- | --- | --- |\n";
  expect(findBareRows(`${table}| **A** | x ([x](x.ts)) | [t](x.test.ts) |\n`)).toEqual([]);
  expect(findBareRows(`${table}| **A** | x | [t](x.test.ts) |\n|  | y ([y](y.ts)) | y |\n`)).toEqual([
    "no code holds: x",
    "no test shows: y ([y](y.ts))",
  ]);
});
