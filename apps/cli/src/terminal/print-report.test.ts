/** How a report looks at a terminal, in a pipe and to a program. */
import { expect, test } from "vitest";
import { creditsReport } from "../commands/credits.ts";
import { bar } from "./bar.ts";
import { type Paint, printReport } from "./print-report.ts";
import { duration, progressText } from "./progress.ts";
import { readingProgress } from "./reading-progress.ts";
import type { Report } from "./report.ts";

const plain: Paint = (text) => text;
const marked: Paint = (text, tone) => `<${tone}>${text}</>`;

const REPORT: Report = {
  json: { jobs: 2 },
  sections: [
    { kind: "line", text: "Two jobs.", tone: "good" },
    {
      kind: "table",
      head: ["job", "calls"],
      rows: [
        [{ text: "a\tb\u001b[31m", tone: "bad" }, 12],
        ["c", 3],
      ],
    },
  ],
};

test("a terminal gets a table with colours, numbers to the right", () => {
  expect(printReport(REPORT, "terminal", marked)).toContain("<good>Two jobs.</>\n┌");
  expect(printReport(REPORT, "terminal", plain)).toMatch(/│ c +│ +3 │/);
  expect(printReport(REPORT, "terminal", marked)).toContain("<bad>");
});

test("a pipe gets tabs between columns and no colour; a program gets JSON alone", () => {
  expect(printReport(REPORT, "plain", marked)).toBe("Two jobs.\njob\tcalls\na b [31m\t12\nc\t3\n");
  expect(printReport(REPORT, "json", marked)).toBe('{\n  "jobs": 2\n}\n');
});

test("no control character of an answer reaches the terminal", () => {
  expect(printReport(REPORT, "terminal", plain)).not.toContain(String.fromCharCode(27));
});

test("credits have a chart by day at a terminal, oldest first, and none in a pipe", () => {
  const day = (name: string, charged: number, redriven = 0) => ({ day: name, charged, uncertain: 0, wasted: 0, redriven });
  const report = creditsReport({
    total: { charged: 30, uncertain: 0, wasted: 0, redriven: 4 },
    byDay: [day("2026-11-23", 10, 4), day("2026-11-22", 20), day("2026-11-21", 0)],
    byOperation: [],
    byCampaign: [],
    byAccount: [],
    byCause: [],
  });
  const lines = printReport(report, "terminal", plain).split("\n");
  expect(lines.find((line) => line.includes("2026-11-22"))).toContain("█".repeat(30));
  expect(lines.find((line) => line.includes("2026-11-23"))).toMatch(/ █{15} /);
  expect(lines.findIndex((line) => line.includes("11-21"))).toBeLessThan(lines.findIndex((line) => line.includes("11-23")));
  expect(printReport(report, "plain", plain)).toBe(
    "day\tcharged\tuncertain\twasted\tredriven\n2026-11-21\t0\t0\t0\t0\n2026-11-22\t20\t0\t0\t0\n2026-11-23\t10\t0\t0\t4\ntotal\t30\t0\t0\t4\n",
  );
});

test("credits that were wasted are told by their cause, in words", () => {
  const none = { charged: 0, uncertain: 0, wasted: 0, redriven: 0 };
  const report = creditsReport({
    total: { ...none, charged: 3, wasted: 3 },
    byDay: [],
    byOperation: [],
    byCampaign: [],
    byAccount: [],
    byCause: [
      { cause: "not_found", wasted: 2 },
      { cause: "login_failed", wasted: 1 },
    ],
  });
  expect(printReport(report, "plain", plain)).toContain(
    "cause\twasted\twhy\nnot_found\t2\tLinkedIn does not have this person or thing\nlogin_failed\t1\ta log-in that did not work\n",
  );
});

test("a bar is as long as its share, and never nothing for something", () => {
  expect([bar(10, 10, 4), bar(5, 10, 4), bar(1, 1_000, 4), bar(0, 10, 4), bar(0, 0, 4)]).toEqual(["████", "██", "▏", "", ""]);
});

test("progress tells share, count, rate and time left, where the size is known", () => {
  const state = { noun: "jobs", done: 500, rejected: 2, readBytes: 250, totalBytes: 1_000, elapsedMs: 10_000 };
  expect(progressText(readingProgress(state))).toBe(`${"█".repeat(5)}${"░".repeat(15)}  25 %  500 jobs, 2 refused, 50/s, 30 s left`);
  expect(progressText(readingProgress({ ...state, totalBytes: null, rejected: 0 }))).toBe("500 jobs, 50/s");
});

test("a time left is told in the two units that matter", () => {
  expect([0, 900, 59_000, 61_000, 3_599_000, 3_660_000, 47 * 3_600_000, 50 * 3_600_000].map(duration)).toEqual([
    "0 s",
    "1 s",
    "59 s",
    "1:01 min",
    "59:59 min",
    "1:01 h",
    "47:00 h",
    "2 d 2 h",
  ]);
});
