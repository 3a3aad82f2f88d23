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
  "console",
  "rules",
  "growth",
  "campaign-send",
  "campaign-fairness",
  "campaign-crash",
  "campaign-budget",
  "bad-days",
  "peers",
  "chaos",
  "soak",
] as const;
export type ScenarioName = (typeof SCENARIO_NAMES)[number];

/** Run only where they are named: minutes in which nothing else may be measured. */
const ONLY_BY_NAME: readonly ScenarioName[] = ["growth", "chaos", "soak"];
const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

export type BenchArguments = {
  help: boolean;
  /** 300 requests in 60 s in place of 60 in 6 s, and all recipients and jobs in place of a fifth or a tenth. */
  full: boolean;
  /** In the order of the table. */
  only: ScenarioName[];
  /** Where the rows are written as JSON too; null for nowhere. */
  json: string | null;
  /** Whether chaos adds its runs to those of docs/proof-under-fire.md, and growth draws its pictures. */
  record: boolean;
  /** chaos runs the troubles whose names hold any of these words; empty: all. */
  troubles: readonly string[];
  /** How long the soak lasts, ms; null: as long as it does by itself. */
  forMs: number | null;
};

export const HELP = `npm run bench -- [options]

Measures linkup-queue beside plain BullMQ doing the same work, and prints one table; "peers" and "urgent" also beside BullMQ as a competent
user sets it up by hand, and "peers" beside p-throttle and Bottleneck. All run in the same run, against the sandbox,
each with a Redis of its own that keeps every write. Campaigns are measured without a peer where plain BullMQ has nothing like them.
Takes about a quarter of an hour. growth (what a job costs as one thing grows), chaos (Redis and the network in trouble) and soak (memory over
time) are run where they are named.

  --only NAMES   only these, separated by commas: ${SCENARIO_NAMES.join(", ")}
  --full         full size: 300 requests in 60 s (default: 60 in 6 s), batches of 200,000 lines, campaigns of
                 1,000,000 recipients, 100,000 of one sent to the end, a board and a console over 1,000,000 jobs;
                 takes more than an hour
  --json FILE    write the rows to FILE as well
  --record       chaos: add the runs to docs/proof/chaos.ndjson, from which npm run docs writes docs/proof-under-fire.md;
                 growth: draw the curves into docs/images
  --trouble WORDS  chaos: only the troubles whose names hold these words, or others behind a comma: "FLUSHALL,older AOF"
  --for TIME     soak: how long, as 90s, 10m or 1h (default: 2m)
  --help         print this
`;

function isScenarioName(name: string): name is ScenarioName {
  return SCENARIO_NAMES.some((known) => known === name);
}

/** Reads the words after the program's name. Throws LinkupError `configuration_invalid` that names what is wrong. */
export function parseArguments(words: readonly string[]): BenchArguments {
  const values = read(words);
  const names = values.only?.split(",").map((name) => name.trim()) ?? SCENARIO_NAMES.filter((name) => !ONLY_BY_NAME.includes(name));
  const wrong = names.find((name) => !isScenarioName(name));
  if (wrong !== undefined) {
    throw new LinkupError("configuration_invalid", `--only knows no "${wrong}"; there are ${SCENARIO_NAMES.join(", ")}`);
  }
  return {
    help: values.help ?? false,
    full: values.full ?? false,
    only: SCENARIO_NAMES.filter((name) => names.includes(name)),
    json: values.json ?? null,
    record: values.record ?? false,
    troubles: values.trouble?.split(",").map((words) => words.trim()) ?? [],
    forMs: values.for === undefined ? null : durationOf(values.for),
  };
}

function durationOf(text: string): number {
  const [, count, unit = ""] = /^(\d+)([smh])$/.exec(text) ?? [];
  const unitMs = UNIT_MS[unit];
  if (unitMs !== undefined && Number(count) > 0) return Number(count) * unitMs;
  throw new LinkupError("configuration_invalid", `--for takes a time as 90s, 10m or 1h, not "${text}"`);
}

function read(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        help: { type: "boolean" },
        full: { type: "boolean" },
        only: { type: "string" },
        json: { type: "string" },
        record: { type: "boolean" },
        trouble: { type: "string" },
        for: { type: "string" },
      },
    }).values;
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new LinkupError("configuration_invalid", `${reason}. See npm run bench -- --help`);
  }
}
