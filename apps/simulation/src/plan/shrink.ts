/** Makes a schedule that breaks a promise smaller, as long as it breaks one of the same kind. */
import type { Plan } from "./plan.ts";

/** Most schedules that are tried for it. */
const MOST_TRIES = 150;

/** The kinds of promises that broke: the word before the colon. */
export function kindsOf(broken: readonly string[]): Set<string> {
  return new Set(broken.map((text) => text.split(":", 1)[0] ?? ""));
}

/** `breaks` runs a schedule and answers what broke. */
export async function shrink(plan: Plan, kinds: ReadonlySet<string>, breaks: (plan: Plan) => Promise<readonly string[]>): Promise<Plan> {
  let smallest = plan;
  let tries = 0;
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false;
    for (const candidate of smallerThan(smallest)) {
      if (++tries > MOST_TRIES) return smallest;
      const still = kindsOf(await breaks(candidate));
      if (![...kinds].some((kind) => still.has(kind))) continue;
      smallest = candidate;
      isSmaller = true;
      break;
    }
  }
  return smallest;
}

function* smallerThan(plan: Plan): Generator<Plan> {
  const { faults, jobs, accounts } = plan;
  for (const fault of faults) yield { ...plan, faults: faults.filter((one) => one !== fault) };
  for (const job of jobs) if (jobs.length > 1) yield { ...plan, jobs: jobs.filter((one) => one !== job) };
  for (const { id } of accounts) {
    if (accounts.length > 1 && !jobs.some(({ account }) => account === id)) {
      yield {
        ...plan,
        accounts: accounts.filter((one) => one.id !== id),
        faults: faults.filter((fault) => fault.kind !== "pause" || fault.account !== id),
      };
    }
  }
  if (plan.workers > 1) yield { ...plan, workers: plan.workers - 1 };
}
