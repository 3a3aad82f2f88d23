/** Moments at a terminal, in zones with half hours and over a change of clocks. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { inZone } from "./local-times.ts";
import { type Paint, printReport } from "./print-report.ts";
import type { Report } from "./report.ts";

const plain: Paint = (text) => text;
const report = (...moments: (string | null)[]): Report => ({
  json: { at: moments },
  sections: [{ kind: "facts", rows: moments.map((moment, at) => [`m${at}`, moment] as const) }],
});
const shown = (zone: string, ...moments: (string | null)[]) => printReport(inZone(report(...moments), zone), "terminal", plain).split("\n");

test.each([
  ["Asia/Kolkata", "Asia/Calcutta"],
  ["no zone", "UTC"],
])("the reader's zone with TZ=%s is one that is known", async (TZ, also) => {
  const file = join(import.meta.dirname, "local-times.ts");
  const code = `console.log((await import(${JSON.stringify(file)})).readersZone())`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", code], { env: { TZ } });
  expect([TZ, also]).toContain(stdout.trim());
});

describe("at a terminal", () => {
  test.each([
    ["Asia/Kolkata", "2026-11-30T18:45:09.123Z", "2026-12-01 00:15:09", "+05:30"],
    ["Asia/Kathmandu", "2026-11-30T18:45:09Z", "2026-12-01 00:30:09", "+05:45"],
    ["America/St_Johns", "2026-12-01T01:15:00.000Z", "2026-11-30 21:45:00", "-03:30"],
    ["Australia/Lord_Howe", "2026-06-30T13:30:00.000Z", "2026-07-01 00:00:00", "+10:30"],
    ["America/New_York", "2026-03-01T05:00:00.000Z", "2026-03-01 00:00:00", "-05:00"],
  ])("in %s %s is %s, and the zone is said once", (...[zone, moment, local, offset]) => {
    expect(shown(zone, moment, null, moment)).toEqual([
      `m0  ${local}`,
      "m1  ",
      `m2  ${local}`,
      `Times are those of ${zone}, UTC${offset}.`,
      "",
    ]);
  });

  test.each([
    ["Europe/Amsterdam", "2026-10-25T00:30:00.000Z", "2026-10-25T01:30:00.000Z", "2026-10-25 02:30:00", "+02:00", "+01:00"],
    ["Europe/London", "2026-10-25T00:30:00.000Z", "2026-10-25T01:30:00.000Z", "2026-10-25 01:30:00", "+01:00", "+00:00"],
    ["Australia/Lord_Howe", "2026-04-04T14:45:00.000Z", "2026-04-04T15:15:00.000Z", "2026-04-05 01:45:00", "+11:00", "+10:30"],
  ])("in %s two moments that the clocks show alike are told apart", (...[zone, before, after, local, first, second]) => {
    expect(shown(zone, before, after)).toEqual([
      `m0  ${local} ${first}`,
      `m1  ${local} ${second}`,
      `Times are those of ${zone}, with their distance from UTC.`,
      "",
    ]);
  });

  test("in UTC nothing is changed, nor where there is no moment", () => {
    expect(shown("UTC", "2026-11-30T18:45:09.123Z")).toEqual(["m0  2026-11-30T18:45:09.123Z", ""]);
    expect(shown("Asia/Kolkata", "no moment", null)).toEqual(["m0  no moment", "m1  ", ""]);
  });

  test("a moment inside of a text that others may have written stays as it is; tables and their colours are as they were", () => {
    const text = "Shall we say 2026-11-30T18:45:09.123Z?";
    const table: Report = {
      json: null,
      sections: [{ kind: "table", head: ["at", "text"], rows: [[{ text: "2026-11-30T18:45:09.123Z", tone: "warn" }, text]] }],
    };
    const seen = printReport(inZone(table, "Asia/Kolkata"), "terminal", (one, tone) => `<${tone}>${one}</>`);
    expect(seen).toContain("<warn>2026-12-01 00:15:09</>");
    expect(seen).toContain(text);
  });
});
