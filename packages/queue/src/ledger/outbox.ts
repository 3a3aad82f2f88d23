/**
 * Outcomes on their way to the results queue: added under an id of the job's own and unmarked in one step. At least once, one `outcomeId`: an
 * answer of Redis that is lost is asked for again, and whoever consumes may crash.
 */
import type { Outcome } from "@linkup-queue/contracts";
import { digestOfOutcome } from "../job/job-ref.ts";
import type { Confirmed } from "../redis/confirmer.ts";
import type { EngineConfig } from "../redis/engine-config.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import type { Gate } from "./gate.ts";
import { publishScript } from "./lua/publish.ts";
import { publishResolvedScript } from "./lua/publish-resolved.ts";
import { readOutcome, readOutcomes } from "./outcome-store.ts";
import { isUnknownWrite, resultData, resultJob } from "./result-job.ts";

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
    if (this.#config.resultsMax === 0) return false;
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
    await this.#gate.markLost(digest);
    return true;
  }

  /**
   * Publishes outcomes with a person's word once more, under an id of their own, each behind its first telling. Whatever finds no capacity, or waits for
   * that, is found again by the sweep.
   */
  async publishResolved(outcomeIds: readonly string[]): Promise<void> {
    if (outcomeIds.length === 0) return;
    const { outcomeDays } = this.#config;
    // The word may not be confirmed yet by whoever took it.
    const outcomes = await this.#confirmed(() => readOutcomes(this.#scripts, outcomeIds));
    const gone = outcomeIds.filter((_id, at) => outcomes[at] === null);
    const kept = outcomes.filter((outcome) => outcome !== null);
    const items = kept.map(({ outcomeId, status }) => ({ digest: digestOfOutcome(outcomeId), id: outcomeId, name: status }));
    const asked = { ...resultJob(this.#config), items, gone, outcomeDays };
    await this.#scripts.run(
      publishResolvedScript,
      asked,
      kept.map((outcome) => JSON.stringify(outcome)),
    );
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
    const { ledgerDays, outcomeDays } = this.#config;
    const items = batch.map(({ digest, outcome }) => ({
      digest,
      id: outcome.outcomeId,
      name: outcome.status,
      ...(isUnknownWrite(outcome) ? { doubt: true } : {}),
    }));
    const asked = { ...resultJob(this.#config), items, ledgerDays, outcomeDays };
    return await this.#scripts.run(
      publishScript,
      asked,
      batch.map(({ outcome }) => resultData(outcome)),
    );
  }
}
