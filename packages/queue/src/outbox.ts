/** Outcomes on their way to the results queue: added under an id of the job's own, then unmarked. At least once, one `outcomeId`. */
import { type Outcome, queuePrefix, RESULTS_QUEUE } from "@linkup-queue/contracts";
import { Queue } from "bullmq";
import type { EngineConfig } from "./engine-config.ts";
import type { Gate } from "./gate.ts";
import { readOutcome } from "./outcome-store.ts";
import type { RedisScripts } from "./redis-scripts.ts";

/** A consumed outcome stays this long, s: longer than any re-run of its job, so that a second publishing meets the first. */
const KEPT_SECONDS = 3_600;
const KEPT_FAILED_SECONDS = 7 * 86_400;
/** The queue's length is looked at this often, ms. */
const LOOK_EVERY_MS = 1_000;

/** Most outcomes that are published in one step. */
const BATCH = 200;

type Leaving = { digest: string; outcome: Outcome; resolve: () => void; reject: (error: unknown) => void };

export class Outbox {
  readonly #scripts: RedisScripts;
  readonly #gate: Gate;
  readonly #config: EngineConfig;
  readonly #queue: Queue;
  /** Outcomes to be published; while one batch is on its way the next gathers. */
  readonly #leaving: Leaving[] = [];
  #sending: Promise<void> | null = null;
  #waiting = 0;
  #lookedAtMs = 0;

  constructor(scripts: RedisScripts, gate: Gate, config: EngineConfig) {
    this.#scripts = scripts;
    this.#gate = gate;
    this.#config = config;
    this.#queue = new Queue(RESULTS_QUEUE, { connection: scripts.client, prefix: queuePrefix(config.keyId) });
    // The connection is the engine's; its owner hears of its errors.
    this.#queue.on("error", () => undefined);
  }

  /** Publishes a settled job's outcome. False when the results queue is full: the outcome stays in the outbox and the sweep tries again. */
  async publish(digest: string, outcome: Outcome): Promise<boolean> {
    if (!(await this.#hasRoom())) return false;
    this.#waiting += 1;
    const published = new Promise<void>((resolve, reject) => this.#leaving.push({ digest, outcome, resolve, reject }));
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = null;
    });
    await published;
    return true;
  }

  /** Publishes what a crash left between settling and publishing. */
  async republish(digest: string): Promise<boolean> {
    const outcomeId = await this.#scripts.client.hget(this.#scripts.key(`job:${digest}`), "outcomeId");
    const outcome = outcomeId === null ? null : await readOutcome(this.#scripts, outcomeId);
    if (outcome !== null) return await this.publish(digest, outcome);
    await this.#gate.markPublished(digest);
    return true;
  }

  async close(): Promise<void> {
    await this.#sending;
    await this.#queue.close();
  }

  async #sendAll(): Promise<void> {
    while (this.#leaving.length > 0) {
      const batch = this.#leaving.splice(0, BATCH);
      try {
        await this.#queue.addBulk(batch.map(({ outcome }) => resultJob(outcome)));
        await this.#gate.markPublished(...batch.map(({ digest }) => digest));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        // Their marks stand: whoever runs these jobs again, or the sweep, publishes them.
        for (const { reject } of batch) reject(error);
      }
    }
  }

  async #hasRoom(): Promise<boolean> {
    const now = Date.now();
    if (now - this.#lookedAtMs > LOOK_EVERY_MS) {
      this.#lookedAtMs = now;
      this.#waiting = await this.#queue.getJobCountByTypes("waiting", "prioritized", "delayed");
    }
    return this.#waiting < this.#config.resultsMax;
  }
}

function resultJob(outcome: Outcome) {
  return {
    name: outcome.status,
    data: outcome,
    opts: {
      jobId: outcome.outcomeId,
      // The job's own option wins over the consumer's, so nobody's worker can shorten it.
      removeOnComplete: { age: KEPT_SECONDS },
      removeOnFail: { age: KEPT_FAILED_SECONDS },
    },
  };
}
