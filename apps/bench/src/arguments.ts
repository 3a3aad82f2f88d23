/** The bench's command line. Pure: it reads no environment and starts nothing. */
import { parseArgs } from "node:util";
import { LinkupError } from "@linkup-queue/contracts";

export const SCENARIO_NAMES = [
  "window",
  "urgent",
  "credits",
  "crash",
  "lanes",
  "machinery",
  "door",
  "campaigns",
  "board",
  "campaign-send",
  "campaign-fairness",
  "campaign-crash",
  "campaign-budget",
  "bad-days",
] as const;
export type ScenarioName = (typeof SCENARIO_NAMES)[number];

export type BenchArguments = {
  help: boolean;
  /** 300 requests in 60 s in place of 60 in 6 s, and all recipients and jobs in place of a fifth or a tenth. */
  full: boolean;
  /** In the order of the table. */
  only: ScenarioName[];
  /** Where the rows are written as JSON too; null for nowhere. */
  json: string | null;
};

export const HELP = `npm run bench -- [options]

Measures linkup-queue beside plain BullMQ doing the same work, and prints one table. Both run in the same run, against the sandbox,
each with a Redis of its own that keeps every write. Campaigns are measured without a peer where plain BullMQ has nothing like them.
Takes about a quarter of an hour.

  --only NAMES   only these, separated by commas: ${SCENARIO_NAMES.join(", ")}
  --full         full size: 300 requests in 60 s (default: 60 in 6 s), batches of 200,000 lines, campaigns of
                 1,000,000 recipients, 100,000 of one sent to the end, a board over 1,000,000 jobs; takes more than an hour
  --json FILE    write the rows to FILE as well
  --help         print this
`;

function isScenarioName(name: string): name is ScenarioName {
  return SCENARIO_NAMES.some((known) => known === name);
}

/** Reads the words after the program's name. Throws LinkupError `configuration_invalid` that names what is wrong. */
export function parseArguments(words: readonly string[]): BenchArguments {
  const values = read(words);
  const names = values.only?.split(",").map((name) => name.trim()) ?? [...SCENARIO_NAMES];
  const wrong = names.find((name) => !isScenarioName(name));
  if (wrong !== undefined) {
    throw new LinkupError("configuration_invalid", `--only knows no "${wrong}"; there are ${SCENARIO_NAMES.join(", ")}`);
  }
  return {
    help: values.help ?? false,
    full: values.full ?? false,
    only: SCENARIO_NAMES.filter((name) => names.includes(name)),
    json: values.json ?? null,
  };
}

function read(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: { help: { type: "boolean" }, full: { type: "boolean" }, only: { type: "string" }, json: { type: "string" } },
    }).values;
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new LinkupError("configuration_invalid", `${reason}. See npm run bench -- --help`);
  }
}
