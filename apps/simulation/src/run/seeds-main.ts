/** A process of `fanOut`: runs every n-th schedule until the last one, or until its time is over. One JSON line for each schedule, on stdout. */
import { makePlan } from "../plan/plan.ts";
import { withWorlds } from "./run-plans.ts";

const [first = 1, last = 1, step = 1, forMs = 60_000] = process.argv.slice(2).map(Number);
const endsMs = performance.now() + forMs;

await withWorlds(async (run) => {
  const clock = performance.now.bind(performance);
  for (let seed = first; seed <= last && clock() < endsMs; seed += step) {
    const { broken, steps, calls, struck } = await run(makePlan(seed));
    process.stdout.write(`${JSON.stringify({ seed, broken, steps, calls, struck })}\n`);
  }
});
