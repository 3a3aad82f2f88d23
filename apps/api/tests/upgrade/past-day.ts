/** Runs a script, and all processes that it starts, as on a day of the past: Redis, the sandbox and the workers agree on it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromNow } from "@linkup-queue/testkit";

/** Fixtures of all layouts are of about this time. */
const DAY = Date.parse("2025-07-01T08:00:00Z");
const SHIFT = "CLOCK_SHIFT_S";

export function isOnPastDay(): boolean {
  return process.env[SHIFT] !== undefined;
}

/** The part of the environment with which a process that is started here is there, too. */
export function pastDay(): Record<string, string> {
  return Object.fromEntries(["LD_PRELOAD", SHIFT].flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

/** Runs it to its end. Throws when the clock can't be made, for want of a compiler, or when the script fails. */
export async function runOnPastDay(script: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "linkup-clock-"));
  try {
    const library = join(folder, "shift-clock.so");
    const source = join(import.meta.dirname, "shift-clock.c");
    await run("cc", ["-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], {});
    const seconds = Math.round((DAY - fromNow(0).getTime()) / 1_000);
    await run(process.execPath, [script], { LD_PRELOAD: library, [SHIFT]: String(seconds) });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function run(command: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  const child = spawn(command, args, { stdio: "inherit", env: { ...process.env, ...env } });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${command} ended with ${code}`);
}
