/**
 * Outcomes on their way to the results queue: added under an id of the job's own and unmarked in one step. At least once, one `outcomeId`: an
 * answer of Redis that is lost is asked for again, and whoever consumes may crash.
 */
import { type Outcome, RESULTS_QUEUE } from "@linkup-queue/contracts";
import type { Confirmed } from "../redis/confirmer.ts";
import type { EngineConfig } from "../redis/engine-config.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import type { Gate } from "./gate.ts";
import { publishScript } from "./lua/publish.ts";
import { readOutcome } from "./outcome-store.ts";

/** A consumed outcome stays this long, s: longer than any re-run of its job, so that a second publishing meets the first. */
const KEPT_SECONDS = 3_600;
const KEPT_FAILED_SECONDS = 7 * 86_400;
/** The options of every job on the results queue. A job's own option wins over the consumer's, so nobody's worker can shorten it. */
const OPTIONS = JSON.stringify({ removeOnComplete: { age: KEPT_SECONDS }, removeOnFail: { age: KEPT_FAILED_SECONDS }, attempts: 0 });
/** Most outcomes that are published in one step. */
const BATCH = 200;

type Leaving = { digest: string; outcome: Outcome; resolve: (published: boolean) => void; reject: (error: unknown) => void };

export class Outbox {
  readonly #scripts: RedisScripts;
  readonly #gate: Gate;
  readonly #config: EngineConfig;
  readonly #confirmed: Confirmed;
  /** Outcomes to be published; while one batch is on its way the next gathers. */
  readonly #leaving: Leaving[] = [];
  #sending: Promise<void> | null = null;
  #full = false;

  constructor(scripts: RedisScripts, { gate, config, confirmed }: { gate: Gate; config: EngineConfig; confirmed: Confirmed }) {
    this.#scripts = scripts;
    this.#gate = gate;
    this.#config = config;
    this.#confirmed = confirmed;
  }

  /** Publishes the outcome of a job whose settlement is confirmed. False when the results queue is full: the outcome stays in the outbox and the sweep tries again. */
  async publish(digest: string, outcome: Outcome): Promise<boolean> {
    const published = new Promise<boolean>((resolve, reject) => this.#leaving.push({ digest, outcome, resolve, reject }));
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = null;
    });
    return await published;
  }

  /** Whether this process found no capacity on the results queue, and there is none now. */
  async isFull(): Promise<boolean> {
    if (this.#full) this.#full = (await this.#publish([])).waiting >= this.#config.resultsMax;
    return this.#full;
  }

  /** Publishes what a crash left between settling and publishing. */
  async republish(digest: string): Promise<boolean> {
    // Whoever settled it may have died before that was confirmed, or may be confirming it still.
    const outcome = await this.#confirmed(async () => {
      const outcomeId = await this.#scripts.client.hget(this.#scripts.keys.job(digest), "outcomeId");
      return outcomeId === null ? null : await readOutcome(this.#scripts, outcomeId);
    });
    if (outcome !== null) return await this.publish(digest, outcome);
    await this.#gate.markPublished(digest);
    return true;
  }

  async close(): Promise<void> {
    await this.#sending;
  }

  async #sendAll(): Promise<void> {
    try {
      while (this.#leaving.length > 0) await this.#send(this.#leaving.splice(0, BATCH));
    } finally {
      // In the same turn in which nothing more was found: what comes a moment later must not count on a sender that has stopped.
      this.#sending = null;
    }
  }

  async #send(batch: Leaving[]): Promise<void> {
    try {
      const { count } = await this.#publish(batch);
      this.#full = count < batch.length;
      for (const [at, { resolve }] of batch.entries()) resolve(at < count);
    } catch (error) {
      // Their marks stand, or they are published: whoever runs these jobs again, or the sweep, publishes what is not.
      for (const { reject } of batch) reject(error);
    }
  }

  /** Answers how many of the batch are on the results queue now, counted from its first, and how many wait there. */
  async #publish(batch: readonly Leaving[]): Promise<{ count: number; waiting: number }> {
    const { resultsMax: max, ledgerDays, outcomeDays } = this.#config;
    const items = batch.map(({ digest, outcome }) => ({ digest, id: outcome.outcomeId, name: outcome.status }));
    const asked = { queue: RESULTS_QUEUE, items, opts: OPTIONS, timestamp: Date.now(), max, ledgerDays, outcomeDays };
    return await this.#scripts.run(
      publishScript,
      asked,
      batch.map(({ outcome }) => JSON.stringify(outcome)),
    );
  }
}
