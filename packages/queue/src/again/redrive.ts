/**
 * Re-driving: an ended job is done again as a new job `<id>~2` that names it, once for each old job, however often and by how many it is
 * asked for. It needs the old job's data: BullMQ keeps it of the last failed jobs of each queue; a campaign's recipient is kept with the outcome.
 * It never makes a call.
 */
import {
  CallQueue,
  checkJob,
  isOperation,
  type JobData,
  MAX_JOB_ID_LENGTH,
  type Outcome,
  operationOf,
  type PriceTable,
} from "@linkup-queue/contracts";
import { z } from "zod";
import { addError } from "../door/job-door.ts";
import { noteAccepted } from "../door/note-accepted.ts";
import { jobDigest, outcomeIdOf } from "../job/job-ref.ts";
import { readOutcomes } from "../ledger/outcome-store.ts";
import type { CallQueues } from "../redis/call-queues.ts";
import type { EngineConfig } from "../redis/engine-config.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import { type JobFilter, type JobPages, JobPlace } from "../views/job-pages.ts";
import type { FoundJob, JobViews } from "../views/job-views.ts";
import { endedData } from "./ended-data.ts";
import { redriveScript } from "./lua/redrive.ts";

/** Why a job is not re-driven, in words for people. */
export const REDRIVE_REFUSALS = {
  not_found: "There is no such job (any more)",
  not_ended: "The job has no outcome yet; wait for it, or cancel the job",
  succeeded: "The job succeeded; it is not done again. Add a new job if that is what you want",
  data_gone:
    "The job's data is gone (the last 10,000 failed jobs of each queue keep it for 7 days, those of campaigns as long as outcomes are kept); add the job again under a new id",
  invalid: "The job's data is not valid; add a corrected job under a new id",
  expired: "The job's expiresAt has passed; add the job again with a later one",
  may_send_twice:
    "Nobody knows whether this write had its effect: look on LinkedIn first, then say that it may be sent twice (maySendTwice)",
  happened:
    "A person said, or a look on LinkedIn found, that this write happened; done again it would arrive a second time. If that is meant, say so as well (evenIfHappened)",
  campaign_cancelled: "The job's campaign is cancelled; nothing of it is sent any more",
  no_free_id: "The job was re-driven too often, or its id is too long for another; add the job again under a new id",
} as const;
export type RedriveRefusal = keyof typeof REDRIVE_REFUSALS;

export type RedriveAnswer =
  /** `jobId` does `of` again; `duplicate`: it was re-driven before, and nothing was added now. `credits`: of one successful call, as far as it is known. */
  | { kind: "redriven"; queue: CallQueue; jobId: string; of: string; duplicate: boolean; credits: number }
  | { kind: "refused"; why: RedriveRefusal; message: string };

export type RedriveRequest = {
  /** Also a write whose effect is unknown. */
  maySendTwice: boolean;
  /** Also a write that happened, as a person said or a look found. */
  evenIfHappened?: boolean | undefined;
};

export type RedriveManyRequest = RedriveRequest &
  Omit<JobFilter, "state"> & {
    /** Only tells what would be done. */
    dryRun?: boolean | undefined;
    /** Most jobs to re-drive now. */
    limit: number;
    /** Where an earlier answer ended. */
    place?: RedrivePlace | undefined;
  };

/** Among the outcomes of a campaign: how many of them, from the first, are still to be looked at. Otherwise among BullMQ's failed jobs. */
export const RedrivePlace = z.union([z.strictObject({ outcomes: z.int().min(0).max(Number.MAX_SAFE_INTEGER) }), JobPlace]);
export type RedrivePlace = z.infer<typeof RedrivePlace>;

export type RedriveManyAnswer = {
  redriven: number;
  /** Re-driven before. */
  already: number;
  refused: number;
  /** Credits of the re-driven ones if each call succeeds, as far as prices are known. */
  credits: number;
  reasons: Partial<Record<RedriveRefusal, number>>;
  more: boolean;
  /** Where to go on; null at the end. */
  next: RedrivePlace | null;
};

type Parts = { scripts: RedisScripts; config: EngineConfig; prices: PriceTable; queues: CallQueues; views: JobViews; pages: JobPages };

/** Ids that are tried for one job: re-drives of re-drives, and those of older jobs of the same number. */
const CANDIDATES = 50;
/** Jobs that one answer about many looks at, about; and pages of jobs or outcomes. */
const MOST_LOOKED_AT = 1_000;
const MOST_PAGES = 25;
const PAGE = 200;
const FIRST_FAILED: JobPlace = { step: 0, skip: 0 };

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

type Again = { ok: true; name: string; data: JobData; priority: number } | { ok: false; why: RedriveRefusal };

/** `heeds`: whether a person's word that it happened refuses it. `credits`: of one successful call. */
type Ready = (Extract<Again, { ok: true }> & { heeds: boolean; credits: number }) | Extract<Again, { ok: false }>;

/** Whether the request asks for jobs with this outcome. */
function isOf(request: RedriveManyRequest, outcome: Outcome): boolean {
  const { code, accountId, operation, recipientId, addedFromMs, addedBeforeMs } = request;
  const addedMs = Date.parse(outcome.enqueuedAt);
  return (
    (recipientId === undefined || outcome.recipientId === recipientId) &&
    (addedFromMs === undefined || addedMs >= addedFromMs) &&
    (addedBeforeMs === undefined || addedMs < addedBeforeMs) &&
    (code === undefined || outcome.code === code) &&
    (accountId === undefined || outcome.accountId === accountId) &&
    (operation === undefined || outcome.operation === operation)
  );
}

/** The new job, from the old one's data as it lies in BullMQ or was made anew. */
function jobFrom({ view }: FoundJob, { name, data, priority }: { name: string; data: unknown; priority: number }): Again {
  if (typeof data !== "object" || data === null) return { ok: false, why: "invalid" };
  const check = checkJob({ queue: view.queue, name, data: { ...data, redriveOf: view.jobId } });
  if (!check.ok) return { ok: false, why: "invalid" };
  const { expiresAt } = check.job.data;
  if (expiresAt !== undefined && Date.parse(expiresAt) <= Date.now()) return { ok: false, why: "expired" };
  return { ok: true, name, data: check.job.data, priority };
}

/** Jobs to be looked at, null for those that are not wanted; how many were looked up, and where the walk goes on, from each and at the end. */
type Page = {
  jobs: (FoundJob | null)[];
  lookedUp: number;
  from: (index: number) => Promise<RedrivePlace>;
  next: RedrivePlace | null;
};

export class Redrives {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Re-drives one job that ended `failed`, `cancelled` or `unknown`. Throws LinkupError when Redis did not take the new job. */
  async redrive(queue: CallQueue, jobId: string, request: RedriveRequest): Promise<RedriveAnswer> {
    const [found] = await this.#parts.views.find(jobId, queue);
    return found === undefined ? refused("not_found") : await this.#redrive(found, request);
  }

  /**
   * Re-drives those that the request names, newest first, a bounded number; go on from `next` until it is null. A campaign's are found among its
   * outcomes, as long as those are kept; all others among BullMQ's failed jobs.
   */
  async redriveMany(request: RedriveManyRequest): Promise<RedriveManyAnswer> {
    const { campaignId, limit } = request;
    const answer: RedriveManyAnswer = { redriven: 0, already: 0, refused: 0, credits: 0, reasons: {}, more: false, next: null };
    const listed = campaignId === undefined ? 0 : await this.#listedOutcomes(campaignId);
    let at: RedrivePlace = request.place ?? (listed > 0 ? { outcomes: listed } : FIRST_FAILED);
    for (let pages = 0, lookedUp = 0; pages < MOST_PAGES && lookedUp < MOST_LOOKED_AT; pages++) {
      const page: Page =
        "outcomes" in at ? await this.#outcomesPage(request, at) : await this.#failedPage(request, { at, listed: listed > 0 });
      for (const [index, job] of page.jobs.entries()) {
        if (job === null) continue;
        if (answer.redriven === limit) return { ...answer, more: true, next: await page.from(index) };
        const said = await (request.dryRun === true ? this.#foresee(job, request) : this.#redrive(job, request));
        if (said.kind === "redriven") {
          answer[said.duplicate ? "already" : "redriven"] += 1;
          if (!said.duplicate) answer.credits += said.credits;
        } else {
          answer.refused += 1;
          answer.reasons[said.why] = (answer.reasons[said.why] ?? 0) + 1;
        }
      }
      if (page.next === null) return answer;
      at = page.next;
      lookedUp += page.lookedUp;
    }
    return { ...answer, more: true, next: at };
  }

  /** How many outcomes a campaign has that may still be kept; 0 also for a campaign that is but a name. */
  async #listedOutcomes(campaignId: string): Promise<number> {
    const { scripts, config } = this.#parts;
    return config.outcomeDays === 0 ? 0 : await scripts.client.llen(scripts.keys.campaignOutcomes(campaignId));
  }

  /** A page of a campaign's outcomes: what is listed later does not move what was listed before. */
  async #outcomesPage(request: RedriveManyRequest, { outcomes: end }: { outcomes: number }): Promise<Page> {
    const { campaignId = "", queue } = request;
    const { scripts, views } = this.#parts;
    const begin = Math.max(0, end - PAGE);
    const listed = end === 0 ? [] : await scripts.client.lrange(scripts.keys.campaignOutcomes(campaignId), begin, end - 1);
    const kept = await readOutcomes(scripts, listed.reverse());
    const wanted = kept.map((outcome) => {
      if (outcome === null || outcome.status === "succeeded" || !isOf(request, outcome)) return null;
      const home = CallQueue.safeParse(outcome.queue).data;
      return home === undefined || (queue !== undefined && queue !== home) ? null : { jobId: outcome.jobId, queue: home };
    });
    const jobs = await Promise.all(
      wanted.map(async (job) => (job === null ? null : ((await views.find(job.jobId, job.queue))[0] ?? null))),
    );
    return {
      jobs,
      lookedUp: wanted.filter((job) => job !== null).length,
      from: async (index) => ({ outcomes: end - index }),
      next: begin === 0 ? FIRST_FAILED : { outcomes: begin },
    };
  }

  /** A page of BullMQ's failed jobs. `listed`: those of the campaign whose outcomes are kept were looked at before. */
  async #failedPage(request: RedriveManyRequest, { at, listed }: { at: JobPlace; listed: boolean }): Promise<Page> {
    const { pages, views } = this.#parts;
    const { code, campaignId, queue, accountId, operation, recipientId, addedFromMs, addedBeforeMs } = request;
    const filter: JobFilter = { state: "failed", queue, accountId, operation, recipientId, addedFromMs, addedBeforeMs };
    const { rows, next } = await pages.read(filter, { place: at, limit: PAGE });
    const found = await Promise.all(rows.map((row) => views.find(row.jobId, row.queue)));
    const isWanted = ({ view }: FoundJob) =>
      (code === undefined || view.outcome?.code === code) &&
      (campaignId === undefined || (view.campaignId === campaignId && !(listed && view.outcome !== null)));
    return {
      jobs: found.map(([job]) => (job !== undefined && isWanted(job) ? job : null)),
      lookedUp: PAGE,
      from: async (index) => (index === 0 ? at : ((await pages.read(filter, { place: at, limit: index })).next ?? at)),
      next,
    };
  }

  /** The job that is to be done again. */
  async #again(found: FoundJob): Promise<Again> {
    const data = await endedData(this.#parts.scripts, found);
    return data === null ? { ok: false, why: "data_gone" } : jobFrom(found, data);
  }

  /** The new job, or why there is none. */
  async #ready(found: FoundJob, { maySendTwice, evenIfHappened = false }: RedriveRequest): Promise<Ready> {
    const { ended, view } = found;
    if (ended === null) return { ok: false, why: "not_ended" };
    if (ended === "succeeded") return { ok: false, why: "succeeded" };
    const again = await this.#again(found);
    if (!again.ok) return again;
    const mayHaveHappened = ended === "unknown" && operationOf(again.name)?.kind === "write";
    const saidHappened = view.outcome?.resolved?.happened === true;
    if (mayHaveHappened && !maySendTwice) return { ok: false, why: saidHappened && !evenIfHappened ? "happened" : "may_send_twice" };
    const credits = isOperation(again.name) ? this.#parts.prices[again.name].credits(again.data.input) : 0;
    return { ...again, heeds: mayHaveHappened && !evenIfHappened, credits };
  }

  /** As `redrive` would answer now, by the rules of redrive.lua; nothing is named or added. */
  async #foresee(found: FoundJob, request: RedriveRequest): Promise<RedriveAnswer> {
    const { client, keys } = this.#parts.scripts;
    const ready = await this.#ready(found, request);
    if (!ready.ok) return refused(ready.why);
    const { campaignId } = ready.data;
    const [named, resolved, state] = await Promise.all([
      client.get(keys.redriven(found.digest)),
      client.get(keys.resolved(found.digest)),
      campaignId === undefined ? null : client.hget(keys.campaign(campaignId), "state"),
    ]);
    const { queue, jobId: of } = found.view;
    const [firstId] = candidateIds(of);
    if (named !== null) return { kind: "redriven", queue, jobId: named, of, duplicate: true, credits: ready.credits };
    if (state === "cancelled") return refused("campaign_cancelled");
    if (ready.heeds && resolved === "1") return refused("happened");
    if (firstId === undefined) return refused("no_free_id");
    return { kind: "redriven", queue, jobId: firstId, of, duplicate: false, credits: ready.credits };
  }

  async #redrive(found: FoundJob, request: RedriveRequest): Promise<RedriveAnswer> {
    const { scripts, config, queues } = this.#parts;
    const { view, digest } = found;
    const ready = await this.#ready(found, request);
    if (!ready.ok) return refused(ready.why);
    const { name, data, priority, heeds, credits } = ready;
    const { queue, jobId: of } = view;
    const candidates = candidateIds(of).map((id): [string, string] => [id, jobDigest({ queue, id, timestamp: 0 })]);
    const args = {
      queue,
      digest,
      outcomeId: outcomeIdOf(digest),
      candidates,
      campaign: data.campaignId,
      heeds,
      ledgerDays: config.ledgerDays,
    };
    const [verdict, jobId] = candidates.length === 0 ? (["none", ""] as const) : await scripts.run(redriveScript, args);
    if (verdict === "campaign_cancelled") return refused("campaign_cancelled");
    // The word came meanwhile, or its outcome is kept no longer.
    if (verdict === "happened") return refused("happened");
    if (verdict === "none") return refused("no_free_id");
    const isNew = verdict !== "known";
    try {
      if (isNew) await queues.of(queue).add(name, data, { jobId, priority });
      await noteAccepted(scripts, [{ queue, id: jobId, operation: name, data, isNew }]);
    } catch (thrown) {
      throw addError(thrown);
    }
    return { kind: "redriven", queue, jobId, of, duplicate: verdict !== "new", credits };
  }
}
