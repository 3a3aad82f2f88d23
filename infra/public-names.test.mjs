/** The queue package's public names: each is used by product code of another workspace, each of its entry for tests by tests or benchmarks of another. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./child.mjs";

/** @param {string} path */
const read = (path) => readFileSync(join(ROOT, path), "utf8");

/** @param {string} list What stands between braces. */
function namesIn(list) {
  return list.split(",").flatMap((part) => /^\s*(?:type )?(\w+)/.exec(part)?.[1] ?? []);
}

/** @param {string} entry @returns {string[]} */
function publicNames(entry) {
  return [...read(entry).matchAll(/^export (?:type )?\{([^}]+)\}/gm)].flatMap(([, list = ""]) => namesIn(list));
}

/** @param {{ specifier: string, files: string[] }} use @returns {Set<string>} */
function usedNames({ specifier, files }) {
  const imports = new RegExp(`\\{([^{}]+)\\} (?:from|= await import\\()\\s*"${specifier}"`, "g");
  return new Set(files.flatMap((file) => [...read(file).matchAll(imports)].flatMap(([, list = ""]) => namesIn(list))));
}

const OTHERS = globSync("{apps,packages}/*/{src,tests}/**/*.ts", { cwd: ROOT }).filter((file) => !file.startsWith("packages/queue/"));
/** @param {string} file */
const isProduct = (file) => /\/src\//.test(file) && !file.endsWith(".test.ts") && !/^apps\/(bench|demo|simulation)\//.test(file);

test("every public name of packages/queue is used by another workspace's product code", () => {
  const names = publicNames("packages/queue/src/index.ts");
  const used = usedNames({ specifier: "@linkup-queue/queue", files: OTHERS.filter(isProduct) });
  expect(names.length).toBeGreaterThan(100);
  expect(names.filter((name) => !used.has(name))).toEqual([]);
});

test("every name of its entry for tests is used by others' tests and benchmarks, and by no product code", () => {
  const specifier = "@linkup-queue/queue/inside";
  const used = usedNames({ specifier, files: OTHERS });
  expect(publicNames("packages/queue/src/inside.ts").filter((name) => !used.has(name))).toEqual([]);
  expect([...usedNames({ specifier, files: OTHERS.filter(isProduct) })]).toEqual([]);
});
