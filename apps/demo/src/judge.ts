/** Whether the promises held, from what both sides say. Pure: facts in, sentences out. */
import type { Outcome } from "@linkup-queue/contracts";
import type { CreditReport } from "@linkup-queue/queue";
import type { WitnessReport } from "./witness.ts";

export type Facts = {
  /** `queue/jobId` of every job that was added. */
  accepted: readonly string[];
  /** Outcomes as they were delivered, repeats included. */
  deliveries: readonly Outcome[];
  ledger: CreditReport;
  witness: WitnessReport;
  rateLimit: number;
  /** Tokens that the sandbox was told to let die: each explains one charged refusal. */
  tokenDeaths: number;
};

/** `queue/jobId` of an outcome. */
export function jobOf({ queue, jobId }: { queue: string; jobId: string }): string {
  return `${queue}/${jobId}`;
}

/** Deliveries without repeats: the first of each `outcomeId`. */
export function distinctOutcomes(deliveries: readonly Outcome[]): Outcome[] {
  return [...new Map(deliveries.toReversed().map((outcome) => [outcome.outcomeId, outcome])).values()].toReversed();
}

function lost({ accepted, deliveries }: Facts): string[] {
  const ofJob = Map.groupBy(distinctOutcomes(deliveries), jobOf);
  const known = new Set(accepted);
  const without = accepted.filter((job) => !ofJob.has(job));
  const several = accepted.filter((job) => (ofJob.get(job)?.length ?? 0) > 1);
  const strangers = [...ofJob.keys()].filter((job) => !known.has(job));
  return [
    ...sentence(without, "ended without an outcome"),
    ...sentence(several, "ended in more than one outcome"),
    ...sentence(strangers, "gave an outcome though nobody added them"),
  ].map((what) => `Nothing lost: ${what}`);
}

function sentence(jobs: readonly string[], what: string): string[] {
  const more = jobs.length > 5 ? ` and ${jobs.length - 5} more` : "";
  return jobs.length === 0 ? [] : [`${jobs.length} jobs ${what} (${jobs.slice(0, 5).join(", ")}${more})`];
}

function overLimit({ witness, rateLimit }: Facts): string[] {
  const broken = [];
  if (witness.maxInWindow > rateLimit) broken.push(`${witness.maxInWindow} requests in one window, allowed are ${rateLimit}`);
  if (witness.refused429 > 0) broken.push(`${witness.refused429} requests were refused with 429`);
  return broken.map((what) => `Never over the limit: ${what}`);
}

function sentTwice({ witness }: Facts): string[] {
  if (witness.repeated === 0) return [];
  const [first] = witness.doubles;
  return [`Never twice: ${witness.repeated} sends too many${first === undefined ? "" : `, such as ${first.operation} to ${first.target}`}`];
}

/** The ledger and the meter agree to the credit; what the ledger calls uncertain may be on the meter or not. */
function miscounted({ deliveries, ledger, witness }: Facts): string[] {
  const broken = [];
  const operations = new Set([...ledger.byOperation.map(({ operation }) => operation), ...Object.keys(witness.chargedByOperation)]);
  for (const operation of operations) {
    const { charged, uncertain } = ledger.byOperation.find((row) => row.operation === operation) ?? { charged: 0, uncertain: 0 };
    const metered = witness.chargedByOperation[operation] ?? 0;
    if (metered >= charged && metered <= charged + uncertain) continue;
    const ours = uncertain === 0 ? `${charged}` : `${charged} and ${uncertain} uncertain`;
    broken.push(`the ledger has ${ours} credits for ${operation}, the sandbox's meter ${metered}`);
  }
  const calls = distinctOutcomes(deliveries).reduce((sum, outcome) => sum + outcome.calls, 0);
  if (calls !== witness.jobCalls) broken.push(`the outcomes tell of ${calls} calls, the sandbox of ${witness.jobCalls}`);
  return broken.map((what) => `No credit wasted: ${what}`);
}

/** A call is made again only where the one before was free; a dead token's refusal is the exception, once for each death. */
function repeatedAtAPrice({ deliveries, witness, tokenDeaths }: Facts): string[] {
  const paid = distinctOutcomes(deliveries).filter(({ credits }) => credits.charged + credits.uncertain > 0).length;
  const again = witness.chargedJobCalls - paid;
  if (again <= tokenDeaths) return [];
  return [
    `No credit wasted: ${again} calls were charged again for ${paid} jobs that cost anything; ${tokenDeaths} token deaths explain as many`,
  ];
}

/** One sentence for each promise that broke; none when all held. */
export function brokenPromises(facts: Facts): string[] {
  return [...overLimit(facts), ...sentTwice(facts), ...miscounted(facts), ...repeatedAtAPrice(facts), ...lost(facts)];
}
