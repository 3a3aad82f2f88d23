/**
 * `npm test`: the checks, then every short test; `npm run test:long`: the long ones. Then why tests were skipped, and one plain line that counts
 * them all. It fails when anything failed.
 */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { check } from "./check.mjs";
import { ROOT, runChild } from "./child.mjs";

/**
 * @typedef {{ status: string, title?: string, failureMessages?: string[], duration?: number, meta?: { whySkipped?: string, limitMs?: number } }} Result
 * @typedef {{ name?: string, status: string, message?: string, assertionResults: Result[] }} FileResult
 * @typedef {{ numPassedTests: number, numFailedTests: number, testResults: FileResult[] }} Report Vitest's own, in JSON.
 * @typedef {{ passed: number, failed: number, skipped: number, failures?: string[] }} Counts Failures: a line for each, by `tellFailed`.
 */

/** Reports and counts of the last runs, one of each kind. */
export const RESULTS = join(ROOT, ".local/tests");

/**
 * @param {"short" | "long"} kind The files' names say which they are (vitest.config.ts). @param {string[]} args What vitest is to run; default all.
 * @returns {Promise<number>} The exit status.
 */
export async function runTests(kind, args) {
  const reportPath = join(RESULTS, `${kind}.json`);
  const countsPath = join(RESULTS, `${kind}.counts.json`);
  await mkdir(RESULTS, { recursive: true });
  for (const path of [reportPath, countsPath]) await rm(path, { force: true });
  const checkStatus = kind === "short" ? await check({ withTests: false }) : 0;
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${reportPath}`];
  const testStatus = await runChild("vitest", ["run", "--project", kind, ...reporters, ...args]);
  const report = await readFile(reportPath, "utf8").then(JSON.parse, () => null);
  if (report === null) {
    console.log("\nvitest ended before it could report");
    return testStatus === 0 ? 1 : testStatus;
  }
  const counts = { ...countTests(report), skipped: countSkipped(report), failures: tellFailed(report) };
  await writeFile(countsPath, JSON.stringify(counts));
  if (checkStatus !== 0) console.log("\nThe checks at the top failed");
  if (testStatus !== 0 && counts.failed === 0) console.log("\nNo test failed, but vitest did: see the errors above");
  for (const line of [...tellNearLimit(report), ...tellSkipped(report), ...tellFailed(report)]) console.log(line);
  console.log(`\n${countsLine(counts)}`);
  return testStatus !== 0 ? testStatus : counts.failed > 0 || counts.passed === 0 ? 1 : checkStatus;
}

/**
 * Counts the tests of vitest's JSON report. A file that failed without a failed test (it did not load, or left something open) counts as one.
 * @param {Report} report
 */
export function countTests(report) {
  return { passed: report.numPassedTests, failed: report.numFailedTests + report.testResults.filter(failedAsWhole).length };
}

/** @param {FileResult} file */
const failedAsWhole = (file) => file.status === "failed" && !file.assertionResults.some((result) => result.status === "failed");

/** Longest text of a failure in the lines at the end; the whole stands with its test, far above them. */
const FAILURE_CHARS = 300;

/** One line for each failure, as the last lines of a long output are often all that is kept of it. @param {Report} report @returns {string[]} */
export function tellFailed(report) {
  return report.testResults.flatMap((file) => {
    const failed = file.assertionResults.filter(({ status }) => status === "failed");
    const whole = failedAsWhole(file) ? [{ title: "the file", failureMessages: [file.message ?? ""] }] : [];
    return [...failed, ...whole].map(({ title, failureMessages: [message = ""] = [] }) => {
      const [firstLine = ""] = stripVTControlCharacters(message).trim().split("\n");
      return `Failed: ${relative(ROOT, file.name ?? "")}: ${title}: ${firstLine.slice(0, FAILURE_CHARS)}`;
    });
  });
}

/** @param {Result} result */
const wasSkipped = ({ status }) => status !== "passed" && status !== "failed";

/** @param {Report} report */
export function countSkipped(report) {
  return report.testResults.flatMap(({ assertionResults }) => assertionResults.filter(wasSkipped)).length;
}

/** The plain line that is read by machines, alone and last. @param {Counts} counts */
export function countsLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`;
}

/** One line for each reason: how many tests it kept from running, and in which files. @param {Report} report @returns {string[]} */
export function tellSkipped(report) {
  /** @type {Map<string, { count: number, files: Set<string> }>} */
  const reasons = new Map();
  for (const file of report.testResults) {
    for (const { meta } of file.assertionResults.filter(wasSkipped)) {
      const why = meta?.whySkipped ?? "no reason was given";
      const { count, files } = reasons.get(why) ?? { count: 0, files: new Set() };
      reasons.set(why, { count: count + 1, files: files.add(relative(ROOT, file.name ?? "")) });
    }
  }
  return [...reasons].map(([why, { count, files }]) => {
    const [first = "", ...others] = files;
    return `Skipped: ${count} in ${first}${others.length === 0 ? "" : ` and ${others.length} other files`}: ${why}`;
  });
}

/** Tests that took more than half of their time limit: the next that fail on a busier machine. @param {Report} report @returns {string[]} */
export function tellNearLimit(report) {
  return report.testResults.flatMap((file) =>
    file.assertionResults
      .filter(({ status, duration = 0, meta }) => status === "passed" && duration > (meta?.limitMs ?? Number.POSITIVE_INFINITY) / 2)
      .map(
        ({ title, duration = 0, meta }) =>
          `Near its limit: ${relative(ROOT, file.name ?? "")}: ${title} (${Math.round(duration / 1000)} of ${Number(meta?.limitMs) / 1000} s)`,
      ),
  );
}
