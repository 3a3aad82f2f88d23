/** How the jobs of a list ended, as far as their outcomes are kept: without the answers, which may be large. It reads only. */
import type { CallQueue, Outcome } from "@linkup-queue/contracts";
import { type JobRef, jobDigest, outcomeIdOf } from "../job/job-ref.ts";
import { packedOutcomes, unpackOutcome } from "../ledger/outcome-store.ts";
import type { RedisScripts } from "../redis/scripts.ts";

type Row = { queue: CallQueue; jobId: string; enqueuedAt: string };

/** The name of a listed job. */
export function refOfRow({ queue, jobId, enqueuedAt }: Row): JobRef {
  return { queue, id: jobId, timestamp: Date.parse(enqueuedAt) };
}

/** The outcome of each, `output` left out; null for one that has none, or whose outcome is kept no longer. */
export async function readRowOutcomes(scripts: RedisScripts, rows: readonly Row[]): Promise<(Outcome | null)[]> {
  const ids = rows.map((row) => outcomeIdOf(jobDigest(refOfRow(row))));
  const kept = new Map<string, Outcome>();
  for await (const batch of packedOutcomes(scripts, ids)) {
    for (const { outcomeId, packed } of batch) if (packed !== null) kept.set(outcomeId, { ...unpackOutcome(packed), output: null });
  }
  return ids.map((id) => kept.get(id) ?? null);
}
