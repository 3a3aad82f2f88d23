/**
 * The BullMQ worker on the feeding queue. Every worker process has one; whichever holds the job feeds, and when it dies another takes the job
 * up. A feeder that woke late and goes on beside it does no harm (see campaign-feeder.ts).
 */
import { setTimeout as sleep } from "node:timers/promises";
import { CAMPAIGNS_QUEUE, queuePrefix } from "@linkup-queue/contracts";
import { DelayedError, type Job, type Queue, WaitingError, type Worker } from "bullmq";
import type { EngineConfig } from "../../redis/engine-config.ts";
import type { RedisScripts } from "../../redis/scripts.ts";
import { SteadyWorker } from "../../redis/steady-worker.ts";
import { addFeedJob, openFeedQueue } from "./campaign-feed-job.ts";
import { CampaignFeeder, type CampaignFeederOptions } from "./campaign-feeder.ts";
import { campaignRestScript } from "./lua/feed-scripts.ts";

export type CampaignWorkerOptions = CampaignFeederOptions & {
  /** Recipients that were put into queues just now. */
  onFed?: (count: number) => void;
};

/** Shorter than those of the call queues: an account has two jobs ahead, a few seconds of work, and one that lost its lock does no harm. */
const LOCK_MS = 2_000;
const STALLED_EVERY_MS = 1_000;
/**
 * Wakes within a pause after a round are one: five times what the round took, so that the looking never takes more than a sixth of the time,
 * however many accounts and campaigns there are, and within these bounds, ms.
 */
const PAUSE = { timesRound: 5, leastMs: 10, mostMs: 100 };
/** After trouble with a round, ms. */
const TROUBLE_MS = 1_000;

export class CampaignWorker {
  readonly #scripts: RedisScripts;
  readonly #options: CampaignWorkerOptions;
  readonly #feeder: CampaignFeeder;
  readonly #queue: Queue;
  readonly #worker: Worker;
  readonly #closing = new AbortController();

  constructor(scripts: RedisScripts, config: EngineConfig, options: CampaignWorkerOptions) {
    this.#scripts = scripts;
    this.#options = options;
    this.#feeder = new CampaignFeeder(scripts, config, options);
    this.#queue = openFeedQueue(scripts.client, config.keyId);
    this.#worker = new SteadyWorker(CAMPAIGNS_QUEUE, (job, token) => this.#process(job, token ?? ""), {
      connection: scripts.client,
      prefix: queuePrefix(config.keyId),
      autorun: false,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_EVERY_MS,
      // It must never end: what crashed at it is taken up by another.
      maxStalledCount: 1_000_000,
    });
    const onError = (error: unknown) => {
      if (!this.#closing.signal.aborted) options.onError(error);
    };
    this.#worker.on("error", onError);
    this.#worker.on("failed", (_job, error) => onError(error));
    this.#queue.on("error", onError);
  }

  /** Begins to feed. Returns once the worker is connected and there is a job to take. */
  async start(): Promise<void> {
    await this.#worker.waitUntilReady();
    await addFeedJob(this.#queue);
    void this.#worker.run().catch((error: unknown) => this.#options.onError(error));
  }

  /** Finishes its round and leaves the job to another process. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#worker.close();
    await this.#feeder.close();
    await this.#queue.close();
  }

  async #process(job: Job, token: string): Promise<never> {
    const waitMs = await this.#feed().catch((error: unknown) => {
      this.#options.onError(error);
      return TROUBLE_MS;
    });
    if (this.#closing.signal.aborted) {
      await job.moveToWait(token);
      throw new WaitingError();
    }
    await job.moveToDelayed(Date.now() + waitMs, token);
    // Woken while it was at work, it would sleep until its time: the wake found it in no queue.
    await this.#scripts.run(campaignRestScript, {});
    throw new DelayedError();
  }

  /** Rounds until nothing is due. Returns for how long, ms. */
  async #feed(): Promise<number> {
    for (;;) {
      const beganMs = performance.now();
      const { fed, again, waitMs } = await this.#feeder.feedOnce();
      if (fed > 0) this.#options.onFed?.(fed);
      if (this.#closing.signal.aborted) return 0;
      if (again) continue;
      const pauseMs = Math.min(PAUSE.mostMs, Math.max(PAUSE.leastMs, PAUSE.timesRound * (performance.now() - beganMs)));
      await sleep(pauseMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
      if (!(await this.#isWoken())) return waitMs;
    }
  }

  async #isWoken(): Promise<boolean> {
    return (await this.#scripts.client.hexists(this.#scripts.keys.state, "feedWoken")) === 1;
  }
}
