/** `npm run fuzz`: schedules of the simulation, on every core, until the time is over or one breaks a promise. */
import { LinkupError } from "@linkup-queue/contracts";
import { type FuzzArguments, HELP, parseArguments } from "./arguments.ts";
import { runMutations } from "./mutations/run-mutations.ts";
import { makePlan } from "./plan/plan.ts";
import { kindsOf, shrink } from "./plan/shrink.ts";
import { fanOut } from "./run/fan-out.ts";
import { withWorlds } from "./run/run-plans.ts";
import { tellSchedule } from "./run/tell-schedule.ts";

async function main(words: readonly string[]): Promise<number> {
  const given = parseArguments(words);
  if (given.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (given.mutations) return (await runMutations(given.only, (line) => process.stdout.write(`${line}\n`))) ? 0 : 1;
  if (given.seed !== null) return await replay(given.seed);
  return await fuzz(given);
}

/** Prints the schedule of a seed step by step; one that breaks a promise is made smaller first. */
async function replay(seed: number): Promise<number> {
  return await withWorlds(async (run) => {
    const plan = makePlan(seed);
    const report = await run(plan);
    if (report.broken.length === 0) {
      process.stdout.write(`${tellSchedule(plan, report)}\nseed ${seed} breaks no promise\n`);
      return 0;
    }
    process.stderr.write(`seed ${seed} breaks: ${report.broken.join("; ")}. Making it smaller ...\n`);
    const smallest = await shrink(plan, kindsOf(report.broken), async (smaller) => (await run(smaller)).broken);
    process.stdout.write(`${tellSchedule(smallest, await run(smallest))}\n`);
    return 1;
  });
}

async function fuzz({ forMs, from }: FuzzArguments): Promise<number> {
  const { schedules, steps, calls, struck, broken, isWhole, seconds } = await fanOut({ from, forMs });
  const faults = Object.entries(struck).map(([kind, times]) => `${times} ${kind}`);
  process.stdout.write(`${schedules} schedules from seed ${from}, ${steps} steps, ${calls} calls, ${faults.join(", ")}; ${seconds} s\n`);
  if (broken !== null) return await replay(broken.seed);
  return isWhole ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (thrown) {
  const failure = LinkupError.from(thrown);
  process.stderr.write(`${failure.message}\n`);
  if (failure.code === "internal_error") process.stderr.write(`${thrown instanceof Error ? thrown.stack : String(thrown)}\n`);
  process.exitCode = 1;
}
