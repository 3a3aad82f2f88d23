/** `linkup outcomes`: kept outcomes in the order they came, as lines of JSON for programs. */
import { resolve } from "node:path";
import { type AccountId, OUTCOME_STATUSES, type OutcomeStatus } from "@linkup-queue/contracts";
import type { Engine } from "@linkup-queue/queue";
import { type Command, Option } from "commander";
import { writeToFile, writeToStdout } from "../campaign/write-results.ts";
import { withEngine } from "../engine/with-engine.ts";
import { accountId } from "../terminal/arguments.ts";
import { addCommand, reporting } from "../terminal/command.ts";
import type { ConsoleIo } from "../terminal/console-io.ts";
import { type Report, sentence } from "../terminal/report.ts";

type OutcomesOptions = { status?: OutcomeStatus; account?: AccountId; campaign?: string; operation?: string; out?: string };

const PAGE = 500;

async function* lines(engine: Engine, options: OutcomesOptions, onOutcome: () => void): AsyncGenerator<string> {
  const { status, account: accountId, campaign: campaignId, operation } = options;
  const wanted = Object.entries({ status, accountId, campaignId, operation }).filter(([, value]) => value !== undefined);
  const filter = Object.fromEntries(wanted) as Parameters<Engine["outcomes"]["read"]>[0];
  for (let after: Parameters<Engine["outcomes"]["read"]>[1]["after"]; ; ) {
    const { outcomes, place, more } = await engine.outcomes.read(filter, { after, limit: PAGE });
    for (const outcome of outcomes) {
      onOutcome();
      yield `${JSON.stringify(outcome)}\n`;
    }
    if (!more) return;
    after = place;
  }
}

async function write(io: ConsoleIo, engine: Engine, options: OutcomesOptions): Promise<Report | null> {
  let written = 0;
  const text = lines(engine, options, () => {
    written += 1;
  });
  if (options.out === undefined) {
    await writeToStdout(io, text);
    return null;
  }
  await writeToFile(resolve(io.folder, options.out), text);
  return sentence(`${written} outcomes are in ${options.out}.`, { outcomes: written, path: options.out });
}

/** Adds `linkup outcomes`. */
export function addOutcomesCommand(program: Command, io: ConsoleIo): void {
  addCommand(program, "outcomes", {
    summary: "Write kept outcomes, the oldest first, as lines of JSON",
    details:
      "Outcomes are kept for LINKUP_OUTCOME_DAYS. One that somebody gave a word on is told twice: key on outcomeId, the later line is the newer. GET /v1/outcomes follows them.",
    examples: [
      ["outcomes --status failed", "those that failed, on stdout"],
      ["outcomes --campaign spring --out spring.ndjson", "of one campaign, into a file"],
    ],
  })
    .addOption(new Option("--status <status>", "of this status alone").choices(OUTCOME_STATUSES))
    .option("--account <id>", "of this account alone", accountId)
    .option("--campaign <id>", "of this campaign alone")
    .option("--operation <name>", "of this operation alone")
    .option("--out <file>", "a file (default: stdout)")
    .action(reporting(io, (options: OutcomesOptions) => withEngine(io, (engine) => write(io, engine, options))));
}
