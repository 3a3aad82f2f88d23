/** The command line of `npm run fuzz`. Pure: it reads no environment and starts nothing. */
import { parseArgs } from "node:util";
import { LinkupError } from "@linkup-queue/contracts";

export type FuzzArguments = {
  help: boolean;
  /** How long schedules are run, ms. */
  forMs: number;
  /** The seed of the first. */
  from: number;
  /** Replays this one alone, and shrinks it where it breaks a promise. */
  seed: number | null;
  /** Runs the mutations instead. */
  mutations: boolean;
  /** Of the mutations, these alone. */
  only: string[] | null;
};

export const HELP = `npm run fuzz -- [options]

Simulates the system: the real scripts on a real Redis, the real decision code, a virtual clock, and a scheduler that kills, freezes and cuts
workers and fails Redis over, between any two steps. Each seed is one schedule. A schedule that breaks a promise is made smaller and printed
step by step, and the command ends with 1.

  --for TIME       run schedules for this long: 90s, 30m, 2h (default: 1m)
  --from SEED      the first seed (default: 1)
  --seed SEED      replay the schedule of this seed, step by step
  --mutations      break the engine in every way of docs/proof.md, one by one, and show that each is caught
  --only NAMES     of the mutations these, separated by commas
  --help           print this
`;

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** Reads the words after the program's name. Throws LinkupError `configuration_invalid` that names what is wrong. */
export function parseArguments(words: readonly string[]): FuzzArguments {
  const values = read(words);
  const [, number, unit = ""] = /^(\d+)([smh])$/.exec(values.for ?? "1m") ?? [];
  if (number === undefined) throw wrong(`--for is a number with s, m or h, as 30m, not ${values.for}`);
  return {
    help: values.help ?? false,
    forMs: Number(number) * (UNITS[unit] ?? 0),
    from: seedOf("--from", values.from) ?? 1,
    seed: seedOf("--seed", values.seed),
    mutations: values.mutations ?? false,
    only: values.only?.split(",").map((name) => name.trim()) ?? null,
  };
}

function seedOf(option: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw wrong(`${option} is a whole number, not ${text}`);
}

function wrong(reason: string): LinkupError {
  return new LinkupError("configuration_invalid", `${reason}. See npm run fuzz -- --help`);
}

function read(words: readonly string[]) {
  try {
    const text = { type: "string" } as const;
    const flag = { type: "boolean" } as const;
    return parseArgs({ args: [...words], options: { for: text, from: text, seed: text, mutations: flag, only: text, help: flag } }).values;
  } catch (thrown) {
    throw wrong(thrown instanceof Error ? thrown.message : String(thrown));
  }
}
