/** docs/cli.md, from the commands themselves: what the page says is what --help says. */
import { PassThrough } from "node:stream";
import { V1_PRICES } from "@linkup-queue/linkup/prices";
import type { Command } from "commander";
import { createProgram } from "./program.ts";
import type { ConsoleIo } from "./terminal/console-io.ts";
import { EXIT } from "./terminal/exit-codes.ts";

const WIDTH = 110;

/** A world in which nothing is run. */
function nowhere(): ConsoleIo {
  const stream = () => new PassThrough();
  const streams = { stdin: stream(), stdout: stream(), stderr: stream() };
  return { environment: () => ({}), prices: V1_PRICES, folder: ".", settingsFile: ".env", timeZone: "UTC", ...streams };
}

function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
    getOutHelpWidth: () => WIDTH,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text.trimEnd();
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

/** Every command that does something, in the order of the help. */
export function leafCommands(command: Command = createProgram(nowhere())): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap((child) => leafCommands(child));
}

/** The words of each such command, without `linkup`. */
export function leafPaths(): string[] {
  return leafCommands().map((command) => pathOf(command).replace(/^linkup /, ""));
}

/** The whole page. */
export function referencePage(): string {
  const commands = leafCommands().map((command) => `## \`${pathOf(command)}\`\n\n\`\`\`text\n${helpOf(command)}\n\`\`\``);
  const codes = Object.values(EXIT).map(({ code, meaning }) => `| ${code} | ${meaning} |`);
  return `# The command line

Written by \`npm run docs\` from the commands; a test fails while it is stale.

\`npm run linkup -- <command>\` in the project, with Node 24 also \`node apps/cli/src/main.ts <command>\`. For programs: \`npm run --silent linkup -- <command> --json\`.

It works on Redis directly, with the settings of [settings.md](settings.md) from the environment and from \`.env\` in the current folder (or \`--settings <path>\`); what the
environment has wins. It needs neither the API key nor the api's tokens, and can't make a call. \`linkup init\` writes an explained \`.env\`.

At a terminal it prints tables and colours (\`NO_COLOR=1\` turns colours off), in a pipe plain lines with tabs between the columns, and with \`--json\` one JSON document on
stdout; an error is then \`{"error": {"code", "message"}}\` on stderr. Passwords, tokens and codes are asked for without showing them, or read from the first line of stdin;
they are never arguments, because everybody on the machine can read those. Moments in a table are those of your clock at a terminal, in the zone of the system or of \`TZ\`, which the last line names;
in a pipe and with \`--json\` they are UTC.

Idempotency keys of the command line are its own: the same key used through the api is another one.

## Exit status

| status | meaning |
| --- | --- |
${codes.join("\n")}

${commands.join("\n\n")}
`;
}
