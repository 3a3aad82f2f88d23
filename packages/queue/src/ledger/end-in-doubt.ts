/**
 * Ends a job whose write may have been done, and that is looked for no more: `unknown`, as it would have ended without a look. It makes no call.
 * And a job that looks for another's write.
 */
import type { Outcome } from "@linkup-queue/contracts";
import { historyOf } from "../job/call-history.ts";
import type { JobMeta } from "../job/job-meta.ts";
import { type JobRef, jobDigest } from "../job/job-ref.ts";
import type { Ending } from "../job/outcome.ts";
import { endingInDoubt, type Reconciling, ReconcilingText } from "../job/reconciling.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import type { Gate } from "./gate.ts";
import type { Outbox } from "./outbox.ts";
import { endOf, settlementOf } from "./settlement.ts";

type Parts = { scripts: RedisScripts; gate: Gate; outbox: Outbox };
/** `holdsToken`: it was fetched just now, and holds a token of BullMQ's limiter. */
type Ended = { data?: unknown; nameless?: boolean; holdsToken?: boolean };
type Job = { ref: JobRef; meta: JobMeta };

/** Answers the outcome; null where the job is not looked for any more, or a look is out. */
export async function endInDoubt(parts: Parts, job: Job, ended: Ended = {}): Promise<Outcome | null> {
  return await endReconciling(parts, job, { ...ended, endingOf: endingInDoubt });
}

/** Ends a job that looks for another's write as `ending` says: nothing of its own may have been done. Null where it is none, or its call is out. */
export async function endLook(parts: Parts, job: Job, { ending, ...ended }: Ended & { ending: Ending }): Promise<Outcome | null> {
  return await endReconciling(parts, job, { ...ended, endingOf: ({ of }) => (of === undefined ? null : ending) });
}

async function endReconciling(
  { scripts, gate, outbox }: Parts,
  { ref, meta }: Job,
  { data, nameless, holdsToken, endingOf }: Ended & { endingOf: (reconciling: Reconciling) => Ending | null },
): Promise<Outcome | null> {
  const digest = jobDigest(ref);
  for (;;) {
    const entry = await scripts.client.hgetall(scripts.keys.job(digest));
    const reconciling = ReconcilingText.parse(entry["reconciling"] ?? "");
    const ending = reconciling === null ? null : endingOf(reconciling);
    if (ending === null) return null;
    const history = historyOf(entry);
    const { outcome, end } = endOf(ref, meta, { ending, history, data, ...(nameless && { nameless }) });
    const next = { kind: "end", ...end } as const;
    const answer = await gate.settle(settlementOf(ref, meta, { fetched: holdsToken, calls: history.calls, inDoubt: true, next }));
    if (answer.kind === "ended") {
      await outbox.publish(digest, outcome);
      return outcome;
    }
    // A look was made meanwhile: it may be its last.
    if (answer.kind !== "already" || answer.state !== "changed") return null;
  }
}
