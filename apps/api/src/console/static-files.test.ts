import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { staticFile } from "./static-files.ts";

/** Most bytes of script that a page may load, compressed. */
const MOST_SCRIPT = 150_000;

test("the scripts of a page are small, compressed, and each file is served as what it is", () => {
  const names = ["htmx.js", "htmx-sse.js", "uplot.js", "console.js"];
  const sizes = names.map((name) => gzipSync(staticFile(name)?.content ?? "").length);
  for (const [at, size] of sizes.entries()) expect(size, names[at]).toBeGreaterThan(500);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MOST_SCRIPT);
  for (const name of names) expect(staticFile(name)?.type).toMatch(/^text\/javascript/);
  expect(staticFile("console.css")?.type).toMatch(/^text\/css/);
});

test.each(["../console.ts", "console.ts", "toString", "client/console.js", ""])("%j is no file of the console", (name) => {
  expect(staticFile(name)).toBeNull();
});
