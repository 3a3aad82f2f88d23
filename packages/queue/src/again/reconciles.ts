/**
 * Looking for a write that was told `unknown`: a read of its own, `<id>~look`, that goes through the gate as any job does. Its finding is kept in the
 * write's outcome and told once more. Nothing here, and no look, sends the write again.
 */
import {
  type CallQueue,
  checkJob,
  isOperation,
  MAX_JOB_ID_LENGTH,
  type OperationName,
  type Outcome,
  onUnknownProblem,
  type ParsedJob,
  PRIORITIES,
} from "@linkup-queue/contracts";
import { addError } from "../door/job-door.ts";
import type { JobMeta } from "../job/job-meta.ts";
import { jobDigest } from "../job/job-ref.ts";
import { peopleOfJob } from "../job/job-subjects.ts";
import { jobTarget } from "../job/job-target.ts";
import { type Look, lookFor } from "../job/plan-look.ts";
import { beginReconciling, type Reconciling, textDigest } from "../job/reconciling.ts";
import type { CallQueues } from "../redis/call-queues.ts";
import type { EngineConfig } from "../redis/engine-config.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import type { FoundJob, JobViews } from "../views/job-views.ts";
import { endedData } from "./ended-data.ts";
import { reconcileScript } from "./lua/reconcile.ts";

/** Why a job's write is not looked for, in words for people. */
export const RECONCILE_REFUSALS = {
  not_ended: "The job has no outcome yet; wait for it",
  not_unknown: "The job's end is known: there is no doubt about it",
  outcome_gone: "The job's outcome is kept no longer (LINKUP_OUTCOME_DAYS), so nothing could be told of a look",
  resolved: "Whether it happened was said before; nothing more is looked for",
  redriven: "The job was done again: a look would take the second message or invitation for the first",
  no_look: "Only invitation.send and message.send can be looked for; look on LinkedIn, then say what you saw (resolve)",
  state_doubted:
    "Nobody knows since when to look: Redis came back older than it was, and what was sent is not known. Look on LinkedIn, then say what you saw (resolve)",
  state_lost: "Redis came back older than it was, and nothing leaves until a person says what may be sent. First: linkup restore",
  too_long_ago:
    "It was too long ago: an invitation may have been declined or withdrawn since, which looks like one that was never there. Look on LinkedIn, then say what you saw (resolve)",
  data_gone:
    "The job's data is gone (the last 10,000 failed jobs of each queue keep it for 7 days), so nobody knows what to look for. Look on LinkedIn, then say what you saw (resolve)",
  no_free_id: "The job was looked for too often, or its id is too long for another. Look on LinkedIn, then say what you saw (resolve)",
} as const;
export type ReconcileRefusal = keyof typeof RECONCILE_REFUSALS;

export type ReconcileAnswer =
  /** `jobId` looks for `of`; `duplicate`: it was asked for before, and nothing was added now. */
  | { kind: "looking"; queue: CallQueue; jobId: string; of: string; duplicate: boolean }
  | { kind: "refused"; why: ReconcileRefusal; message: string };

type Parts = { scripts: RedisScripts; config: EngineConfig; queues: CallQueues; views: JobViews };

const HOUR_MS = 3_600_000;
/** An invitation that is declined or withdrawn leaves no trace: later than this `not there` says nothing. */
const MOST_AGE_MS: Partial<Record<OperationName, number>> = { "invitation.send": HOUR_MS };
/** Looks by hand for one job. */
const MOST_LOOKS = 9;

function refused(why: ReconcileRefusal): ReconcileAnswer {
  return { kind: "refused", why, message: RECONCILE_REFUSALS[why] };
}

/** `x~look`, then `x~look2`. */
function candidateIds(jobId: string): string[] {
  return Array.from({ length: MOST_LOOKS }, (_, index) => `${jobId}~look${index === 0 ? "" : index + 1}`).filter(
    ({ length }) => length <= MAX_JOB_ID_LENGTH,
  );
}

/** Why the outcome can't be looked for; null where it can. */
function problemOf({ ended, view: { outcome } }: FoundJob, nowMs: number): ReconcileRefusal | null {
  if (ended === null) return "not_ended";
  if (ended !== "unknown") return "not_unknown";
  if (outcome === null) return "outcome_gone";
  const { operation, resolved, startedAt, code } = outcome;
  if (!isOperation(operation) || onUnknownProblem(operation, "reconcile") !== null) return "no_look";
  if (resolved !== null) return "resolved";
  if (code === "state_lost" || startedAt === null) return "state_doubted";
  const mostAgeMs = MOST_AGE_MS[operation];
  return mostAgeMs !== undefined && nowMs - Date.parse(startedAt) > mostAgeMs ? "too_long_ago" : null;
}

export class Reconciles {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Adds the job that looks for the unknown write of `found`, once. Throws LinkupError when Redis did not take it. */
  async look(found: FoundJob): Promise<ReconcileAnswer> {
    const why = problemOf(found, Date.now());
    if (why !== null) return refused(why);
    const stored = await endedData(this.#parts.scripts, found);
    const check = stored === null ? null : checkJob({ queue: found.view.queue, name: stored.name, data: stored.data });
    const { outcome } = found.view;
    if (!check?.ok || outcome === null || check.job.operation !== outcome.operation || check.job.data.accountId !== outcome.accountId) {
      return refused("data_gone");
    }
    const look = lookFor(check.job.operation, check.job.data.input);
    return look === null ? refused("no_look") : await this.#add(found, { outcome, write: check.job, look });
  }

  async #add(
    { digest, view: { queue, jobId: of } }: FoundJob,
    { outcome, write, look }: { outcome: Outcome; write: ParsedJob; look: Look },
  ): Promise<ReconcileAnswer> {
    const { scripts, config, queues } = this.#parts;
    const { accountId: account, campaignId: campaign } = write.data;
    const data = { accountId: account, input: look.input, ...(campaign === undefined ? {} : { campaignId: campaign }) };
    const candidates = candidateIds(of).map((id): [string, string] => [id, jobDigest({ queue, id, timestamp: 0 })]);
    const timestamp = Date.now();
    const meta: JobMeta = {
      ...{ operation: look.operation, accountId: account, campaignId: campaign ?? null, recipientId: null, redriveOf: null },
      ...{ enqueuedAtMs: timestamp, about: peopleOfJob(data) },
    };
    const reconciling = this.#reconciling(digest, {
      outcome,
      write,
      target: jobTarget(look.operation, { accountId: account, input: look.input }),
    });
    const [verdict, jobId] = await scripts.run(reconcileScript, {
      ...{ queue, digest, candidates, account, campaign, ledgerDays: config.ledgerDays },
      ...{ meta: JSON.stringify(meta), reconciling: JSON.stringify(reconciling) },
    });
    switch (verdict) {
      case "state_lost":
      case "redriven":
      case "resolved":
        return refused(verdict);
      case "none":
        return refused("no_free_id");
      case "new":
      case "again":
        try {
          await queues.of(queue).add(look.operation, data, { jobId, priority: PRIORITIES.normal, timestamp });
        } catch (thrown) {
          throw addError(thrown);
        }
        break;
      case "known":
        break;
    }
    return { kind: "looking", queue, jobId, of, duplicate: verdict !== "new" };
  }

  #reconciling(digest: string, { outcome, write, target }: { outcome: Outcome; write: ParsedJob; target: string }): Reconciling {
    const { message_text: text } = write.data.input;
    const sinceMs = Date.parse(outcome.startedAt ?? "");
    return beginReconciling({
      ...{ account: write.data.accountId, target, text: typeof text === "string" ? textDigest(text) : "" },
      ending: { code: outcome.code, message: outcome.message, httpStatus: outcome.httpStatus },
      // Outcomes of before this version tell when their call was given up for when it began.
      of: { digest, sinceMs, fromMs: sinceMs - this.#parts.config.timeoutMs },
    });
  }
}
