/** How every command is made: its --json, its examples, and the one way from its report to the output. */
import { Command } from "commander";
import type { ConsoleIo } from "./console-io.ts";
import { EXIT } from "./exit-codes.ts";
import { inZone } from "./local-times.ts";
import { paintFor, printReport } from "./print-report.ts";
import type { Report } from "./report.ts";

/** A command line without the word `linkup`, and what it does. */
export type Example = readonly [line: string, does: string];

export type CommandText = { summary: string; details?: string; examples: readonly Example[] };

/** Adds a command that does something.  */
export function addCommand(parent: Command, name: string, { summary, details, examples }: CommandText): Command {
  const command = parent.command(name).summary(summary);
  command.description(details === undefined ? `${summary}.` : `${summary}. ${details}`);
  command.option("--json", "print one JSON document, for programs");
  const width = examples.reduce((most, [line]) => Math.max(most, line.length), 0);
  command.addHelpText(
    "after",
    `\nExamples:\n${examples.map(([line, does]) => `  linkup ${line.padEnd(width)}  # ${does}`.trimEnd()).join("\n")}`,
  );
  return command;
}

/** Adds a command that only holds others. */
export function addGroup(parent: Command, name: string, summary: string): Command {
  return parent.command(name).summary(summary).description(`${summary}.`);
}

/**
 * The end of a command: runs it, prints its report in the form that was asked for, keeps its exit status. Null from one that has filled
 * stdout itself, with what is too much for a report.
 */
export function reporting<Args extends unknown[]>(io: ConsoleIo, run: (...args: Args) => Promise<Report | null>) {
  return async (...args: [...Args, ...unknown[]]): Promise<void> => {
    const command = args.find((arg) => arg instanceof Command);
    const report = await run(...(args as unknown as Args));
    if (report === null) return;
    const form = command?.opts()["json"] === true ? "json" : io.stdout.isTTY === true ? "terminal" : "plain";
    const told = form === "terminal" ? inZone(report, io.timeZone) : report;
    io.stdout.write(printReport(told, form, paintFor(io.stdout)));
    io.exitCode = report.exitCode ?? EXIT.done.code;
  };
}
