/** Breaks the engine in one way after the other, each in a process of its own, and says which schedule catches it. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { MUTATIONS, type Mutation } from "./mutations.ts";

const run = promisify(execFile);

export type Caught = { seed: number | null; broken: string[] };

/** Runs schedules under a mutation until one breaks a promise. `seeds`: `12` or `1-500`. */
export async function runMutant({ name }: Pick<Mutation, "name">, seeds: readonly string[]): Promise<Caught> {
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, "mutant-main.ts"), name, ...seeds]);
  return JSON.parse(stdout) as Caught;
}

/** Schedules that are tried where a mutation's own does not catch it any more. */
const SEARCHED = "1-500";

/** Answers whether all were caught; `tell` hears of each. */
export async function runMutations(only: readonly string[] | null, tell: (line: string) => void): Promise<boolean> {
  let all = true;
  for (const mutation of MUTATIONS) {
    if (only?.includes(mutation.name) === false) continue;
    const { seed, broken } = await runMutant(mutation, [String(mutation.seed), SEARCHED]);
    all &&= seed !== null;
    const moved = seed === mutation.seed ? "" : `, no longer by seed ${mutation.seed}: write the new one into mutations.ts`;
    tell(
      seed === null
        ? `NOT CAUGHT ${mutation.name}: ${mutation.breaks}`
        : `caught ${mutation.name} by seed ${seed}${moved}: ${broken[0] ?? ""}`,
    );
  }
  return all;
}
