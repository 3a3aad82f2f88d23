/** The `linkup` command: reads the settings file into the environment, runs one command, ends with its exit status. */
import { enableCompileCache } from "node:module";
import { join, resolve } from "node:path";

// Nearly half of a short command's time is compiling. The cache lies in the project: nobody else can put code into it.
enableCompileCache(join(import.meta.dirname, "../../../.local/compile-cache"));
const { runCommandLine } = await import("./run-command-line.ts");
const { readersZone } = await import("./terminal/local-times.ts");
const { V1_PRICES } = await import("@linkup-queue/linkup/prices");

// Whoever reads may have seen enough, as head has: what was asked for is still done.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

process.exitCode = await runCommandLine(process.argv.slice(2), {
  environment: () => process.env,
  prices: V1_PRICES,
  // npm runs a script in the project's folder and says here where the person was.
  folder: process.env["INIT_CWD"] ?? process.cwd(),
  settingsFile: resolve(".env"),
  timeZone: readersZone(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
});
