/** The one line that counts the tests must not hide a file that failed as a whole. */
import { expect, test } from "vitest";
import { countTests } from "./run-tests.mjs";

test("a file that failed without a failed test of its own counts as a failure", () => {
  const passed = { status: "passed", assertionResults: [{ status: "passed" }, { status: "passed" }] };
  const failedTest = { status: "failed", assertionResults: [{ status: "failed" }] };
  const didNotLoad = { status: "failed", assertionResults: [] };
  const leftSomethingOpen = { status: "failed", assertionResults: [{ status: "passed" }] };
  const report = { numPassedTests: 3, numFailedTests: 1, testResults: [passed, failedTest, didNotLoad, leftSomethingOpen] };
  expect(countTests(report)).toEqual({ passed: 3, failed: 3 });
});
