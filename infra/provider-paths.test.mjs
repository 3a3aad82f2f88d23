/** Paths of LinkUp and the names that a token has there stand in packages/linkup alone, so that another version of LinkUp is a change of one room. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./child.mjs";

/** The sandbox and the benchmark's plain worker are written apart from the product, to measure it by. */
const APART = ["packages/linkup/", "apps/sandbox/", "apps/bench/"];

/** @param {string} path */
const read = (path) => readFileSync(join(ROOT, path), "utf8");

const PATHS = ["/v1/auth/", ...[...read("docs/linkup-v1.md").matchAll(/`(\/v1\/[a-z/-]+)`/g)].map((match) => match[1] ?? "")];
const SOURCES = globSync("{apps,packages}/*/src/**/*.{ts,lua}", { cwd: ROOT })
  .filter((path) => !path.endsWith(".test.ts") && !APART.some((folder) => path.startsWith(folder)))
  .sort();

test("no source outside of packages/linkup, the sandbox and the benchmarks names a path of LinkUp's", () => {
  expect(PATHS.length).toBeGreaterThan(20);
  expect(SOURCES.length).toBeGreaterThan(200);
  expect(SOURCES.filter((path) => PATHS.some((known) => read(path).includes(known)))).toEqual([]);
});

test("the worker, the queue and the contracts don't know where in a call its token goes", () => {
  const inside = SOURCES.filter((path) => /^(?:apps\/worker|packages\/(?:queue|contracts))\//.test(path));
  expect(inside.length).toBeGreaterThan(100);
  const naming = inside.filter((path) => read(path).includes("login_token"));
  expect(naming).toEqual([]);
});
