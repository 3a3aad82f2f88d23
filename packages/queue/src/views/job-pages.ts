/**
 * Lists of jobs by account, operation and state, page by page. Each page looks at a bounded number of entries, however many there are:
 * it may be short, or empty, and still not be the last. It reads only.
 */
import {
  CALL_QUEUES,
  CallQueue,
  MAX_JOB_BYTES,
  type Outcome,
  type OutcomeCode,
  operationOf,
  type PriceTable,
  type WaitsFor,
} from "@linkup-queue/contracts";
import { z } from "zod";
import { JobMeta } from "../job/job-meta.ts";
import { jobDigest } from "../job/job-ref.ts";
import type { EngineConfig } from "../redis/engine-config.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import { endState, type JobState, type JobView } from "./job-views.ts";
import { ledgerStatesScript } from "./lua/ledger-states.ts";
import { type PageRow, pageScript } from "./lua/page.ts";
import { readRowOutcomes, refOfRow } from "./row-outcomes.ts";
import { WaitReader } from "./wait-reader.ts";

export type JobRow = {
  queue: CallQueue;
  jobId: string;
  state: JobState;
  operation: string;
  accountId: string | null;
  campaignId: string | null;
  recipientId: string | null;
  enqueuedAt: string;
  /** The reason why it waits; left out when it has ended, or its call is out. */
  waitsFor?: WaitsFor;
};

export type JobFilter = {
  accountId?: string | undefined;
  operation?: string | undefined;
  campaignId?: string | undefined;
  recipientId?: string | undefined;
  /** Only jobs that ended with this code, as long as their outcomes are kept. */
  code?: OutcomeCode | undefined;
  /** Added at or after, ms since the epoch. */
  addedFromMs?: number | undefined;
  /** Added before. */
  addedBeforeMs?: number | undefined;
  state?: JobState | undefined;
  queue?: CallQueue | undefined;
};

/** Where the next page begins: a step of the walk, and a place in its set or list. */
export const JobPlace = z.strictObject({
  step: z.int().min(0).max(1_000),
  skip: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
  score: z
    .string()
    .max(40)
    // As Redis writes a score; what only looks like one would be an error of its reply.
    .regex(/^-?(?:\d+(?:\.\d+)?(?:e[+-]?\d{1,3})?|inf)$/)
    .optional(),
  after: z.string().max(500).optional(),
});
export type JobPlace = z.infer<typeof JobPlace>;

export type JobPage = { rows: JobRow[]; next: JobPlace | null };

/**
 * BullMQ's sets and lists in the order in which they are walked, with the states of the jobs in them, first the one of a job of which the ledger
 * knows nothing. `delayed` holds the parked ones too, and of the jobs that workers have in hand most may wait at the gate.
 */
const SOURCES = [
  { source: "active", states: ["waiting", "active"], newestFirst: false },
  { source: "prioritized", states: ["waiting"], newestFirst: false },
  { source: "wait", states: ["waiting"], newestFirst: false },
  { source: "paused", states: ["waiting"], newestFirst: false },
  { source: "delayed", states: ["delayed", "parked"], newestFirst: false },
  { source: "failed", states: ["failed"], newestFirst: true },
  { source: "completed", states: ["completed"], newestFirst: true },
] as const satisfies readonly { source: string; states: readonly JobState[]; newestFirst: boolean }[];

type Step = { queue: CallQueue; source: (typeof SOURCES)[number] };

/** Entries that one page looks at. */
export const LOOKED_AT = 1_000;
/** Entries of one look: a short time for Redis, also where the jobs are large. */
const LOOK = 200;

export class JobPages {
  readonly #scripts: RedisScripts;
  readonly #config: EngineConfig;
  readonly #waits: WaitReader;

  constructor(scripts: RedisScripts, config: EngineConfig, prices: PriceTable) {
    this.#scripts = scripts;
    this.#config = config;
    this.#waits = new WaitReader(scripts, config, prices);
  }

  /** At most `limit` jobs from this place on, each with what it waits for. */
  async read(filter: JobFilter, page: { place: JobPlace | undefined; limit: number }): Promise<JobPage> {
    const { rows, next } = await this.#walk(filter, page);
    const waiting = rows.filter(({ state }) => state !== "completed" && state !== "failed");
    const found = await this.#waits.read(waiting.map((row) => ({ ...row, ref: refOfRow(row) })));
    const reasons = new Map(waiting.map((row, index) => [row, found[index]]));
    return {
      rows: rows.map((row) => {
        const waitsFor = reasons.get(row);
        return waitsFor == null ? row : { ...row, waitsFor };
      }),
      next,
    };
  }

  /** How these ended, without the answers; null for one that has not, or whose outcome is kept no longer. */
  async outcomes(rows: readonly JobRow[]): Promise<(Outcome | null)[]> {
    return await readRowOutcomes(this.#scripts, rows);
  }

  async #walk(asked: JobFilter, { place, limit }: { place: JobPlace | undefined; limit: number }): Promise<JobPage> {
    // A job that succeeded has no code.
    const filter = asked.code === undefined ? asked : { ...asked, state: asked.state ?? "failed" };
    if (filter.state === "parked" && filter.accountId !== undefined) return await this.#lane(filter.accountId, { filter, place, limit });
    const steps = stepsOf(filter);
    const rows: JobRow[] = [];
    let at: JobPlace = place ?? { step: 0, skip: 0 };
    for (let looked = 0; looked < LOOKED_AT && rows.length < limit; ) {
      const step = steps[at.step];
      if (step === undefined) return { rows, next: null };
      const found = await this.#look(step, at);
      const shown = await this.#shown(step, found, filter);
      for (const [index, row] of found.entries()) {
        if (rows.length === limit) break;
        at = placeAfter(at, row);
        const one = shown[index] ?? null;
        if (one !== null) rows.push(one);
      }
      looked += found.length;
      if (found.length < LOOK && rows.length < limit) at = { step: at.step + 1, skip: 0 };
    }
    return { rows, next: steps[at.step] === undefined ? null : at };
  }

  async #look({ queue, source }: Step, { skip, score }: JobPlace): Promise<PageRow[]> {
    const { source: name, newestFirst } = source;
    const args = { queue, source: name, newestFirst, skip, score, count: LOOK, mostData: MAX_JOB_BYTES };
    return await this.#scripts.run(pageScript, args);
  }

  /** The rows of a look that the filter wants, null in the place of the others. */
  async #shown(step: Step, found: readonly PageRow[], filter: JobFilter): Promise<(JobRow | null)[]> {
    const states = await this.#states(step, found);
    const rows = found.map((row, index) => {
      const one = rowOf(step, row, states[index] ?? "waiting");
      return one !== null && isJobOf(one, filter) ? one : null;
    });
    if (filter.code === undefined) return rows;
    const wanted = rows.filter((row) => row !== null);
    const outcomes = await readRowOutcomes(this.#scripts, wanted);
    const coded = new Set(wanted.filter((_row, index) => outcomes[index]?.code === filter.code));
    return rows.map((row) => (row !== null && coded.has(row) ? row : null));
  }

  /** The state of each row: its set's, unless the ledger knows better: it is parked, or was cancelled and still lies in a list. */
  async #states({ queue, source }: Step, rows: readonly PageRow[]): Promise<JobState[]> {
    if (rows.length === 0 || source.source === "failed" || source.source === "completed") return rows.map(() => source.states[0]);
    const digests = rows.map(({ id, timestamp = 0 }) => jobDigest({ queue, id, timestamp }));
    const said = await this.#scripts.run(ledgerStatesScript, { digests, ledgerDays: this.#config.ledgerDays });
    return said.map(([state, status, used]) => {
      if (state === "parked") return "parked";
      // A call may still be out of a job that BullMQ has taken from its worker.
      if (state === "open") return "active";
      const ended = state === "settled" ? status : used;
      if (ended === "") return source.states[0];
      return endState(ended);
    });
  }

  /** An account's parked jobs stand in its lane, in the order of their turns. */
  async #lane(
    accountId: string,
    { filter, place, limit }: { filter: JobFilter; place: JobPlace | undefined; limit: number },
  ): Promise<JobPage> {
    const { client } = this.#scripts;
    const members = await this.#scripts.namesAfter(this.#scripts.keys.lane(accountId), place?.after, limit);
    const pipeline = client.pipeline();
    for (const member of members) pipeline.hmget(this.#scripts.keys.job(member.slice(member.lastIndexOf("|") + 1)), "queue", "id", "meta");
    const replies = (await pipeline.exec()) ?? [];
    const rows = replies.flatMap(([, entry]): JobRow[] => {
      const [queue, id, meta] = z.array(z.string().nullable()).catch([]).parse(entry);
      const home = CallQueue.safeParse(queue);
      if (!home.success || !id || !meta) return [];
      const { operation, campaignId, recipientId, enqueuedAtMs } = JobMeta.parse(JSON.parse(meta));
      const enqueuedAt = new Date(enqueuedAtMs).toISOString();
      return [{ queue: home.data, jobId: id, state: "parked", operation, accountId, campaignId, recipientId, enqueuedAt }];
    });
    const last = members.at(-1);
    const next = last === undefined || members.length < limit ? null : { step: 0, skip: 0, after: last };
    return { rows: rows.filter((row) => isJobOf(row, filter)), next };
  }
}

function stepsOf({ operation, state, queue: only }: JobFilter): Step[] {
  const home = only ?? (operation === undefined ? undefined : operationOf(operation)?.queue);
  const queues = home === undefined ? CALL_QUEUES : [home];
  return queues.flatMap((queue) =>
    SOURCES.filter(({ states }) => state === undefined || states.some((known) => known === state)).map((source) => ({ queue, source })),
  );
}

function placeAfter({ step, skip, score }: JobPlace, row: PageRow): JobPlace {
  if (row.score === undefined) return { step, skip: skip + 1 };
  return row.score === score ? { step, skip: skip + 1, score } : { step, skip: 1, score: row.score };
}

function rowOf({ queue }: Step, row: PageRow, state: JobState): JobRow | null {
  if (row.name === undefined) return null;
  return {
    queue,
    jobId: row.id,
    state,
    operation: row.name,
    accountId: row.account ?? null,
    campaignId: row.campaign ?? null,
    recipientId: row.recipient ?? null,
    enqueuedAt: new Date(row.timestamp ?? 0).toISOString(),
  };
}

type Described = Pick<JobView, "state" | "operation" | "accountId" | "campaignId" | "recipientId" | "enqueuedAt"> & {
  outcome?: Outcome | null;
};

/** Whether a job is one of those; by its code where its outcome is at hand. */
export function isJobOf(job: Described, filter: JobFilter): boolean {
  const { accountId, operation, campaignId, recipientId, code, state, addedFromMs, addedBeforeMs } = filter;
  const addedMs = Date.parse(job.enqueuedAt ?? "");
  return (
    (accountId === undefined || job.accountId === accountId) &&
    (operation === undefined || job.operation === operation) &&
    (campaignId === undefined || job.campaignId === campaignId) &&
    (recipientId === undefined || job.recipientId === recipientId) &&
    (code === undefined || job.outcome === undefined || job.outcome?.code === code) &&
    (state === undefined || job.state === state) &&
    (addedFromMs === undefined || addedMs >= addedFromMs) &&
    (addedBeforeMs === undefined || addedMs < addedBeforeMs)
  );
}
