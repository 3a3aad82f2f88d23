/** `npm run bench`: runs the scenarios one after another and prints one table. It reports what was measured, also what falls short. */
import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { LinkupError } from "@linkup-queue/contracts";
import { HELP, parseArguments, type ScenarioName } from "./arguments.ts";
import { printTable } from "./measure/print-table.ts";
import type { Row } from "./measure/row.ts";
import { FULL, SCALED } from "./measure/scale.ts";
import { badDays } from "./scenarios/bad-days.ts";
import { board } from "./scenarios/board.ts";
import { campaignBudget } from "./scenarios/campaign-budget.ts";
import { campaignCrash } from "./scenarios/campaign-crash.ts";
import { campaignFairness } from "./scenarios/campaign-fairness.ts";
import { campaignSend } from "./scenarios/campaign-send.ts";
import { campaigns } from "./scenarios/campaigns.ts";
import { chaos } from "./scenarios/chaos.ts";
import { consoleScenario } from "./scenarios/console.ts";
import { crash } from "./scenarios/crash.ts";
import { credits } from "./scenarios/credits.ts";
import { door } from "./scenarios/door.ts";
import { growth } from "./scenarios/growth.ts";
import { lanes } from "./scenarios/lanes.ts";
import { machinery } from "./scenarios/machinery.ts";
import { peers } from "./scenarios/peers.ts";
import { rules } from "./scenarios/rules.ts";
import type { Scenario } from "./scenarios/scenario.ts";
import { soak } from "./scenarios/soak.ts";
import { urgent } from "./scenarios/urgent.ts";
import { window } from "./scenarios/window.ts";

const SCENARIOS: Record<ScenarioName, Scenario> = {
  window,
  urgent,
  credits,
  crash,
  lanes,
  machinery,
  door,
  campaigns,
  board,
  console: consoleScenario,
  rules,
  growth,
  "campaign-send": campaignSend,
  "campaign-fairness": campaignFairness,
  "campaign-crash": campaignCrash,
  "campaign-budget": campaignBudget,
  "bad-days": badDays,
  peers,
  chaos,
  soak,
};

async function main(words: readonly string[]): Promise<void> {
  const { help, full, only, json, record, troubles, forMs } = parseArguments(words);
  if (help) {
    process.stdout.write(HELP);
    return;
  }
  const scale = full ? FULL : SCALED;
  const startedMs = performance.now();
  const rows: Row[] = [];
  for (const name of only) {
    const say = (text: string): void => {
      const seconds = Math.round((performance.now() - startedMs) / 1000);
      process.stderr.write(`${String(seconds).padStart(5)} s  ${name}: ${text}\n`);
    };
    const print = (table: string): void => void process.stdout.write(`${table}\n`);
    for (const row of await SCENARIOS[name]({ scale, say, print, record, troubles, forMs })) rows.push(row);
  }
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  process.stdout.write(`${printTable(rows)}\n`);
  process.stdout.write(`${scale.limit} requests in ${scale.windowMs / 1000} s; ${cpus().length} cores; ${seconds} s in all\n`);
  if (json !== null) await writeFile(json, `${JSON.stringify({ at: new Date().toISOString(), full, seconds, rows }, null, 2)}\n`);
}

try {
  await main(process.argv.slice(2));
} catch (thrown) {
  const failure = LinkupError.from(thrown);
  process.stderr.write(`${failure.message}\n`);
  if (failure.code === "internal_error") process.stderr.write(`${thrown instanceof Error ? thrown.stack : String(thrown)}\n`);
  process.exitCode = 1;
}
