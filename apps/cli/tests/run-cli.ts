/**
 * Runs the real command line with nothing of the developer's environment in it: as a process of its own, or in this one, which takes a
 * twentieth of the time. Signals, pipes and settings files need a process; for all else the long tests run every command as one, too.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { V1_PRICES } from "@linkup-queue/linkup/prices";
import { runCommandLine } from "../src/run-command-line.ts";

export const MAIN = join(import.meta.dirname, "../src/main.ts");

export type CliOptions = { env?: Readonly<Record<string, string>>; stdin?: string | Uint8Array; folder?: string };
export type CliRun = { status: number | null; stdout: string; stderr: string; json: () => unknown };

/** Everything that any run printed, to look for secrets in. */
const printed: string[] = [];

export function everythingPrinted(): string {
  return printed.join("\n");
}

/** Runs a command as a process of its own. */
export async function runProcess(args: readonly string[], { env = {}, stdin, folder = tmpdir() }: CliOptions = {}): Promise<CliRun> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", ...env },
    cwd: folder,
    stdio: ["pipe", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  // A process that needs no stdin may be gone before it is written.
  child.stdin.on("error", () => undefined);
  child.stdin.end(stdin ?? "");
  await once(child, "close");
  printed.push(stdout, stderr);
  return { status: child.exitCode, stdout, stderr, json: (): unknown => JSON.parse(stdout) };
}

/** Runs a command in this process; as a process where `TEST_COMMANDS` says "processes". */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  if (process.env["TEST_COMMANDS"] === "processes") return await runProcess(args, options);
  const { env = {}, stdin, folder = tmpdir() } = options;
  const [stdout, stderr] = [readable(), readable()];
  const status = await runCommandLine(args, {
    environment: () => env,
    prices: V1_PRICES,
    folder,
    settingsFile: join(folder, ".env"),
    timeZone: "Asia/Kolkata",
    stdin: new PassThrough().end(stdin ?? ""),
    stdout: stdout.stream,
    stderr: stderr.stream,
  });
  printed.push(stdout.text(), stderr.text());
  return { status, stdout: stdout.text(), stderr: stderr.text(), json: (): unknown => JSON.parse(stdout.text()) };
}

/** An output that is no terminal, and everything that was written to it. */
function readable(): { stream: Writable; text: () => string } {
  // The runner of the tests may ask for colours; a pipe gets none.
  delete process.env["FORCE_COLOR"];
  const parts: Buffer[] = [];
  const stream = new Writable({
    write: (part: Buffer, _encoding, done) => {
      parts.push(part);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(parts).toString("utf8") };
}

export type Folder = { path: string; remove(): Promise<void> };

/** A folder of its own for one test file. */
export function ownFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), "linkup-cli-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
