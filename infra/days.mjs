/**
 * `npm run test:days`: the suites that turn on days, from every day of a leap year, a month at a time. Other days are arguments:
 * `npm run test:days -- 2028-02 2028-12-31..2029-01-02`.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { captureChild, ROOT, secondsSince } from "./child.mjs";

/** Its days fall on every weekday, and it has every end of a month, a leap day, and both days on which clocks are changed. */
const YEAR = 2028;

/** @param {string} month `2028-02`. @returns {string} Its days, as `TEST_STARTS` takes them. */
function daysOf(month) {
  const [year, number] = month.split("-").map(Number);
  const last = new Date(Date.UTC(year ?? 0, number ?? 0, 0)).toISOString().slice(0, 10);
  return `${month}-01..${last}`;
}

/** @param {string[]} args Months, days or ranges of days; default every month of the year. @returns {string[]} Ranges. */
export function rangesOf(args) {
  const months = Array.from({ length: 12 }, (_none, index) => `${YEAR}-${String(index + 1).padStart(2, "0")}`);
  return (args.length === 0 ? months : args).map((text) => (/^\d{4}-\d\d$/.test(text) ? daysOf(text) : text));
}

/** The test files that begin at `STARTS`, the testkit's own left out. @param {string} root @returns {string[]} */
export function findDaySuites(root) {
  const workspaces = ["apps", "packages"].flatMap((parent) => readdirSync(join(root, parent)).map((name) => join(parent, name)));
  return workspaces
    .filter((workspace) => workspace !== join("packages", "testkit"))
    .flatMap((workspace) => [join(workspace, "src"), join(workspace, "tests")])
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)))
    .filter((file) => file.endsWith(".test.ts"))
    .filter((file) => /\bSTARTS\b/.test(readFileSync(join(root, file), "utf8")))
    .sort();
}

/** @param {string[]} args @returns {Promise<number>} The exit status. */
export async function runDays(args) {
  const suites = findDaySuites(ROOT);
  console.log(`${suites.length} suites turn on days:\n  ${suites.join("\n  ")}\n`);
  let failures = 0;
  for (const days of rangesOf(args)) {
    const started = performance.now();
    const { status, text } = await captureChild("vitest", ["run", "--reporter=dot", ...suites], { TEST_STARTS: days, NO_COLOR: "1" });
    const tests = /^\s*Tests\s+(.*?)\s*(?:\(\d+\))?$/m.exec(text)?.[1] ?? "no test was run";
    console.log(`${status === 0 ? "ok    " : "FAILED"} ${days}: ${tests} (${secondsSince(started)})`);
    if (status === 0) continue;
    failures += 1;
    console.log(`${text.trim()}\n-> one day alone: TEST_STARTS=<day> vitest run <file>\n`);
  }
  return failures === 0 ? 0 : 1;
}
