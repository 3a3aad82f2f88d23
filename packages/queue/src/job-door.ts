/**
 * The way in for jobs from producers: many at a time into their call queues, once for each idempotency key. It checks nothing about a job;
 * what it answered `accepted` lies in Redis, on its disk.
 */
import { hash, randomBytes } from "node:crypto";
import { CALL_QUEUES, type CallQueue, type JobData, LinkupError } from "@linkup-queue/contracts";
import { z } from "zod";
import { ArrivalClock } from "./arrival-clock.ts";
import type { CallQueues } from "./call-queues.ts";
import { isSame } from "./door-sameness.ts";
import type { EngineConfig } from "./engine-config.ts";
import { DIGEST_LENGTH, jobDigest } from "./job-ref.ts";
import type { RedisScripts } from "./redis-scripts.ts";
import { redisTrouble } from "./redis-trouble.ts";

/** A job that passed its check. */
export type DoorJob = {
  queue: CallQueue;
  operation: string;
  data: JobData;
  /** BullMQ's. */
  priority: number;
  /** When it is due, ms since the epoch; null for at once. */
  runAtMs: number | null;
  /** The producer's key; null for a job that is new whenever it comes. */
  key: { caller: string; text: string } | null;
};

export type DoorAnswer =
  | { kind: "accepted"; jobId: string; duplicate: boolean }
  /** The key was used for another job. */
  | { kind: "conflict" }
  /** Not accepted, as far as is known. */
  | { kind: "failed"; error: LinkupError };

type Verdict = "new" | "again" | "duplicate" | "conflict";
/** A job with its id, and what is known of it. */
export type LookedAt = { job: DoorJob; id: string; verdict: Verdict };

const Looked = z.array(
  z.union([
    z.tuple([z.enum(["new", "again", "duplicate", "conflict"])]),
    z.tuple([z.literal("seen"), z.string(), z.string(), z.string(), z.string(), z.string(), z.string()]),
  ]),
);

/** The first letter keeps an id from looking like one of BullMQ's own numbers. */
const PREFIX = "j";
const PRINT_LENGTH = 11;

function digestOf(text: string, length: number): string {
  return hash("sha256", text, "base64url").slice(0, length);
}

function idOf({ key }: DoorJob): string {
  return PREFIX + (key === null ? randomBytes(15).toString("base64url") : digestOf(`${key.caller}\n${key.text}`, DIGEST_LENGTH));
}

/** Equal for jobs that are the same in all their producer said. */
function printOf({ operation, data, priority, runAtMs }: DoorJob): string {
  return digestOf(JSON.stringify([operation, data, priority, runAtMs]), PRINT_LENGTH);
}

export class JobDoor {
  readonly #scripts: RedisScripts;
  readonly #config: EngineConfig;
  readonly #queues: CallQueues;
  readonly #arrivals = new ArrivalClock();

  constructor(scripts: RedisScripts, config: EngineConfig, queues: CallQueues) {
    this.#scripts = scripts;
    this.#config = config;
    this.#queues = queues;
  }

  /** Adds jobs, at most a thousand or so, in their order. One answer for each; it rejects only when nothing at all was done. */
  async add(jobs: readonly DoorJob[]): Promise<DoorAnswer[]> {
    return await this.addLookedAt(await this.look(jobs));
  }

  /** The second half of `add`, for those that were looked at just before. */
  async addLookedAt(named: readonly LookedAt[]): Promise<DoorAnswer[]> {
    const toAdd = named.filter(({ verdict }) => verdict === "new" || verdict === "again");
    const failures = new Map<LookedAt, LinkupError>();
    await Promise.all(
      CALL_QUEUES.map(async (queue) => {
        const own = toAdd.filter(({ job }) => job.queue === queue);
        if (own.length === 0) return;
        for (const [one, error] of await this.#addTo(queue, own)) failures.set(one, error);
      }),
    );
    return named.map((one): DoorAnswer => {
      if (one.verdict === "conflict") return { kind: "conflict" };
      const error = failures.get(one);
      if (error !== undefined) return { kind: "failed", error };
      return { kind: "accepted", jobId: one.id, duplicate: one.verdict !== "new" };
    });
  }

  /** The first half of `add`: names each job, and finds out which were here before. It may be asked while those before are being added. */
  async look(jobs: readonly DoorJob[]): Promise<LookedAt[]> {
    const named = jobs.map((job): LookedAt => ({ job, id: idOf(job), verdict: "new" }));
    const keyed = named.filter(({ job }) => job.key !== null);
    if (keyed.length === 0) return named;
    const rows = keyed.map(({ job, id }) => [job.queue, id, jobDigest({ queue: job.queue, id, timestamp: 0 }), printOf(job)]);
    const reply = await this.#scripts.run("door", { jobs: rows, ledgerDays: this.#config.ledgerDays });
    const looked = Looked.length(keyed.length).parse(reply);
    for (const [index, one] of keyed.entries()) {
      const [said, name, data, opts, priority, timestamp, meta] = looked[index] ?? ["conflict"];
      if (said !== "seen") one.verdict = said;
      else one.verdict = isSame(one.job, { name, data, opts, priority, timestamp, meta }) ? "duplicate" : "conflict";
    }
    return named;
  }

  /** Adds to one queue; answers those that are not in it afterwards. */
  async #addTo(name: CallQueue, own: readonly LookedAt[]): Promise<[LookedAt, LinkupError][]> {
    const queue = this.#queues.of(name);
    try {
      const nowMs = Date.now();
      await queue.addBulk(own.map(({ job, id }) => ({ name: job.operation, data: job.data, opts: this.#options(job, id, nowMs) })));
      return [];
    } catch (thrown) {
      // BullMQ tells the first error only; others of the same pipeline may be in.
      const missing = await this.#missing(name, own);
      const error = addError(thrown);
      return missing.map((one) => [one, error]);
    }
  }

  #options(job: DoorJob, jobId: string, nowMs: number) {
    const timestamp = this.#arrivals.next(job.data.accountId, nowMs);
    const delayMs = job.runAtMs === null ? 0 : job.runAtMs - timestamp;
    return { jobId, priority: job.priority, timestamp, ...(delayMs > 0 ? { delay: delayMs } : {}) };
  }

  async #missing(queue: CallQueue, own: readonly LookedAt[]): Promise<LookedAt[]> {
    const pipeline = this.#scripts.client.pipeline();
    for (const { id } of own) pipeline.exists(this.#queues.of(queue).toKey(id));
    const replies = (await pipeline.exec()) ?? [];
    return own.filter((_one, index) => Number(replies[index]?.[1] ?? 0) !== 1);
  }
}

/** Why Redis did not take a job, from what BullMQ threw. */
export function addError(thrown: unknown): LinkupError {
  return redisTrouble(thrown) ?? new LinkupError("redis_unreachable", "Redis did not take the job. Send it again", { cause: thrown });
}
