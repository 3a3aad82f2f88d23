/** Three accounts of one run, held against each other: our ledger, the sandbox's meter, and the outcomes that were delivered. */
import { expect } from "vitest";
import type { System } from "./fixture.ts";

/**
 * Holds when ledger and meter agree to the credit, per operation; where something is uncertain the meter lies within it. Every credit of
 * the ledger must be in an outcome or a log-in's, so all jobs must have ended. One outcome for each job, no effect twice, window kept.
 */
export async function expectAgreement({ sandbox, credits, outcomes }: System): Promise<void> {
  const ledger = await credits();
  const { credits: meter, repeated, maxInWindow, limit } = sandbox.summary();
  expect(meter.charged).toBeGreaterThanOrEqual(ledger.total.charged);
  expect(meter.charged).toBeLessThanOrEqual(ledger.total.charged + ledger.total.uncertain);
  if (ledger.total.uncertain === 0) {
    const byOperation = ledger.byOperation.filter(({ charged }) => charged > 0).map(({ operation, charged }) => [operation, charged]);
    expect(Object.fromEntries(byOperation)).toEqual(meter.byOperation);
  }
  const logins = ledger.byOperation.filter(({ operation }) => operation.startsWith("auth."));
  for (const field of ["charged", "uncertain"] as const) {
    const ofJobs = outcomes.reduce((sum, outcome) => sum + outcome.credits[field], 0);
    const ofLogins = logins.reduce((sum, login) => sum + login[field], 0);
    expect(ofJobs + ofLogins, field).toBe(ledger.total[field]);
  }
  expect(new Set(outcomes.map(({ outcomeId }) => outcomeId)).size).toBe(outcomes.length);
  expect(new Set(outcomes.map(({ queue, jobId }) => `${queue} ${jobId}`)).size).toBe(outcomes.length);
  expect(repeated).toBe(0);
  if (limit !== null) expect(maxInWindow).toBeLessThanOrEqual(limit);
}
