/** No list of any length becomes the arguments of a call: beyond some 100,000 entries that overflows the stack, in whoever reads the list. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./child.mjs";

/** Calls that take any number of arguments, and so tempt to give them a list; Redis's commands take the list itself. */
const SPREAD =
  /(?:\.(?:push|unshift|splice|concat|fromCharCode|fromCodePoint|of|m?get\w*|exists|unlink|del)|\bMath\.(?:max|min))\([^()[\]{}"'`]*\.\.\.|\.apply\(/;

/** @param {string} text @returns {string[]} The lines that do so. */
const spreadsOf = (text) => text.split("\n").filter((line) => SPREAD.test(line));

test("a list in place of arguments is found", () => {
  for (const line of ["a.push(...b);", "Math.max(0, ...b)", "a.splice(0, 1, ...b)", "client.mget(...keys)", "f.apply(null, b)"]) {
    expect(spreadsOf(line), line).toHaveLength(1);
  }
  for (const line of ["a.push([...b]);", "new Set([...a, ...b])", "a.map(([x, ...rest]) => rest)"])
    expect(spreadsOf(line), line).toEqual([]);
});

test("no source of ours does it", () => {
  const files = globSync(["{packages,apps}/*/src/**/*.ts", "infra/*.mjs"], { cwd: ROOT }).filter((path) => !path.includes(".test."));
  expect(files.length).toBeGreaterThan(300);
  const found = files.flatMap((file) => spreadsOf(readFileSync(join(ROOT, file), "utf8")).map((line) => `${file}: ${line.trim()}`));
  expect(found).toEqual([]);
});
