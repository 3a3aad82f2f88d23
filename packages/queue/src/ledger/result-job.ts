/** The jobs on the results queue: an outcome each, under its `outcomeId`. */
import { type Outcome, operationOf, RESULTS_QUEUE } from "@linkup-queue/contracts";
import { z } from "zod";
import type { EngineConfig } from "../redis/engine-config.ts";

/** A consumed outcome stays this long, s: longer than any re-run of its job, so that a second publishing meets the first. */
const KEPT_SECONDS = 3_600;
const KEPT_FAILED_SECONDS = 7 * 86_400;
/** The options of every job on the results queue. A job's own option wins over the consumer's, so nobody's worker can shorten it. */
const OPTIONS = JSON.stringify({ removeOnComplete: { age: KEPT_SECONDS }, removeOnFail: { age: KEPT_FAILED_SECONDS }, attempts: 0 });

/** Of these jobs all that is the same, for a script that adds some. */
export const ResultJob = z.object({
  queue: z.string(),
  /** JSON of an object. */
  opts: z.string(),
  timestamp: z.number(),
  /** Most that may wait there. */
  max: z.number(),
});
export type ResultJob = z.infer<typeof ResultJob>;

export function resultJob({ resultsMax }: EngineConfig): ResultJob {
  return { queue: RESULTS_QUEUE, opts: OPTIONS, timestamp: Date.now(), max: resultsMax };
}

/** The data of an outcome's job. */
export function resultData(outcome: Outcome): string {
  return JSON.stringify(outcome);
}

/** Whether nobody knows what came of a write: a person has to look. */
export function isUnknownWrite({ status, operation }: Outcome): boolean {
  return status === "unknown" && operationOf(operation)?.kind === "write";
}
