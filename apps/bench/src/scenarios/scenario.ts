/** A scenario's input and output: the size of the run, a voice for progress, and rows of the table. */
import { setTimeout as sleep } from "node:timers/promises";
import { registerTokens } from "../load/jobs.ts";
import type { Row } from "../measure/row.ts";
import type { Scale } from "../measure/scale.ts";
import { type System, type SystemOptions, startSystem } from "../peers/system.ts";
import { isOurs } from "../peers/worker-process.ts";

export type Context = {
  scale: Scale;
  /** Tells a person what goes on; never a figure that is not in the table too. */
  say: (text: string) => void;
  /** Prints a table of the scenario's own, before that of all. */
  print: (table: string) => void;
  /** Whether runs are added to those that docs/proof-under-fire.md adds up, and pictures are drawn for the docs. */
  record: boolean;
  /** Troubles whose names hold any of these words are run; empty: all. */
  troubles: readonly string[];
  /** How long a soak lasts, ms; null where nobody said. */
  forMs: number | null;
};

export type Scenario = (context: Context) => Promise<Row[]>;

/** Runs `measure` on a fresh system and takes the system down, whatever happened. */
export async function withSystem<T>(options: SystemOptions, measure: (system: System) => Promise<T>): Promise<T> {
  const system = await startSystem(options);
  try {
    return await measure(system);
  } finally {
    await system.close();
  }
}

/** Gives our system tokens for these accounts; its peers know no accounts. */
export async function giveTokens(system: System, accounts: readonly string[]): Promise<void> {
  if (isOurs(system.kind)) await registerTokens(system.engine, accounts);
}

/** Both systems at the same time: for what the rate window paces, where neither keeps the machine busy. */
export async function sideBySide<T>(measure: (kind: "ours" | "plain") => Promise<T>): Promise<{ ours: T; plain: T }> {
  const [ours, plain] = await Promise.all([measure("ours"), measure("plain")]);
  return { ours, plain };
}

/** As `sideBySide`, of these kinds. */
export async function allOf<Kind extends string, T>(kinds: readonly Kind[], measure: (kind: Kind) => Promise<T>): Promise<Record<Kind, T>> {
  const measured = await Promise.all(kinds.map(async (kind) => [kind, await measure(kind)] as const));
  return Object.fromEntries(measured) as Record<Kind, T>;
}

/** Polls until `done` or the time is up; answers whether it was done. */
export async function until(done: () => boolean | Promise<boolean>, { withinMs, everyMs = 50 }: { withinMs: number; everyMs?: number }) {
  const deadlineMs = performance.now() + withinMs;
  while (!(await done())) {
    if (performance.now() > deadlineMs) return false;
    await sleep(everyMs);
  }
  return true;
}
