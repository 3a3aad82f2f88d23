/**
 * The commands behind `npm run demo`, `npm test`, `npm run test:long`, `npm run test:days`, `npm run bench`, `npm run fuzz`, `npm run check`, `npm run docs` and `npm run linkup`
 * call: makes the project ready, then runs the command with Node 24.
 * It must run on a bare Node 20, so it uses nothing but Node's own modules.
 */
import { check } from "./check.mjs";
import { runChild } from "./child.mjs";
import { runDays } from "./days.mjs";
import { prepare } from "./prepare.mjs";
import { runTests } from "./run-tests.mjs";

/** @type {Record<string, { needsRedis: boolean, forTests?: boolean, run: (args: string[]) => Promise<number> }>} */
const COMMANDS = {
  demo: { needsRedis: true, run: (args) => runChild("node", ["apps/demo/src/main.ts", ...args]) },
  bench: { needsRedis: true, run: (args) => runChild("node", ["apps/bench/src/main.ts", ...args]) },
  fuzz: { needsRedis: true, run: (args) => runChild("node", ["apps/simulation/src/main.ts", ...args]) },
  check: { needsRedis: false, run: () => check() },
  docs: { needsRedis: false, run: () => runChild("node", ["infra/write-docs.mjs"]) },
  test: { needsRedis: true, forTests: true, run: (args) => runTests("short", args) },
  "test:long": { needsRedis: true, forTests: true, run: (args) => runTests("long", args) },
  "test:days": { needsRedis: true, run: runDays },
  // It uses the Redis that its settings name.
  linkup: { needsRedis: false, run: (args) => runChild("node", ["apps/cli/src/main.ts", ...args]) },
};

const [name = "", ...args] = process.argv.slice(2);
const command = COMMANDS[name];
if (command === undefined) {
  console.error(`Unknown command "${name}"; there are: ${Object.keys(COMMANDS).join(", ")}`);
  process.exitCode = 2;
} else {
  try {
    await prepare(command);
    process.exitCode = await command.run(args);
  } catch (thrown) {
    console.error(`\n${thrown instanceof Error ? thrown.message : String(thrown)}`);
    process.exitCode = 1;
  }
}
