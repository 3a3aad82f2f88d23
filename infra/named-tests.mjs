/** Tests that pages name by their titles: a title that no test has any more shows nothing. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A link to a file of tests, or to one whose tests are proved elsewhere. */
const TEST_LINK = /\[([^\]]+)\]\(([^)\s]+?(?:\.test|\/prove-[\w-]+)\.m?ts)\)/g;
/** A link to code that is none. */
const CODE_LINK = /\[[^\]]+\]\(([^)\s]+\.(?:ts|mjs|lua))\)/g;

/** @param {string} page Its text. @returns {{ title: string, target: string }[]} */
export function namedTests(page) {
  return [...page.matchAll(TEST_LINK)].map(([, title = "", target = ""]) => ({ title, target }));
}

/** Whether a source has a test, or a row of them, with this title: the first text that is handed to a call. @param {string} source @param {string} title */
export function hasTitle(source, title) {
  const escaped = title.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`\\(\\s*(?:"${escaped}"|'${escaped}'|\`${escaped}\`)\\s*[,)]`).test(source);
}

/**
 * The tests that a page names and that are not there, each with what is missing.
 * @param {string} root @param {string} page Its path below the root. @returns {string[]}
 */
export function findMissingTests(root, page) {
  const folder = join(root, dirname(page));
  return namedTests(readFileSync(join(root, page), "utf8")).flatMap(({ title, target }) => {
    const file = join(folder, target);
    if (!existsSync(file)) return [`${page}: there is no file ${target} with the test "${title}"`];
    return hasTitle(readFileSync(file, "utf8"), title) ? [] : [`${page}: ${target} has no test "${title}"`];
  });
}

/**
 * The rows of a page's tables of promises that name no code that holds them, or no test that shows it. Such a table has a column "held by".
 * @param {string} text @returns {string[]}
 */
export function findBareRows(text) {
  const lines = text.split("\n");
  const problems = [];
  for (const [at, line] of lines.entries()) {
    const column = line.split("|").findIndex((cell) => cell.trim() === "held by");
    if (column < 0) continue;
    for (let row = at + 2; lines[row]?.startsWith("|"); row++) {
      const cells = lines[row]?.split(" | ").map((cell) => cell.replace(/^\| ?| ?\|$/g, "")) ?? [];
      const [held = "", shown = ""] = cells.slice(column - 1);
      if ([...held.matchAll(CODE_LINK)].length === 0) problems.push(`no code holds: ${held}`);
      if (namedTests(shown).length === 0) problems.push(`no test shows: ${held}`);
    }
  }
  return problems;
}
