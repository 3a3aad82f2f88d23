/** How far a recipient of a sequence is, as the scripts keep it: see `waitShard` and `row` in keys.ts. */
import type { FollowUp } from "./campaign-turns.ts";

/**
 * Which job of a step it is. `attempt`: a try of the step, or from 100 on the look before one, see `campaignJobId`. `signMs`: of a try that goes by a look, when that was made.
 * `touchedMs`: when a step wrote to them last, ms; 0: none did.
 * `from`: whose share their row is, in its chunk of that number.
 */
export type Progress = {
  step: number;
  attempt: number;
  signMs?: number | undefined;
  touchedMs: number;
  shard: string;
  chunk: number;
  index: number;
  from: string;
};

const MINUTE_MS = 60_000;

/** As the ledger's entry of a job has it. */
export function rowOf({ step, attempt, signMs, touchedMs, shard, chunk, index, from }: Progress): string {
  const job = signMs === undefined ? attempt : `${attempt}s${signMs / MINUTE_MS}`;
  return [step, job, touchedMs, shard, chunk, index, from].join("|");
}

/** Of somebody who waits in the line of an account. */
export function followUpOf({ step, shard, member }: FollowUp, account: string): Progress {
  const [chunk, index, job = "", touched, from = ""] = member.split("|");
  const [attempt, minute] = job.split("s");
  const sign = minute === undefined ? {} : { signMs: Number(minute) * MINUTE_MS };
  const place = { shard, chunk: Number(chunk), index: Number(index), from: from || account };
  return { step, attempt: Number(attempt), ...sign, touchedMs: Number(touched), ...place };
}
