/** One run of the command line, from its arguments to its exit status. Every error ends here, as a sentence that says what to do. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { LinkupError } from "@linkup-queue/contracts";
import { errorOf } from "@linkup-queue/queue";
import { CommanderError } from "commander";
import { createProgram } from "./program.ts";
import { type ConsoleIo, UsageError } from "./terminal/console-io.ts";
import { EXIT, exitCodeOf } from "./terminal/exit-codes.ts";
import { paintFor } from "./terminal/print-report.ts";

/** Runs `args`; answers the exit status. */
export async function runCommandLine(args: readonly string[], io: ConsoleIo): Promise<number> {
  const known: ConsoleIo = { ...io };
  const program = createProgram(known);
  program.hook("preAction", (_program, command) => {
    const given: unknown = program.opts()["settings"];
    if (typeof given === "string") known.settingsFile = resolve(io.folder, given);
    // It writes the file; no other command goes on without one that was named.
    if (command.name() !== "init") loadSettings(known.settingsFile, typeof given === "string");
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return known.exitCode ?? EXIT.done.code;
  } catch (thrown) {
    return tell(thrown, args.includes("--json"), io);
  }
}

function loadSettings(path: string, named: boolean): void {
  if (existsSync(path)) process.loadEnvFile(path);
  else if (named) throw new LinkupError("not_found", `There is no settings file ${path}`);
}

/** Prints an error and answers the exit status that it means. */
function tell(thrown: unknown, json: boolean, io: ConsoleIo): number {
  if (thrown instanceof CommanderError && thrown.exitCode === 0) return EXIT.done.code;
  // The bare name of a group: its help was printed.
  if (thrown instanceof CommanderError && thrown.code === "commander.help") return EXIT.usage.code;
  const { code, message, exitCode, stack } = explain(thrown);
  const paint = paintFor(io.stderr);
  io.stderr.write(json ? `${JSON.stringify({ error: { code, message } })}\n` : `${paint("error:", "bad")} ${message}\n`);
  if (stack !== undefined) io.stderr.write(`${stack}\n`);
  return exitCode;
}

type Explanation = { code: string; message: string; exitCode: number; stack?: string };

function explain(thrown: unknown): Explanation {
  if (thrown instanceof CommanderError) {
    return { code: "usage", message: withoutValues(thrown), exitCode: EXIT.usage.code };
  }
  if (thrown instanceof UsageError) return { code: "usage", message: thrown.message, exitCode: EXIT.usage.code };
  const error = errorOf(thrown);
  const cause = error.code === "internal_error" && thrown instanceof Error ? thrown.stack : undefined;
  return { code: error.code, message: error.message, exitCode: exitCodeOf(error.code), ...(cause === undefined ? {} : { stack: cause }) };
}

const NO_SECRETS = "Passwords, tokens and codes are never arguments: they are asked for, or read from stdin (see --help)";

/** Commander repeats what it did not expect; that may be a password that someone put on the command line. */
function withoutValues({ code, message }: CommanderError): string {
  const text = message.replace(/^error: /, "");
  if (code === "commander.excessArguments") return `${text.replace(/ but got (\d+):.*$/s, " but got $1.")} ${NO_SECRETS}`;
  if (code !== "commander.unknownOption") return text;
  const [, option = ""] = /^unknown option '(-{1,2}[A-Za-z-]{0,40})/.exec(text) ?? [];
  const suggestion = /\(Did you mean .*\)$/s.exec(text)?.[0] ?? "";
  const said = `unknown option '${option}' ${suggestion}`.trim();
  return /pass|pwd|token|secret|code|key/i.test(option) ? `${said}. ${NO_SECRETS}` : said;
}
