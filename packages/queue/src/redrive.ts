/**
 * Re-driving: an ended job is done again as a new job `<id>~2` that names it, once for each old job, however often and by how many it is
 * asked for. It needs the old job's data, so it reaches as far back as BullMQ keeps failed jobs. It never makes a call.
 */
import { type CallQueue, checkJob, type JobData, MAX_JOB_ID_LENGTH, type OutcomeCode, operationOf } from "@linkup-queue/contracts";
import { z } from "zod";
import type { CallQueues } from "./call-queues.ts";
import type { EngineConfig } from "./engine-config.ts";
import { addError } from "./job-door.ts";
import type { JobFilter, JobPages, JobPlace } from "./job-pages.ts";
import { jobDigest } from "./job-ref.ts";
import type { FoundJob, JobViews } from "./job-views.ts";
import type { RedisScripts } from "./redis-scripts.ts";

/** Why a job is not re-driven, in words for people. */
export const REDRIVE_REFUSALS = {
  not_found: "There is no such job (any more)",
  not_ended: "The job has no outcome yet; wait for it, or cancel the job",
  succeeded: "The job succeeded; it is not done again. Add a new job if that is what you want",
  data_gone: "The job's data is gone (failed jobs keep it for 7 days, the last 10,000 of each queue); add the job again under a new id",
  invalid: "The job's data is not valid; add a corrected job under a new id",
  expired: "The job's expiresAt has passed; add the job again with a later one",
  may_send_twice:
    "Nobody knows whether this write had its effect: look on LinkedIn first, then say that it may be sent twice (maySendTwice)",
  campaign_cancelled: "The job's campaign is cancelled; nothing of it is sent any more",
  no_free_id: "The job was re-driven too often, or its id is too long for another; add the job again under a new id",
} as const;
export type RedriveRefusal = keyof typeof REDRIVE_REFUSALS;

export type RedriveAnswer =
  /** `jobId` does `of` again; `duplicate`: it was re-driven before, and nothing was added now. */
  | { kind: "redriven"; queue: CallQueue; jobId: string; of: string; duplicate: boolean }
  | { kind: "refused"; why: RedriveRefusal; message: string };

export type RedriveWish = {
  /** Also a write whose effect is unknown. */
  maySendTwice: boolean;
};

export type RedriveManyWish = RedriveWish & {
  code?: OutcomeCode | undefined;
  campaignId?: string | undefined;
  queue?: CallQueue | undefined;
  /** Most jobs to re-drive now. */
  limit: number;
  /** Where an earlier answer ended. */
  place?: JobPlace | undefined;
};

export type RedriveManyAnswer = {
  redriven: number;
  /** Re-driven before. */
  already: number;
  refused: number;
  reasons: Partial<Record<RedriveRefusal, number>>;
  more: boolean;
  /** Where to go on; null at the end. */
  next: JobPlace | null;
};

type Parts = { scripts: RedisScripts; config: EngineConfig; queues: CallQueues; views: JobViews; pages: JobPages };

/** Ids that are tried for one job: re-drives of re-drives, and those of older jobs of the same number. */
const CANDIDATES = 50;
/** Failed jobs that one answer about many looks at, about. */
const MOST_LOOKED_AT = 1_000;
const PAGE = 200;

const Named = z.tuple([z.enum(["new", "again", "known", "none", "campaign_cancelled"]), z.string()]);
const Erased = z.object({ erased: z.literal(true) });

function refused(why: RedriveRefusal): RedriveAnswer {
  return { kind: "refused", why, message: REDRIVE_REFUSALS[why] };
}

/** `x` is followed by `x~2`, and `x~2` by `x~3`. */
function candidateIds(jobId: string): string[] {
  const [, base = jobId, turn = "1"] = /^(.+)~([1-9]\d{0,5})$/.exec(jobId) ?? [];
  return Array.from({ length: CANDIDATES }, (_, index) => `${base}~${Number(turn) + 1 + index}`).filter(
    ({ length }) => length <= MAX_JOB_ID_LENGTH,
  );
}

type Read = { ok: true; data: JobData } | { ok: false; why: RedriveRefusal };

/** The new job's data, from the old job's. */
function dataFrom({ stored, view }: FoundJob): Read {
  if (stored === null) return { ok: false, why: "data_gone" };
  let data: unknown;
  try {
    data = JSON.parse(stored.data);
  } catch {
    return { ok: false, why: "invalid" };
  }
  if (Erased.safeParse(data).success) return { ok: false, why: "data_gone" };
  if (typeof data !== "object" || data === null) return { ok: false, why: "invalid" };
  const check = checkJob({ queue: view.queue, name: stored.name, data: { ...data, redriveOf: view.jobId } });
  if (!check.ok) return { ok: false, why: "invalid" };
  const { expiresAt } = check.job.data;
  if (expiresAt !== undefined && Date.parse(expiresAt) <= Date.now()) return { ok: false, why: "expired" };
  return { ok: true, data: check.job.data };
}

function isWanted({ view }: FoundJob, { code, campaignId }: Pick<RedriveManyWish, "code" | "campaignId">): boolean {
  return (code === undefined || view.outcome?.code === code) && (campaignId === undefined || view.campaignId === campaignId);
}

export class Redrives {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Re-drives one job that ended `failed`, `cancelled` or `unknown`. Throws LinkupError when Redis did not take the new job. */
  async redrive(queue: CallQueue, jobId: string, wish: RedriveWish): Promise<RedriveAnswer> {
    const [found] = await this.#parts.views.find(jobId, queue);
    return found === undefined ? refused("not_found") : await this.#redrive(found, wish);
  }

  /** Re-drives those of BullMQ's failed jobs that the wish names, newest first, a bounded number; go on from `next` until it is null. */
  async redriveMany({ code, campaignId, queue, limit, place, maySendTwice }: RedriveManyWish): Promise<RedriveManyAnswer> {
    const answer: RedriveManyAnswer = { redriven: 0, already: 0, refused: 0, reasons: {}, more: false, next: null };
    const filter: JobFilter = { state: "failed", queue };
    let at: JobPlace = place ?? { step: 0, skip: 0 };
    for (let looked = 0; looked < MOST_LOOKED_AT; looked += PAGE) {
      const page = await this.#parts.pages.read(filter, { place: at, limit: PAGE });
      const found = await Promise.all(page.rows.map((row) => this.#parts.views.find(row.jobId, row.queue)));
      for (const [index, [job]] of found.entries()) {
        if (job === undefined || !isWanted(job, { code, campaignId })) continue;
        if (answer.redriven === limit) {
          const passed = index === 0 ? at : (await this.#parts.pages.read(filter, { place: at, limit: index })).next;
          return { ...answer, more: true, next: passed ?? at };
        }
        const said = await this.#redrive(job, { maySendTwice });
        if (said.kind === "redriven") answer[said.duplicate ? "already" : "redriven"] += 1;
        else {
          answer.refused += 1;
          answer.reasons[said.why] = (answer.reasons[said.why] ?? 0) + 1;
        }
      }
      if (page.next === null) return answer;
      at = page.next;
    }
    return { ...answer, more: true, next: at };
  }

  async #redrive(found: FoundJob, { maySendTwice }: RedriveWish): Promise<RedriveAnswer> {
    const { scripts, config, queues } = this.#parts;
    const { ended, stored, view, digest } = found;
    if (ended === null) return refused("not_ended");
    if (ended === "succeeded") return refused("succeeded");
    const read = dataFrom(found);
    if (stored === null || !read.ok) return refused(read.ok ? "data_gone" : read.why);
    if (ended === "unknown" && operationOf(stored.name)?.kind === "write" && !maySendTwice) return refused("may_send_twice");

    const { queue, jobId: of } = view;
    const candidates = candidateIds(of).map((id) => [id, jobDigest({ queue, id, timestamp: 0 })]);
    const args = { queue, d: digest, candidates, campaign: read.data.campaignId, ledgerDays: config.ledgerDays };
    const [verdict, jobId] = candidates.length === 0 ? (["none", ""] as const) : Named.parse(await scripts.run("redrive", args));
    if (verdict === "campaign_cancelled") return refused("campaign_cancelled");
    if (verdict === "none") return refused("no_free_id");
    if (verdict !== "known") {
      await queues
        .of(queue)
        .add(stored.name, read.data, { jobId, priority: stored.priority })
        .catch((thrown: unknown) => {
          throw addError(thrown);
        });
    }
    return { kind: "redriven", queue, jobId, of, duplicate: verdict !== "new" };
  }
}
