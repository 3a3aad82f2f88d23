/** `linkup doctor`: says what is well, what is not, and what to do. Its exit status is the worst of what it found. */
import { type Finding, type Level, worstOf } from "@linkup-queue/queue";
import type { Command } from "commander";
import { examine } from "../doctor/examine.ts";
import { addCommand, reporting } from "../terminal/command.ts";
import type { ConsoleIo } from "../terminal/console-io.ts";
import { EXIT } from "../terminal/exit-codes.ts";
import type { Report, Section, Tone } from "../terminal/report.ts";

const SHOWN: Readonly<Record<Level, { word: string; tone: Tone; exitCode: number }>> = {
  ok: { word: "ok", tone: "good", exitCode: EXIT.done.code },
  warn: { word: "warn", tone: "warn", exitCode: EXIT.warnings.code },
  fail: { word: "FAIL", tone: "bad", exitCode: EXIT.failures.code },
};

/** The report of `linkup doctor`. */
export function doctorReport(findings: readonly Finding[]): Report {
  const worst = worstOf(findings);
  const count = (level: Level) => findings.filter((finding) => finding.level === level).length;
  const width = findings.reduce((most, { check }) => Math.max(most, check.length), 0);
  const lines = findings.flatMap((finding): Section[] => {
    const { word, tone } = SHOWN[finding.level];
    const found: Section = { kind: "line", text: `${word.padEnd(4)}  ${finding.check.padEnd(width)}  ${finding.found}`, tone };
    return finding.remedy === "" ? [found] : [found, { kind: "line", text: `      -> ${finding.remedy}` }];
  });
  const summary = `${count("ok")} ok, ${count("warn")} to look at, ${count("fail")} broken`;
  return {
    json: { worst, counts: { ok: count("ok"), warn: count("warn"), fail: count("fail") }, findings },
    sections: [...lines, { kind: "line", text: summary, tone: SHOWN[worst].tone }],
    exitCode: SHOWN[worst].exitCode,
  };
}

/** Adds `linkup doctor`. */
export function addDoctorCommand(program: Command, io: ConsoleIo): void {
  addCommand(program, "doctor", {
    summary: "Look whether everything is in its place, and say what to do",
    details:
      "Looks at the settings, Redis (version, persistence, eviction, memory, clock), the provider's address, the key, the day's credits, brakes, workers, queues, calls, outcomes, accounts, campaigns, writes of unknown effect, schedules, webhooks and the archive. It changes nothing and makes no call.",
    examples: [
      ["doctor", "one line for each check, and what to do"],
      ["doctor --json", "the same, for a monitor; the exit status tells the worst"],
    ],
  }).action(reporting(io, async () => doctorReport(await examine(io))));
}
