/** Runs the real command line as a process of its own, with nothing of the developer's environment in it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const MAIN = join(import.meta.dirname, "../src/main.ts");

export type CliOptions = { env?: Readonly<Record<string, string>>; stdin?: string | Uint8Array; folder?: string };
export type CliRun = { status: number | null; stdout: string; stderr: string; json: () => unknown };

/** Everything that any run printed, to look for secrets in. */
const printed: string[] = [];

export function everythingPrinted(): string {
  return printed.join("\n");
}

export async function runCli(args: readonly string[], { env = {}, stdin, folder = tmpdir() }: CliOptions = {}): Promise<CliRun> {
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

export type Folder = { path: string; remove(): Promise<void> };

/** A folder of its own for one test file. */
export function ownFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), "linkup-cli-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
