/** The one table at the end: what came of the jobs, and the same figures as the sandbox counted them. Pure text. */
import type { Outcome } from "@linkup-queue/contracts";
import Table from "cli-table3";
import { inSeconds } from "./in-seconds.ts";
import { distinctOutcomes, type Facts } from "./judge.ts";

export type Timing = { tookMs: number; windowMs: number };

const NONE = "-";
const MOST_REFUSED = 6;

type Row = [what: string, ours: string, theirs: string];

/** The table. No colours: it must read the same in a pipe. */
export function reportTable(facts: Facts, timing: Timing): string {
  const outcomes = distinctOutcomes(facts.deliveries);
  const { ledger, witness, rateLimit } = facts;
  const rows: Row[] = [
    ["outcomes", `${outcomes.length} of ${facts.accepted.length}`, NONE],
    ...byStatus(outcomes),
    ["calls for jobs", String(outcomes.reduce((sum, { calls }) => sum + calls, 0)), String(witness.jobCalls)],
    ["log-ins and codes", NONE, String(witness.authCalls)],
    ["answers 500, all free", NONE, String(witness.answered500)],
    ["credits charged", String(ledger.total.charged), String(witness.charged)],
    ["  of these wasted", String(ledger.total.wasted), String(witness.wasted)],
    ["credits uncertain", String(ledger.total.uncertain), String(witness.uncertain)],
    [`most requests in any ${inSeconds(timing.windowMs)}`, `limit ${rateLimit}`, `${witness.maxInWindow} of ${rateLimit}`],
    ["requests refused with 429", NONE, String(witness.refused429)],
    ["sends that happened twice", NONE, String(witness.repeated)],
    ["time", inSeconds(Math.round(timing.tookMs / 100) * 100), NONE],
  ];
  const table = new Table({
    head: ["", "our ledger", "sandbox's meter"],
    colAligns: ["left", "right", "right"],
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) table.push(row);
  return table.toString();
}

function byStatus(outcomes: readonly Outcome[]): Row[] {
  const groups = Map.groupBy(outcomes, ({ status, code }) => (code === null ? status : `${status}: ${code}`));
  return [...groups]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([what, those]) => {
      const charged = those.reduce((sum, { credits }) => sum + credits.charged, 0);
      return [`  ${what}`, `${those.length} (${charged} credits)`, NONE];
    });
}

/** Problems of jobs that were refused before any call: free, and in words. */
export function refusedLines(deliveries: readonly Outcome[]): string[] {
  const refused = distinctOutcomes(deliveries).filter(({ code, calls }) => code === "invalid_input" && calls === 0);
  if (refused.length === 0) return [];
  const lines = refused.slice(0, MOST_REFUSED).map(({ recipientId, jobId, message }) => `  ${recipientId ?? jobId}: ${message}`);
  const more = refused.length > MOST_REFUSED ? [`  and ${refused.length - MOST_REFUSED} more`] : [];
  return [`Refused before any call, free of charge (${refused.length}):`, ...lines, ...more];
}
