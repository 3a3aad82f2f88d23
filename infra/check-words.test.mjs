/** The check of sentence beginnings catches these, lets those through, and holds for this project. */
import { expect, test } from "vitest";
import { findUnusedWords, findWordProblems, judgeWords } from "./check-words.mjs";
import { ROOT } from "./child.mjs";

test.each([
  ["a.ts", "/** What a parser answers for text that is not what it reads. */"],
  ["a.ts", "  // Keeps it. One that is older goes."],
  ["a.ts", "/**\n * Reads a row: those behind it wait. Those\n * before it do not.\n */"],
  ["a.test.ts", 'test("what is sent arrives", () => {});'],
  ["a.test.ts", 'test.each([1])(\n  "those that are sent arrive",\n  () => {});'],
  ["a.ts", 'z.string().describe("what to do")'],
  ["a.lua", "local a = 1\n-- What is left.\n"],
  ["a.md", "# A page\n\nIt stays. What is left goes."],
  ["a.md", "- **What is left** goes."],
  ["a.md", "| word | meaning |\n| --- | --- |\n| brake | What keeps an operation |"],
])("in %s it finds %j", (file, text) => {
  expect(judgeWords(file, text)).toHaveLength(1);
});

test.each([
  ["a.ts", "/** The accounts that exist among `ids`; those that do not are left out. */"],
  ["a.ts", "// What is left? Nothing."],
  ["a.ts", "/** Tells what happened. */"],
  ["a.ts", 'const what = say("nothing");'],
  ["a.md", "## What it promises\n\nNothing."],
  ["a.md", "```sh\nWhat is left\n```"],
  ["a.md", "| what | why |"],
])("in %s it lets %j through", (file, text) => {
  expect(judgeWords(file, text)).toEqual([]);
});

test("no sentence of this project begins so", () => {
  expect(findWordProblems(ROOT)).toEqual([]);
});

test("every word of the glossary is used outside of it", () => {
  expect(findUnusedWords(ROOT)).toEqual([]);
});
