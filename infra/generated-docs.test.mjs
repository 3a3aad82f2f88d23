/** Pages that are made from the code are what the code says, and say themselves which command writes them. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./child.mjs";
import { generatedDocs } from "./generated-docs.mjs";

const PAGES = await generatedDocs();

/** @param {string} path */
const read = (path) => readFileSync(join(ROOT, path), "utf8");

test.each(PAGES)("$path is what the code says; if not: npm run docs", ({ path, text }) => {
  expect(read(path), `${path} is stale; write it with: npm run docs`).toBe(text);
});

test("the pages that say that `npm run docs` writes them are those that it writes", () => {
  const marked = globSync("docs/**/*.md", { cwd: ROOT }).filter((path) => read(path).slice(0, 400).includes("`npm run docs`"));
  const pages = PAGES.map(({ path }) => path).filter((path) => path.endsWith(".md"));
  expect(marked.sort()).toEqual(pages.sort());
});
