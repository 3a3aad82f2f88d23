/** The one line that counts the tests must not hide a file that failed as a whole, nor tests that were skipped. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { captureChild, ROOT } from "./child.mjs";
import { countSkipped, countsLine, countTests, tellFailed, tellNearLimit, tellSkipped } from "./run-tests.mjs";

/** @param {import("./run-tests.mjs").FileResult[]} testResults */
const reportOf = (testResults) => ({ numPassedTests: 0, numFailedTests: 0, testResults });

test("a file that failed without a failed test of its own counts as a failure", () => {
  const passed = { status: "passed", assertionResults: [{ status: "passed" }, { status: "passed" }] };
  const failedTest = { status: "failed", assertionResults: [{ status: "failed" }] };
  const didNotLoad = { status: "failed", assertionResults: [] };
  const leftSomethingOpen = { status: "failed", assertionResults: [{ status: "passed" }] };
  const report = { numPassedTests: 3, numFailedTests: 1, testResults: [passed, failedTest, didNotLoad, leftSomethingOpen] };
  expect(countTests(report)).toEqual({ passed: 3, failed: 3 });
});

test("skipped tests are in the line, and each reason is told once with its files", () => {
  const skipped = (/** @type {string} */ whySkipped) => ({ status: "skipped", meta: { whySkipped } });
  const report = reportOf([
    { name: `${ROOT}/a/one.test.ts`, status: "passed", assertionResults: [{ status: "passed" }, skipped("no Chromium")] },
    { name: `${ROOT}/a/two.test.ts`, status: "passed", assertionResults: [skipped("no Chromium"), skipped("no PostgreSQL")] },
    { name: `${ROOT}/a/three.test.ts`, status: "passed", assertionResults: [{ status: "pending" }] },
  ]);
  expect(countsLine({ passed: 1, failed: 0, skipped: countSkipped(report) })).toBe("1 passed, 0 failed, 4 skipped");
  expect(tellSkipped(report)).toEqual([
    "Skipped: 2 in a/one.test.ts and 1 other files: no Chromium",
    "Skipped: 1 in a/two.test.ts: no PostgreSQL",
    "Skipped: 1 in a/three.test.ts: no reason was given",
  ]);
});

test("the line says nothing of skipped tests where there are none", () => {
  expect(countsLine({ passed: 12, failed: 1, skipped: 0 })).toBe("12 passed, 1 failed");
});

test("a test that took more than half of its limit is told", () => {
  const limitMs = 120_000;
  const assertionResults = [
    { status: "passed", title: "quick", duration: 59_000, meta: { limitMs } },
    { status: "passed", title: "slow", duration: 61_000, meta: { limitMs } },
  ];
  const report = reportOf([{ name: `${ROOT}/a/one.test.ts`, status: "passed", assertionResults }]);
  expect(tellNearLimit(report)).toEqual(["Near its limit: a/one.test.ts: slow (61 of 120 s)"]);
});

test("each failure is told in one line: a test with its first line, and a file that failed as a whole", () => {
  const failed = {
    status: "failed",
    title: "adds up",
    failureMessages: ["\u001b[31mAssertionError: expected 1 to be 2\u001b[39m\n    at there"],
  };
  const report = reportOf([
    { name: `${ROOT}/a/one.test.ts`, status: "failed", assertionResults: [{ status: "passed", title: "loads" }, failed] },
    { name: `${ROOT}/a/two.test.ts`, status: "failed", message: `Error: ${"x".repeat(400)}`, assertionResults: [] },
  ]);
  expect(tellFailed(report)).toEqual([
    "Failed: a/one.test.ts: adds up: AssertionError: expected 1 to be 2",
    `Failed: a/two.test.ts: the file: Error: ${"x".repeat(293)}`,
  ]);
});

test("short and long tests are summed in one plain last line, and one kind that was never counted is a failure", async () => {
  const folder = mkdtempSync(join(tmpdir(), "counts-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const summed = async () => {
    const { status, text } = await captureChild(process.execPath, [join(ROOT, "infra/sum-tests.mjs"), folder]);
    const lines = text.trimEnd().split("\n");
    return [status, lines.at(-1), ...lines.filter((line) => line.startsWith("Failed: "))];
  };
  /** @param {string} kind @param {object} counts */
  const counted = (kind, counts) => writeFileSync(join(folder, `${kind}.counts.json`), JSON.stringify(counts));
  counted("short", { passed: 100, failed: 0, skipped: 6 });
  expect(await summed()).toEqual([1, "100 passed, 1 failed, 6 skipped"]);
  counted("long", { passed: 20, failed: 0, skipped: 0 });
  expect(await summed()).toEqual([0, "120 passed, 0 failed, 6 skipped"]);
  counted("long", { passed: 19, failed: 1, skipped: 0, failures: ["Failed: a/one.test.ts: adds up: expected 1 to be 2"] });
  expect(await summed()).toEqual([1, "119 passed, 1 failed, 6 skipped", "Failed: a/one.test.ts: adds up: expected 1 to be 2"]);
});
