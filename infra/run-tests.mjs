/** `npm test`: the checks, then every test, then one plain line that counts them. It fails when anything failed. */
import { mkdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { check } from "./check.mjs";
import { ROOT, runChild } from "./child.mjs";

const REPORT = join(ROOT, ".local/test-results.json");

/**
 * @param {string[]} args What vitest is to run; default all.
 * @returns {Promise<number>} The exit status.
 */
export async function runTests(args) {
  const checkStatus = await check({ withTests: false });
  await mkdir(dirname(REPORT), { recursive: true });
  await rm(REPORT, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${REPORT}`];
  const testStatus = await runChild("vitest", ["run", ...reporters, ...args]);
  const report = await readFile(REPORT, "utf8").then(JSON.parse, () => null);
  if (report === null) {
    console.log("\nvitest ended before it could report");
    return testStatus === 0 ? 1 : testStatus;
  }
  const { passed, failed } = countTests(report);
  if (checkStatus !== 0) console.log("\nThe checks at the top failed");
  if (testStatus !== 0 && failed === 0) console.log("\nNo test failed, but vitest did: see the errors above");
  console.log(`\n${passed} passed, ${failed} failed`);
  return testStatus !== 0 ? testStatus : failed > 0 || passed === 0 ? 1 : checkStatus;
}

/**
 * Counts the tests of vitest's JSON report. A file that failed without a failed test (it did not load, or left something open) counts as one.
 * @param {{ numPassedTests: number, numFailedTests: number, testResults: { status: string, assertionResults: { status: string }[] }[] }} report
 */
export function countTests(report) {
  const failedFiles = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((result) => result.status === "failed"),
  );
  return { passed: report.numPassedTests, failed: report.numFailedTests + failedFiles.length };
}
