/** The whole command line, put together. Nothing runs here. */
import { Command } from "commander";
import manifest from "../package.json" with { type: "json" };
import { addAccountCommands } from "./commands/account.ts";
import { addBoardCommand } from "./commands/board.ts";
import { addCampaignCommands } from "./commands/campaign.ts";
import { addCompletionCommand } from "./commands/completion.ts";
import { addCreditsCommand } from "./commands/credits.ts";
import { addDevCommand } from "./commands/dev.ts";
import { addDoctorCommand } from "./commands/doctor.ts";
import { addEnqueueCommand } from "./commands/enqueue.ts";
import { addForgetCommand } from "./commands/forget.ts";
import { addInitCommand } from "./commands/init.ts";
import { addJobCommands } from "./commands/job.ts";
import { addKeyCommands } from "./commands/key.ts";
import { addOutcomesCommand } from "./commands/outcomes.ts";
import { addPersonCommands } from "./commands/person.ts";
import { addRestoreCommand } from "./commands/restore.ts";
import { addScheduleCommands } from "./commands/schedule.ts";
import { addSuppressionCommands } from "./commands/suppressions.ts";
import { addWebhookCommands } from "./commands/webhook.ts";
import type { ConsoleIo } from "./terminal/console-io.ts";
import { EXIT } from "./terminal/exit-codes.ts";

/** The words of a command, without those of the program. */
function wordsOf(command: Command): string {
  const { parent } = command;
  return parent === null || parent.parent === null ? command.name() : `${wordsOf(parent)} ${command.name()}`;
}

/** The program, ready to parse. Help and errors are the caller's to print. */
export function createProgram(io: ConsoleIo): Command {
  const program = new Command("linkup");
  program
    .description("Jobs for LinkedIn accounts through LinkUp: hand them over, watch them, and see that all is well.")
    .option("--settings <path>", "settings file (default: .env in the current folder, where there is one)")
    .version(manifest.version, "--version", "print the version")
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: () => undefined,
    });
  program.hook("preAction", (_program, action) => {
    io.command = wordsOf(action);
    const [first] = action.args;
    // The first argument of these is an id of ours; of others it may be a file, or about a person.
    if (first !== undefined && /^(account|campaign|job|schedule|webhook|key) /.test(io.command)) io.target = first;
  });
  const codes = Object.values(EXIT).map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`);
  program.addHelpText("after", `\nExit status:\n${codes.join("\n")}`);
  addAccountCommands(program, io);
  addEnqueueCommand(program, io);
  addJobCommands(program, io);
  addCampaignCommands(program, io);
  addScheduleCommands(program, io);
  addSuppressionCommands(program, io);
  addPersonCommands(program, io);
  addOutcomesCommand(program, io);
  addWebhookCommands(program, io);
  addForgetCommand(program, io);
  addKeyCommands(program, io);
  addRestoreCommand(program, io);
  addCreditsCommand(program, io);
  addBoardCommand(program, io);
  addInitCommand(program, io);
  addDoctorCommand(program, io);
  addDevCommand(program, io);
  addCompletionCommand(program, io);
  return program;
}
