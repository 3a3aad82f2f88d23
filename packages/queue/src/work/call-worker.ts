/**
 * One BullMQ worker on one queue: fetches as the line can take, runs the processor, and has its decision carried out. BullMQ's own limiter
 * stays on as the backstop; nothing here knows LinkUp.
 */

import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import type { SpendingQueue } from "@linkup-queue/contracts";
import { PRIORITIES, queuePrefix } from "@linkup-queue/contracts";
import { type Job, Queue, UnrecoverableError, type Worker } from "bullmq";
import type { Decision } from "../job/decision.ts";
import { type JobRef, madeAtMs } from "../job/job-ref.ts";
import { OpenJob, unreadOf } from "../job/open-job.ts";
import type { Gate } from "../ledger/gate.ts";
import type { EngineConfig } from "../redis/engine-config.ts";
import type { RedisClient } from "../redis/scripts.ts";
import { SteadyWorker } from "../redis/steady-worker.ts";
import { errorOf } from "../redis/trouble.ts";
import { carryOut } from "./carry-out.ts";
import { FetchWidth } from "./fetch-width.ts";
import { UrgentWatch } from "./urgent-watch.ts";

/** A fetched job as the processor sees it. */
export type FetchedJob = {
  ref: JobRef;
  name: string;
  data: unknown;
  /** Null when `data` was read. Otherwise why not, worded to end a sentence: it is no JSON, or beyond the bounds; `data` is null then. */
  unread: string | null;
  /** BullMQ's priority; 0 for none, 1 is urgent. */
  priority: number;
};

/** How the processor tells the worker what its job is doing, so that the fetching can follow. */
export type Progress = { granted(): void; lined(): void };

export type Processor = (job: FetchedJob, progress: Progress) => Promise<Decision>;

export type CallWorkerOptions = {
  queue: SpendingQueue;
  config: EngineConfig;
  connection: RedisClient;
  gate: Gate;
  processor: Processor;
  /** Of this process: wakes the worker for urgent jobs while it holds one that waits. Left out: the worker has its own. */
  urgentWatch?: UrgentWatch;
  /** Trouble of BullMQ or of the processor that is not a job's outcome. */
  onError: (error: unknown) => void;
  /** BullMQ failed the job by itself; its outcome is to be written. */
  onFailedByBullmq: (job: FetchedJob) => void;
};

/** A worker that BullMQ's limiter put to sleep can't be woken when held jobs give their tokens back; this bounds the sleep, ms. */
const LIMITER_SLEEP_MS = 250;
/** Wakes of BullMQ's main loop within this time are one, ms: each costs a look at Redis. */
const WAKE_MS = 2;
/** When Redis or a defect gets in the way, the job comes again after this, ms. */
const TROUBLE_PAUSE_MS = 5_000;
/** The rest of data beyond the bounds. */
const DROPPED = { "(dropped)": "the data was beyond the bounds of a job and was not kept" };
const LOCK_MS = 10_000;
const STALLED_EVERY_MS = 5_000;

class OpenWorker extends SteadyWorker {
  // BullMQ's own Job throws on data that can't be read; the job would stall and run again for ever.
  protected override get Job(): typeof Job {
    return OpenJob;
  }
}

export class CallWorker {
  readonly #options: CallWorkerOptions;
  readonly #width = new FetchWidth();
  readonly #worker: Worker;
  readonly #queue: Queue;
  readonly #ownWatch: UrgentWatch | null;
  readonly #wantWatch: () => void;
  #lined = 0;
  #wakePending = false;
  #closing = false;

  constructor(options: CallWorkerOptions) {
    this.#options = options;
    const { queue, config, connection } = options;
    const prefix = queuePrefix(config.keyId);
    this.#queue = new Queue(queue, { connection, prefix });
    this.#worker = new OpenWorker(queue, (job, token) => this.#process(job, token ?? ""), {
      connection,
      prefix,
      autorun: false,
      concurrency: 1,
      limiter: { max: config.rateLimit, duration: config.rateWindowMs },
      maximumRateLimitDelay: LIMITER_SLEEP_MS,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_EVERY_MS,
      // A stalled job asks the ledger what became of it; BullMQ must never fail it unasked.
      maxStalledCount: 1_000_000,
      removeOnComplete: { count: 1_000 },
      removeOnFail: { age: 7 * 86_400, count: 10_000 },
    });
    const watch = options.urgentWatch ?? new UrgentWatch({ connection, onError: options.onError });
    this.#ownWatch = options.urgentWatch === undefined ? watch : null;
    this.#wantWatch = watch.add({
      queue: this.#queue,
      isNeeded: () => this.#lined > 0 && !this.#closing,
      look: () => this.#lookForUrgent(),
    });
    this.#worker.on("error", (error) => {
      if (!this.#closing) options.onError(error);
    });
    this.#queue.on("error", (error) => {
      if (!this.#closing) options.onError(error);
    });
    this.#worker.on("failed", (job, error) => {
      if (job !== undefined && !(error instanceof UnrecoverableError)) options.onFailedByBullmq(fetchedJob(job, queue));
    });
  }

  /** Begins to fetch. Returns once the worker is connected. */
  async start(): Promise<void> {
    await this.#worker.waitUntilReady();
    void this.#worker.run().catch((error: unknown) => this.#options.onError(error));
  }

  /** Takes nothing new. Jobs in line are handed back by the line's own drain. */
  stopFetching(): void {
    this.#closing = true;
    void this.#worker.pause(true).catch((error: unknown) => this.#options.onError(error));
  }

  /** Waits for the jobs in hand and closes; `force` leaves them to BullMQ's stall check. */
  async close(force = false): Promise<void> {
    this.#closing = true;
    await this.#ownWatch?.close();
    await this.#worker.close(force);
    await this.#queue.close();
  }

  async #process(job: Job, token: string): Promise<unknown> {
    const { processor, queue, onError } = this.#options;
    const fetched = fetchedJob(job, queue);
    const urgent = fetched.priority === PRIORITIES.urgent;
    this.#width.fetched(urgent);
    let granted = false;
    let waited = false;
    let lined = false;
    const unline = () => {
      if (lined) this.#lined -= 1;
      lined = false;
    };
    const progress: Progress = {
      granted: () => {
        granted = true;
        unline();
        this.#width.granted({ atOnce: !urgent && !waited });
        this.#follow();
      },
      lined: () => {
        // A job that has to ask anew may come into the line a second time.
        if (lined) return;
        lined = true;
        waited = true;
        this.#lined += 1;
        this.#width.lined();
        this.#follow();
        this.#wantWatch();
        // An urgent job that came between this job's fetch and now woke nobody.
        void this.#lookForUrgent();
      },
    };
    try {
      const decision = await processor(fetched, progress).catch((error: unknown): Decision => {
        onError(errorOf(error));
        return { kind: "snooze", afterMs: TROUBLE_PAUSE_MS, reason: "trouble" };
      });
      // The job has its outcome. Kept in BullMQ's record for days, its data would hold up whoever reads that.
      if ((decision.kind === "fail" || decision.kind === "complete") && unreadOf(job)?.isBeyondBounds === true) {
        await job.updateData(DROPPED).catch(onError);
      }
      if (decision.kind === "park") {
        this.#width.parked();
        this.#follow();
      }
      return await carryOut(decision, job, { token, ref: fetched.ref, gate: this.#options.gate, onError });
    } finally {
      unline();
      // One job ends in each turn of the event loop: after each, BullMQ compares the jobs in hand with `concurrency` and may fetch another.
      await yieldToEventLoop();
      this.#width.ended({ granted });
      this.#follow();
    }
  }

  /** Lets BullMQ's main loop see the new width. Raising `concurrency` alone doesn't wake it; a pause taken back at once does. */
  #follow(): void {
    const before = this.#worker.concurrency;
    this.#worker.concurrency = this.#width.concurrency;
    if (this.#worker.concurrency <= before || this.#wakePending || this.#closing) return;
    this.#wakePending = true;
    setTimeout(() => {
      this.#wakePending = false;
      if (this.#closing || !this.#worker.isRunning()) return;
      void this.#worker.pause(true).catch((error: unknown) => this.#options.onError(error));
      // Returns once its main loop is set going again; the loop itself reports through `error`.
      void this.#worker.resume();
    }, WAKE_MS);
  }

  async #lookForUrgent(): Promise<void> {
    if (this.#lined === 0 || this.#closing) return;
    try {
      const counts = await this.#queue.getCountsPerPriority([PRIORITIES.urgent]);
      if ((counts[String(PRIORITIES.urgent)] ?? 0) === 0 || this.#lined === 0) return;
      this.#width.urgentWaits();
      this.#follow();
    } catch (error) {
      this.#options.onError(error);
    }
  }
}

function fetchedJob(job: Job, queue: SpendingQueue): FetchedJob {
  const ref = { queue, id: job.id ?? "", timestamp: madeAtMs(job.timestamp) };
  const unread = unreadOf(job)?.why ?? null;
  return { ref, name: job.name, data: unread === null ? (job.data as unknown) : null, unread, priority: job.priority ?? 0 };
}
