/**
 * The way in for jobs from producers: many at a time into their call queues, once for each idempotency key. It checks nothing about a job;
 * what it answered `accepted` lies in Redis, on its disk.
 */
import { CALL_QUEUES, type CallQueue, type JobData, LinkupError, type OperationName } from "@linkup-queue/contracts";
import {
  type Batch,
  contentNameOf,
  fingerprintOf,
  formerKeyOf,
  idOfLine,
  idOfOwnKey,
  idWithoutKey,
  isLineKey,
  type JobKey,
  type LineKey,
} from "../job/job-key.ts";
import { jobDigest } from "../job/job-ref.ts";
import type { CallQueues } from "../redis/call-queues.ts";
import type { EngineConfig } from "../redis/engine-config.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import { redisTrouble } from "../redis/trouble.ts";
import { ArrivalClock } from "./arrival-clock.ts";
import { FormerLineKeys } from "./former-line-keys.ts";
import { type DoorRow, doorScript } from "./lua/door.ts";
import { noteAccepted } from "./note-accepted.ts";
import { isSame } from "./same-job.ts";

/** A job that passed its check. */
export type DoorJob = {
  queue: CallQueue;
  operation: OperationName;
  data: JobData;
  /** BullMQ's. */
  priority: number;
  /** When it is due, ms since the epoch; null for at once. */
  runAtMs: number | null;
  /** The producer's key; null for a job that is new whenever it comes. */
  key: JobKey | null;
};

/**
 * Why a line of a batch can't have the batch's key: for its target and ordinal it was used for another job (`target`), or it was used by line, and
 * this line may be one of those (`former`).
 */
export type LineConflict = "target" | "former";

export type DoorAnswer =
  | { kind: "accepted"; jobId: string; duplicate: boolean }
  /** The key was used for another job. */
  | { kind: "conflict"; why?: LineConflict }
  /** Not accepted, as far as is known. */
  | { kind: "failed"; error: LinkupError };

type Verdict = "new" | "again" | "duplicate" | "conflict" | "held";
/** A job with its id, and what is known of it. `isMoved`: it is known under another id than that of its own key. */
export type LookedAt = { job: DoorJob; id: string; isMoved: boolean; verdict: Verdict };

/** The door's knowledge of a batch while its lines come. */
type OpenBatch = { former: FormerLineKeys; last: Promise<unknown> };

function idOf({ key }: DoorJob): string {
  if (key === null) return idWithoutKey();
  return isLineKey(key) ? idOfLine(key, key.ordinal) : idOfOwnKey(key);
}

function isIn({ verdict }: LookedAt): boolean {
  return verdict === "new" || verdict === "again" || verdict === "duplicate";
}

export class JobDoor {
  readonly #scripts: RedisScripts;
  readonly #config: EngineConfig;
  readonly #queues: CallQueues;
  readonly #arrivals = new ArrivalClock();
  readonly #batches = new WeakMap<Batch, OpenBatch>();

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
    for (const [one, error] of await this.#note(named.filter((one) => isIn(one) && !failures.has(one)))) failures.set(one, error);
    return named.map((one): DoorAnswer => {
      if (one.verdict === "held") return { kind: "conflict", why: "former" };
      if (one.verdict === "conflict") return isLineKey(one.job.key) ? { kind: "conflict", why: "target" } : { kind: "conflict" };
      const error = failures.get(one);
      if (error !== undefined) return { kind: "failed", error };
      return { kind: "accepted", jobId: one.id, duplicate: one.verdict !== "new" };
    });
  }

  /**
   * The first half of `add`: names each job, and finds out which were here before. It may be asked while those before are being added; lines of one
   * batch are looked at in the order in which they are handed over.
   */
  async look(jobs: readonly DoorJob[]): Promise<LookedAt[]> {
    const named = jobs.map((job): LookedAt => ({ job, id: idOf(job), isMoved: false, verdict: "new" }));
    const lines = named.flatMap((one) => (isLineKey(one.job.key) ? [{ one, key: one.job.key }] : []));
    const batch = lines[0]?.key.batch;
    if (batch === undefined) {
      await this.#lookAt(named, new Set());
      return named;
    }
    const open = this.#batches.get(batch) ?? { former: new FormerLineKeys(batch, this.#config.ledgerDays), last: Promise.resolve() };
    this.#batches.set(batch, open);
    const looking = open.last.then(async () => await this.#lookAt(named, await this.#nameFormer(lines, open.former)));
    open.last = looking.catch(() => undefined);
    await looking;
    return named;
  }

  /** Gives lines that were accepted under keys by line the ids that they had; answers those that may have been, and can't be found. */
  async #nameFormer(lines: readonly { one: LookedAt; key: LineKey }[], former: FormerLineKeys): Promise<Set<LookedAt>> {
    const found = await former.find(
      lines.map(({ key }) => key),
      this.#scripts,
    );
    const held = new Set<LookedAt>();
    for (const [index, { one, key }] of lines.entries()) {
      const known = found[index];
      if (typeof known === "object") Object.assign(one, { id: idOfOwnKey(formerKeyOf(key.batch, known.at)), isMoved: true });
      else if (known === "other") held.add(one);
    }
    return held;
  }

  async #lookAt(named: readonly LookedAt[], held: ReadonlySet<LookedAt>): Promise<void> {
    const keyed = named.filter(({ job }) => job.key !== null);
    if (keyed.length === 0) return;
    const rows = keyed.map((one) => rowOf(one, held.has(one)));
    const looked = await this.#scripts.run(doorScript, { jobs: rows, ledgerDays: this.#config.ledgerDays });
    if (looked.length !== keyed.length) throw new Error("the door answered for another number of jobs");
    const moved: LookedAt[] = [];
    for (const [index, one] of keyed.entries()) {
      const found = looked[index] ?? ["conflict"];
      if (found[0] === "elsewhere") {
        if (isLineKey(one.job.key)) Object.assign(one, { id: idOfLine(one.job.key, found[1]), isMoved: true });
        moved.push(one);
      } else if (found[0] === "seen") {
        const [, name, data, opts, priority, timestamp, meta] = found;
        one.verdict = isSame(one.job, { name, data, opts, priority, timestamp, meta }) ? "duplicate" : "conflict";
      } else one.verdict = found[0];
    }
    // Each is known under its other id now.
    await this.#lookAt(moved, held);
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

  /** Notes jobs that are in their queues; answers those for which it is not known, which must be sent again. */
  async #note(own: readonly LookedAt[]): Promise<[LookedAt, LinkupError][]> {
    try {
      const jobs = own.map(({ job: { queue, operation, data }, id, verdict }) => ({
        queue,
        id,
        operation,
        data,
        isNew: verdict !== "duplicate",
      }));
      await noteAccepted(this.#scripts, jobs);
      return [];
    } catch (thrown) {
      const error = addError(thrown);
      return own.map((one) => [one, error]);
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

/** A row for the script `door`. */
function rowOf({ job, id, isMoved }: LookedAt, isHeld: boolean): DoorRow {
  const { key } = job;
  const row = [job.queue, id, jobDigest({ queue: job.queue, id, timestamp: 0 })] as const;
  if (!isLineKey(key)) return [...row, fingerprintOf(job), {}];
  const held = isHeld ? { held: true } : {};
  if (isMoved || !key.hasObject) return [...row, key.fingerprint, held];
  const first = key.ordinal === 1 ? id : idOfLine(key, 1);
  return [...row, key.fingerprint, { ...held, first, ordinal: key.ordinal, copy: key.copy, content: contentNameOf(key) }];
}
