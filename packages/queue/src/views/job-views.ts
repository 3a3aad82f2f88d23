/** One job as people see it, put together from the ledger, BullMQ and the kept outcome. It reads only, and never walks a queue. */
import {
  CALL_QUEUES,
  CallQueue,
  jsonWithinBounds,
  MAX_JOB_BYTES,
  OUTCOME_STATUSES,
  type Outcome,
  type OutcomeStatus,
  type PriceTable,
  queuePrefix,
  type WaitsFor,
} from "@linkup-queue/contracts";
import { z } from "zod";
import { type CallHistory, historyOf } from "../job/call-history.ts";
import { JobMeta, namesIn } from "../job/job-meta.ts";
import { type JobRef, jobDigest, madeAtMs, outcomeIdOf } from "../job/job-ref.ts";
import { peopleOfJob } from "../job/job-subjects.ts";
import { readStored } from "../ledger/outcome-store.ts";
import type { EngineConfig } from "../redis/engine-config.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import { type Found, findJobScript } from "./lua/find-job.ts";
import { type AskedJob, WaitReader } from "./wait-reader.ts";

/** BullMQ's own states, and `parked`; but `active` is a job whose call is out. */
export const JOB_STATES = ["waiting", "parked", "delayed", "active", "completed", "failed"] as const;
export const JobState = z.enum(JOB_STATES);
export type JobState = z.infer<typeof JobState>;

export type JobView = {
  queue: CallQueue;
  jobId: string;
  state: JobState;
  /** Null when only the ledger's byte is left of the job, as are the others. */
  operation: string | null;
  accountId: string | null;
  campaignId: string | null;
  recipientId: string | null;
  enqueuedAt: string | null;
  outcome: Outcome | null;
  /** The reason why it waits; left out when it has ended, when its call is out, and where nobody asked (`withWait`). */
  waitsFor?: WaitsFor;
};

/** A job where it was found, with what cancelling and re-driving need. */
export type FoundJob = {
  ref: JobRef;
  digest: string;
  meta: JobMeta | null;
  where: Found["where"];
  history: CallHistory;
  /** How it ended, by the ledger alone; null while it has not. */
  ended: OutcomeStatus | null;
  /** BullMQ's record of it; `data` as it lies there, and may be anything. */
  stored: { name: string; data: string; priority: number } | null;
  /** The recipient of a campaign's job that ended and did not succeed, as long as its outcome is kept. */
  fields: Readonly<Record<string, string>> | null;
  view: JobView;
};

function metaOf(found: Found): JobMeta | null {
  if (found.entry?.meta !== undefined) return JobMeta.parse(JSON.parse(found.entry.meta));
  if (found.name === undefined) return null;
  const data = jsonWithinBounds(found.data ?? "{}");
  return { operation: found.name, ...namesIn(data), enqueuedAtMs: found.timestamp ?? 0, about: peopleOfJob(data) };
}

/** The ledger keeps a status whole, or its first letter. */
function endedAs({ entry, used }: Found): OutcomeStatus | null {
  const ended = entry?.state === "settled" ? entry.status : used;
  if (ended === undefined) return null;
  return OUTCOME_STATUSES.find((status) => status[0] === ended[0]) ?? null;
}

/** BullMQ's word for how a job ended, by the ledger's status or its first letter. */
export function endState(ended: string): "completed" | "failed" {
  return ended.startsWith("s") ? "completed" : "failed";
}

/** The ledger knows best; BullMQ is asked about what the ledger leaves open. */
export function stateOf({
  where,
  entry,
  used,
}: Pick<Found, "where" | "used"> & { entry?: { state: string; status?: string | undefined } | undefined }): JobState {
  const ended = entry?.state === "settled" ? entry.status : used;
  if (ended !== undefined) return endState(ended);
  if (entry?.state === "open") return "active";
  if (entry?.state === "parked") return "parked";
  if (entry?.state === "released") return "waiting";
  switch (where) {
    case "delayed":
    case "completed":
    case "failed":
      return where;
    case "":
    // A worker has it in hand, and it waits at the gate.
    case "active":
    case "wait":
    case "prioritized":
      return "waiting";
  }
}

export class JobViews {
  readonly #scripts: RedisScripts;
  readonly #config: EngineConfig;
  readonly #waits: WaitReader;

  constructor(scripts: RedisScripts, config: EngineConfig, prices: PriceTable) {
    this.#scripts = scripts;
    this.#config = config;
    this.#waits = new WaitReader(scripts, config, prices);
  }

  /** A found job as people see it: with what it waits for. */
  async withWait({ ref, view }: FoundJob): Promise<JobView> {
    const { state, operation, accountId, campaignId } = view;
    if (state === "completed" || state === "failed" || operation === null) return view;
    const [waitsFor] = await this.#waits.read([{ ref, operation, accountId, campaignId }]);
    return waitsFor == null ? view : { ...view, waitsFor };
  }

  /** The reasons why these jobs wait; null for one that ended, or whose call is out. */
  async waits(jobs: readonly AskedJob[]): Promise<(WaitsFor | null)[]> {
    return await this.#waits.read(jobs);
  }

  /** The jobs of this id, one for each queue that has or had one; in all queues, or in one. Ids of ours are in one queue only. */
  async find(jobId: string, queue?: CallQueue): Promise<FoundJob[]> {
    const refs = await this.#refs(jobId, queue === undefined ? CALL_QUEUES : [queue]);
    const jobs = refs.map((ref): [CallQueue, string, string] => [CallQueue.parse(ref.queue), ref.id, jobDigest(ref)]);
    if (jobs.length === 0) return [];
    const found = await this.#scripts.run(findJobScript, { jobs, ledgerDays: this.#config.ledgerDays, mostData: MAX_JOB_BYTES });
    return await Promise.all(
      found.map((one) => {
        const ref = refs.find((candidate) => candidate.queue === one.queue);
        if (ref === undefined) throw new Error("a job was found in a queue that was not looked at");
        return this.#foundJob(one, { ...ref, timestamp: one.timestamp ?? ref.timestamp });
      }),
    );
  }

  async #foundJob(found: Found, ref: JobRef): Promise<FoundJob> {
    const digest = jobDigest(ref);
    const state = stateOf(found);
    const ended = state === "completed" || state === "failed";
    const kept = ended ? await readStored(this.#scripts, outcomeIdOf(digest)) : null;
    const outcome = kept?.outcome ?? null;
    const meta = metaOf(found);
    const names = outcome ?? meta;
    return {
      ref,
      digest,
      meta,
      where: found.where,
      history: historyOf(found.entry ?? {}),
      ended: endedAs(found),
      stored:
        found.name === undefined || found.data === undefined ? null : { name: found.name, data: found.data, priority: found.priority ?? 0 },
      fields: kept?.fields ?? null,
      view: {
        queue: found.queue,
        jobId: ref.id,
        state,
        operation: names?.operation ?? null,
        accountId: names?.accountId ?? null,
        campaignId: names?.campaignId ?? null,
        recipientId: names?.recipientId ?? null,
        enqueuedAt: outcome?.enqueuedAt ?? (meta === null ? null : new Date(meta.enqueuedAtMs).toISOString()),
        outcome,
      },
    };
  }

  /** BullMQ's own numbers name a job only together with its timestamp, which is lost with the job. */
  async #refs(jobId: string, queues: readonly CallQueue[]): Promise<JobRef[]> {
    if (!/^\d+$/.test(jobId)) return queues.map((queue) => ({ queue, id: jobId, timestamp: 0 }));
    const pipeline = this.#scripts.client.pipeline();
    for (const queue of queues) pipeline.hget(`${queuePrefix(this.#config.keyId)}:${queue}:${jobId}`, "timestamp");
    const replies = (await pipeline.exec()) ?? [];
    return queues.flatMap((queue, index) => {
      const timestamp = replies[index]?.[1];
      return typeof timestamp === "string" ? [{ queue, id: jobId, timestamp: madeAtMs(timestamp) }] : [];
    });
  }
}
