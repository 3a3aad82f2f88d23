/** The demo's command line: what it takes, its bounds and its help. Nothing is started here. */
import { parseArgs } from "node:util";
import { LinkupError } from "@linkup-queue/contracts";

export type DemoOptions = {
  jobs: number;
  accounts: number;
  /** Share of calls that the sandbox answers with 500, 0 to 0.5. */
  errors: number;
  rateLimit: number;
  windowMs: number;
  keep: boolean;
};

export const HELP = `npm run demo -- [options]

Runs mixed jobs against the sandbox, a LinkUp simulator on this machine, and compares our ledger with the sandbox's own count.
Nothing leaves this machine. Exit status: 0 when every promise held, 1 when one broke, 2 for wrong options, 130 after Ctrl-C.

  --jobs N         jobs to run; the recipients file is repeated with other people when it is too short (120)
  --accounts N     LinkedIn accounts; the second is asked for a code, the third one's token dies in mid-run (3)
  --errors SHARE   share of calls that are answered 500, from 0 to 0.5 (0.2)
  --rate-limit N   requests allowed in any window (300)
  --window-ms N    length of that window in milliseconds (60000)
  --keep           leave everything running at the end and print the addresses; Ctrl-C stops it
  --help           this text
`;

type Bounds = { min: number; max: number; whole: boolean };

const NUMBERS = {
  jobs: { min: 1, max: 100_000, whole: true },
  accounts: { min: 1, max: 200, whole: true },
  errors: { min: 0, max: 0.5, whole: false },
  "rate-limit": { min: 1, max: 100_000, whole: true },
  "window-ms": { min: 100, max: 3_600_000, whole: true },
} as const satisfies Record<string, Bounds>;

const DEFAULTS = { jobs: 120, accounts: 3, errors: 0.2, "rate-limit": 300, "window-ms": 60_000 } as const;

function numberOf(name: keyof typeof NUMBERS, text: string | undefined): number {
  if (text === undefined) return DEFAULTS[name];
  const { min, max, whole } = NUMBERS[name];
  const value = /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
  throw new LinkupError("invalid_input", `--${name} must be a ${whole ? "whole " : ""}number from ${min} to ${max}`);
}

/** The options, or `help` when they were asked for. Throws LinkupError `invalid_input` that names the option. */
export function readOptions(args: readonly string[]): DemoOptions | "help" {
  const text = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  const options = { jobs: text, accounts: text, errors: text, "rate-limit": text, "window-ms": text, keep: flag, help: flag };
  try {
    const { values } = parseArgs({ args: [...args], options, strict: true });
    if (values.help) return "help";
    return {
      jobs: numberOf("jobs", values.jobs),
      accounts: numberOf("accounts", values.accounts),
      errors: numberOf("errors", values.errors),
      rateLimit: numberOf("rate-limit", values["rate-limit"]),
      windowMs: numberOf("window-ms", values["window-ms"]),
      keep: values.keep,
    };
  } catch (error) {
    // The error of `parseArgs` names the option that it does not know.
    throw error instanceof TypeError ? new LinkupError("invalid_input", error.message) : error;
  }
}
