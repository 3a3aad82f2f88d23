/** How far a recipient of a sequence is, as the scripts keep it: see `waitShard` and `row` in keys.ts. */
import type { FollowUp } from "./campaign-turns.ts";

/** `touchedMs`: when a step wrote to them last, ms; 0: none did. `from`: whose share their row is, in its chunk of that number. */
export type Progress = {
  step: number;
  attempt: number;
  touchedMs: number;
  shard: string;
  chunk: number;
  index: number;
  from: string;
};

/** As the ledger's entry of a job has it. */
export function rowOf({ step, attempt, touchedMs, shard, chunk, index, from }: Progress): string {
  return [step, attempt, touchedMs, shard, chunk, index, from].join("|");
}

/** Of somebody who waits in the line of an account. */
export function followUpOf({ step, shard, member }: FollowUp, account: string): Progress {
  const [chunk, index, attempt, touched, from = ""] = member.split("|");
  const place = { shard, chunk: Number(chunk), index: Number(index), from: from || account };
  return { step, attempt: Number(attempt), touchedMs: Number(touched), ...place };
}
