/** `linkup credits`: what the calls cost, by day, operation, campaign and account, and why some of it was wasted, from the ledger's own counters. */
import { WASTE_WORDS } from "@linkup-queue/contracts";
import type { CreditReport, CreditSums } from "@linkup-queue/queue";
import type { Command } from "commander";
import { withEngine } from "../engine/with-engine.ts";
import { wholeNumber } from "../terminal/arguments.ts";
import { bar } from "../terminal/bar.ts";
import { addCommand, reporting } from "../terminal/command.ts";
import type { ConsoleIo } from "../terminal/console-io.ts";
import type { Cell, Report, Section } from "../terminal/report.ts";

const DEFAULT_DAYS = 7;
const MOST_DAYS = 366;
const BAR_CHARACTERS = 30;
const AMOUNTS = ["charged", "uncertain", "wasted", "redriven"] as const;

function amounts(sums: CreditSums): Cell[] {
  return [sums.charged, sums.uncertain, sums.wasted > 0 ? { text: String(sums.wasted), tone: "warn" } : 0, sums.redriven];
}

function byDay(report: CreditReport): Section {
  const days = report.byDay.toReversed();
  const most = days.reduce((highest, { charged }) => Math.max(highest, charged), 0);
  const rows: Cell[][] = days.map((day) => [day.day, ...amounts(day), { text: bar(day.charged, most, BAR_CHARACTERS), tone: "good" }]);
  rows.push([{ text: "total", tone: "strong" }, ...amounts(report.total), ""]);
  return { kind: "table", title: "By day (UTC)", head: ["day", ...AMOUNTS, "chart"], rows, terminalOnly: ["chart"] };
}

function grouped(title: string, name: string, rows: readonly ({ name: string } & CreditSums)[]): Section[] {
  if (rows.length === 0) return [];
  const sorted = rows.toSorted((one, other) => other.charged - one.charged || one.name.localeCompare(other.name));
  return [{ kind: "table", title, head: [name, ...AMOUNTS], rows: sorted.map((row) => [row.name, ...amounts(row)]) }];
}

function byCause({ byCause }: CreditReport): Section[] {
  if (byCause.length === 0) return [];
  const rows = byCause.map(({ cause, wasted }): Cell[] => [cause, { text: String(wasted), tone: "warn" }, WASTE_WORDS[cause]]);
  return [{ kind: "table", title: "Wasted by cause", head: ["cause", "wasted", "why"], rows }];
}

/** The report of `linkup credits`. */
export function creditsReport(report: CreditReport): Report {
  return {
    json: report,
    sections: [
      byDay(report),
      ...grouped(
        "By operation",
        "operation",
        report.byOperation.map(({ operation, ...sums }) => ({ name: operation, ...sums })),
      ),
      ...grouped(
        "By campaign",
        "campaign",
        report.byCampaign.map(({ campaignId, ...sums }) => ({ name: campaignId, ...sums })),
      ),
      ...grouped(
        "By account",
        "account",
        report.byAccount.map(({ accountId, ...sums }) => ({ name: accountId, ...sums })),
      ),
      ...byCause(report),
    ],
  };
}

/** Adds `linkup credits`. */
export function addCreditsCommand(program: Command, io: ConsoleIo): void {
  addCommand(program, "credits", {
    summary: "What the calls cost, by day, operation, campaign and account, and why some was wasted",
    details:
      "Uncertain: calls that LinkUp may have charged and never answered. Wasted: charged calls of jobs that did not succeed, and calls refused for a dead token. Redriven: the part of the charged that jobs cost which did others again.",
    examples: [
      ["credits", "the last seven days, with a chart at a terminal"],
      ["credits --days 30 --json", "a month, for a program"],
    ],
  })
    .option("--days <days>", "UTC days, today included", wholeNumber(1, MOST_DAYS), DEFAULT_DAYS)
    .action(
      reporting(io, ({ days }: { days: number }) =>
        withEngine(io, async (engine) => {
          const { nowMs } = await engine.keys.read();
          return creditsReport(await engine.credits.read({ days, nowMs }));
        }),
      ),
    );
}
