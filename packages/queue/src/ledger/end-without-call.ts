/**
 * Ends a job that makes no call, and publishes its outcome. A job that may have been sent in the time that a lost state can't tell of is never told as not
 * sent: it ends `unknown`.
 */
import { LinkupError } from "@linkup-queue/contracts";
import type { JobMeta } from "../job/job-meta.ts";
import { type JobRef, jobDigest } from "../job/job-ref.ts";
import { type Ending, STATE_LOST } from "../job/outcome.ts";
import type { Gate, SettleAnswer } from "./gate.ts";
import type { Outbox } from "./outbox.ts";
import { endOf, type JobEnd, settlementOf } from "./settlement.ts";

type Parts = { gate: Gate; outbox: Outbox };
/** `calls`: as many as its outcome counts; see settlementOf. */
type UncalledEnd = JobEnd & { calls?: number };

/** Ends it as `ending` says, or `unknown` where nobody knows whether it was sent. Throws `conflict` while the state is lost. */
export async function endWithoutCall(parts: Parts, job: { ref: JobRef; meta: JobMeta }, uncalled: UncalledEnd): Promise<SettleAnswer> {
  const answer = await settle(parts, job, uncalled);
  if (answer.kind !== "already") return answer;
  if (answer.state === "state_lost") {
    throw new LinkupError("conflict", "Redis came back older than it was: nobody knows whether the job was sent. First: linkup restore");
  }
  return answer.state === "doubtful" ? await settle(parts, job, { ...uncalled, ending: STATE_LOST }) : answer;
}

async function settle({ gate, outbox }: Parts, { ref, meta }: { ref: JobRef; meta: JobMeta }, { calls, ...how }: UncalledEnd) {
  const { outcome, end } = endOf(ref, meta, how);
  const counted = calls === undefined ? {} : { calls };
  const answer = await gate.settle(settlementOf(ref, meta, { ...counted, next: { kind: "end", ...end } }));
  if (answer.kind === "ended") await outbox.publish(jobDigest(ref), outcome);
  return answer;
}

/** Whether a job ended in doubt. */
export function isDoubt(answer: SettleAnswer): boolean {
  return answer.kind === "ended" && answer.status === ("unknown" satisfies Ending["status"]);
}
