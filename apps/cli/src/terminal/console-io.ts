/** The world of one run of the command line: where it reads, where it writes, which folder names begin at. Handed in by main. */
import type { Environment, PriceTable } from "@linkup-queue/contracts";

export type Input = NodeJS.ReadableStream & { isTTY?: boolean; setRawMode?: (raw: boolean) => unknown };
export type Output = NodeJS.WritableStream & { isTTY?: boolean; columns?: number };

export type ConsoleIo = {
  /** The environment, with the settings file read into it. */
  environment: () => Environment;
  /** The prices of calls at the provider that the workers use. */
  prices: PriceTable;
  /** Where relative names of files begin. */
  folder: string;
  /** Of whoever reads at a terminal, as `Europe/Amsterdam`. */
  timeZone: string;
  /** The settings file in force, whether it exists or not. */
  settingsFile: string;
  stdin: Input;
  stdout: Output;
  stderr: Output;
  /** The command that runs, without the word `linkup`, and the id that it is about: for the audit list. */
  command?: string;
  target?: string;
  /** The choice that its options made, where that is the point of it; for the audit list, too. */
  choice?: string;
  /** The exit status, set by the command at its end; done when left out. */
  exitCode?: number;
};

/** A mistake in the command line that commander can't see. Exit status 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
