/** Runs schedules on every core, each process the n-th of them, until all are run, the time is over, or one breaks a promise. */
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Of one schedule; a process of run/seeds-main.ts writes it as JSON. */
export type Line = { seed: number; broken: string[]; steps: number; calls: number; struck: Record<string, number> };

/** `from`, `to`: the first and the last seed; `forMs`: how long, ms. Both may be endless. */
export type Range = { from: number; to?: number; forMs?: number };

/** `isWhole`: every process ran to its end. */
export type Run = {
  schedules: number;
  steps: number;
  calls: number;
  struck: Record<string, number>;
  broken: Line | null;
  isWhole: boolean;
  seconds: number;
};

export async function fanOut({ from, to = Number.MAX_SAFE_INTEGER, forMs = Number.MAX_SAFE_INTEGER }: Range): Promise<Run> {
  const count = Math.max(1, availableParallelism());
  const startedMs = performance.now();
  const run: Run = { schedules: 0, steps: 0, calls: 0, struck: {}, broken: null, isWhole: false, seconds: 0 };
  const children = Array.from({ length: count }, (_none, at) =>
    spawn(process.execPath, [join(import.meta.dirname, "seeds-main.ts"), ...[from + at, to, count, forMs].map(String)], {
      stdio: ["ignore", "pipe", "inherit"],
    }),
  );
  const ended = children.map(async (child) => {
    const exit = new Promise<number | null>((resolve) => child.once("exit", resolve));
    for await (const text of createInterface({ input: child.stdout })) {
      const line = JSON.parse(text) as Line;
      run.schedules += 1;
      run.steps += line.steps;
      run.calls += line.calls;
      for (const [kind, times] of Object.entries(line.struck)) run.struck[kind] = (run.struck[kind] ?? 0) + times;
      if (line.broken.length === 0 || run.broken !== null) continue;
      run.broken = line;
      for (const one of children) one.kill("SIGTERM");
    }
    return await exit;
  });
  run.isWhole = (await Promise.all(ended)).every((status) => status === 0);
  run.seconds = Math.round((performance.now() - startedMs) / 1_000);
  return run;
}
