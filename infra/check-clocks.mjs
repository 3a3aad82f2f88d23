/**
 * No clock of a test, a rig or a fixture starts at the machine's time: such a test fails on some days and passes on others. The one place of
 * tests that reads the machine's clock is `fromNow`, for moments that are given to a system which runs by it.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Expressions that read the machine's clock, with or without brackets behind them. */
const READS = [
  /\bDate\s*\.\s*now\b/,
  /\bDate\s*\[\s*["'`]now["'`]\s*\]/,
  /\bnew\s+Date\b\s*(?:\(\s*\)|(?![\s(<]))/,
  /(?<!\bnew\s+)(?<![\w.$])Date\(\s*\)/,
  /\bTemporal\s*\.\s*Now\b/,
  /\bperformance\s*\.\s*timeOrigin\b/,
  /\b\w*(?:redis|client)\w*(?:\(\))?\s*\.\s*time\(\s*\)/i,
  /\bredis\s*\.\s*p?call\(\s*["'`]TIME\b/i,
];
/** A moment from now where a clock starts: it is given to a clock, or its name says that it is the time. */
const STARTS_A_CLOCK = [
  /\b(?:\w*clock\w*|now|nowMs|start|startMs|startedMs|today\w*)\b\s*(?::\s*[\w|\s]+)?[=:](?![=>])[^;]*\bfromNow\(/i,
  /\b(?:setClock|startClock|\w*[cC]lock\s*\.\s*(?:set|start)|reset|setSystemTime|useFakeTimers)\([^;]*\bfromNow\(/,
];
/** A day of now, which is another one after midnight. */
const NAMES_A_DAY =
  /\bfromNow\([^;]*?\)\s*\.\s*(?:toISOString\(\)\s*\.\s*(?:slice|substring|substr|split)\(|toDateString|toLocale|get(?:UTC)?(?:Day|Date|Month|FullYear)\()/;

/** Files that may: the place itself, and the examples of this check. */
const EXEMPT = ["packages/testkit/src/suite/from-now.ts", "infra/check-clocks.test.mjs"];

/** @param {string} root The project's folder. @returns {string[]} One line for each place, `<file>:<line> ...`. */
export function findClockProblems(root) {
  return testFiles(root).flatMap((file) => judgeClocks(file, readFileSync(join(root, file), "utf8")));
}

/** All that runs as a test or beside one: test files, the folders `tests`, and the testkit. @param {string} root */
function testFiles(root) {
  const workspaces = ["apps", "packages"].flatMap((parent) => readdirSync(join(root, parent)).map((name) => `${parent}/${name}`));
  const folders = [...workspaces.flatMap((workspace) => [`${workspace}/src`, `${workspace}/tests`]), "infra"];
  return folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)))
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => /\.m?[jt]s$/.test(file))
    .filter((file) => /\.test\.m?[jt]s$/.test(file) || file.includes("/tests/") || file.startsWith("packages/testkit/"))
    .filter((file) => !EXEMPT.includes(file))
    .sort();
}

/** @param {string} file @param {string} text @returns {string[]} */
export function judgeClocks(file, text) {
  return withoutComments(text)
    .split("\n")
    .flatMap((line, index) => {
      const why = judgeLine(line);
      return why === null ? [] : [`${file}:${index + 1} ${why}: ${line.trim()}`];
    });
}

/** @param {string} line @returns {string | null} */
function judgeLine(line) {
  if (READS.some((pattern) => pattern.test(line))) return "reads the machine's clock";
  if (STARTS_A_CLOCK.some((pattern) => pattern.test(line))) return "starts a clock at the machine's time";
  return NAMES_A_DAY.test(line) ? "expects a day that may be over by then" : null;
}

/** Lines stay where they are. @param {string} text */
function withoutComments(text) {
  return text.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, " ")).replace(/(^|\s)\/\/.*$/gm, "$1");
}
