/** `linkup dev`: everything in one go on this machine, against the sandbox. */
import { join, resolve } from "node:path";
import type { Environment } from "@linkup-queue/contracts";
import type { Command } from "commander";
import type { DevLine } from "../dev/dev-process.ts";
import { readOverride } from "../dev/dev-settings.ts";
import { type DevSystem, startDev } from "../dev/run-dev.ts";
import { addCommand, reporting } from "../terminal/command.ts";
import type { ConsoleIo } from "../terminal/console-io.ts";
import { type Paint, paintFor } from "../terminal/print-report.ts";
import { type Report, sentence } from "../terminal/report.ts";

type DevCommandOptions = { data?: string; set?: readonly string[]; watch: boolean; json?: true };

const DEFAULT_FOLDER = join(import.meta.dirname, "../../../../.local/dev");
const LEVELS: Readonly<Record<number, string>> = { 40: "warn ", 50: "error ", 60: "fatal " };
const NAME_WIDTH = 8;
/** Redis tells a page at each start. */
const REDIS_NEWS = /ready to accept|error|fail|can't|denied/i;

/** One line of a process for a person: its name, its level where that is news, its message. */
export function devLineText(name: string, line: DevLine, paint: Paint): string {
  const { msg, raw, level } = line;
  const word = typeof level === "number" ? (LEVELS[level] ?? "") : "";
  const text = typeof msg === "string" ? msg : typeof raw === "string" ? raw : JSON.stringify(line);
  return `${paint(name.padEnd(NAME_WIDTH), "dim")} ${word === "" ? "" : paint(word, level === 40 ? "warn" : "bad")}${text}\n`;
}

function addresses(system: DevSystem): [string, string][] {
  return [
    ["redis", system.redis],
    ["sandbox", system.sandbox],
    ["api", system.api],
    ["docs", system.docs],
    ["board", `${system.board} (name: dev, password: the token)`],
    ["worker", system.workerHealth === null ? "no health port" : `${system.workerHealth}/readyz`],
    ["token", system.apiToken],
    ["settings", system.settingsFile],
  ];
}

async function dev(io: ConsoleIo, options: DevCommandOptions): Promise<Report> {
  const paint = paintFor(io.stdout);
  const json = options.json === true;
  // Its folder holds secrets and what Redis keeps: whatever this process and its children make there is readable by their owner alone.
  process.umask(0o077);
  const system = await startDev(io, {
    folder: options.data === undefined ? resolve(DEFAULT_FOLDER) : resolve(io.folder, options.data),
    watch: options.watch,
    overrides: Object.fromEntries((options.set ?? []).map(readOverride)),
    onLine: (name, line) => {
      if (json) io.stderr.write(`${JSON.stringify({ process: name, ...line })}\n`);
      else if (name !== "redis" || REDIS_NEWS.test(String(line["raw"]))) io.stdout.write(devLineText(name, line, paint));
    },
  });
  const killAll = () => system.kill();
  process.once("exit", killAll);
  // Heard from before the first word that all is up: whoever reads it may stop it at once.
  const signal = stopSignal();
  const { stop: _stop, kill: _kill, ...shown } = system;
  if (json) io.stdout.write(`${JSON.stringify({ ready: true, ...shown })}\n`);
  else {
    const lines = addresses(system).map(([name, value]) => `  ${name.padEnd(NAME_WIDTH)} ${value}`);
    const hint = `  try: ${calledAs(io.environment())} --settings ${shellWord(system.settingsFile)} account add ada --email ada@example.com`;
    io.stdout.write(`\n${paint("Everything is up; Ctrl-C stops it.", "good")}\n${lines.join("\n")}\n${hint}\n\n`);
  }
  await signal;
  // A second one means at once.
  const impatient = () => process.exit(1);
  process.on("SIGINT", impatient).on("SIGTERM", impatient);
  await system.stop();
  process.off("SIGINT", impatient).off("SIGTERM", impatient).off("exit", killAll);
  return sentence("All stopped.", { stopped: true });
}

/** The word by which the command line was called, to be typed again: npm puts none on the path. */
export function calledAs(environment: Environment): string {
  return environment["npm_lifecycle_event"] === "linkup" ? "npm run linkup --" : "linkup";
}

/** A path as one word of a shell. */
export function shellWord(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

async function stopSignal(): Promise<void> {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  await new Promise<void>((resolve) => {
    const stop = () => {
      for (const signal of signals) process.off(signal, stop);
      resolve();
    };
    for (const signal of signals) process.on(signal, stop);
  });
}

/** Adds `linkup dev`. */
export function addDevCommand(program: Command, io: ConsoleIo): void {
  addCommand(program, "dev", {
    summary: "Start Redis, sandbox, worker and api on this machine",
    details:
      "Redis is the one that REDIS_URL names, else a private one: redis-server or valkey-server from the path, Docker, or installed as for the demo. Webhooks may lead to this machine. Calls go to the sandbox only, under the key id dev. A saved source file restarts the processes it is part of. Ctrl-C stops everything.",
    examples: [
      ["dev", "addresses are printed when all is up"],
      ["dev --set LINKUP_RATE_LIMIT=10 --set LOG_LEVEL=debug", "with settings of your own"],
      ["dev --no-watch --data /tmp/linkup-dev", "without restarts, with its data elsewhere"],
    ],
  })
    .option("--data <folder>", "where its settings and its Redis keep their data (default: .local/dev in the project)")
    .option("--set <setting>", "NAME=value of a setting, for this run; again for more", (text: string, before: readonly string[] = []) => [
      ...before,
      text,
    ])
    .option("--no-watch", "don't restart on changes")
    .action(reporting(io, (options: DevCommandOptions) => dev(io, options)));
}
