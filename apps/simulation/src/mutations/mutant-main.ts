/** One mutation in a process of its own: runs schedules until one breaks a promise. Arguments: the name, then seeds, `12` or `1-500`. One JSON line on stdout. */
import { applyMutation } from "./apply.ts";
import { MUTATIONS } from "./mutations.ts";

const [name, ...words] = process.argv.slice(2);
const mutation = MUTATIONS.find((one) => one.name === name);
if (mutation === undefined) throw new Error(`there is no mutation ${name}`);
applyMutation(mutation);
const { withWorlds, findBroken } = await import("../run/run-plans.ts");

function* seeds(): Generator<number> {
  for (const word of words) {
    const [first = 0, last = first] = word.split("-").map(Number);
    for (let seed = first; seed <= last; seed++) yield seed;
  }
}

const found = await withWorlds((run) => findBroken(run, seeds()));
process.stdout.write(`${JSON.stringify({ seed: found?.seed ?? null, broken: found?.report.broken ?? [] })}\n`);
