/** The `linkup` command: reads the settings file into the environment, runs one command, ends with its exit status. */
import { resolve } from "node:path";
import { runCommandLine } from "./run-command-line.ts";

// npm runs a script in the project's folder and says here where the person was.
const folder = process.env["INIT_CWD"] ?? process.cwd();
await runCommandLine(process.argv.slice(2), {
  environment: () => process.env,
  folder,
  settingsFile: resolve(".env"),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
});
