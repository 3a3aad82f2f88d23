/** `npm run demo`: options, run, exit status. Ctrl-C stops everything in order; a second one at once. */
import { LinkupError } from "@linkup-queue/contracts";
import { openProgress } from "./progress.ts";
import { HELP, readOptions } from "./read-options.ts";
import { runDemo } from "./run-demo.ts";

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    // Every process that was started dies with this one.
    if (stop.signal.aborted) process.exit(130);
    stop.abort(new LinkupError("cancelled", "Stopped by hand"));
  });
}
// Whoever read our output is gone, as in `npm run demo | head`.
process.stdout.on("error", () => stop.abort(new LinkupError("cancelled", "Nobody reads the output any more")));

try {
  const options = readOptions(process.argv.slice(2));
  if (options === "help") process.stdout.write(HELP);
  else {
    const progress = openProgress({ stream: process.stdout, env: process.env });
    const held = await runDemo({ options, progress, signal: stop.signal });
    process.exitCode = held ? 0 : 1;
  }
} catch (thrown) {
  const error = LinkupError.from(thrown);
  const wrongOption = error.code === "invalid_input";
  process.stderr.write(`\n${error.message}${wrongOption ? "\nnpm run demo -- --help tells the options" : ""}\n`);
  if (error.code === "internal_error" && !stop.signal.aborted) console.error(thrown);
  process.exitCode = stop.signal.aborted ? 130 : wrongOption ? 2 : 1;
}
