/** Outcomes on their way to the results queue: added under an id of the job's own, then unmarked. At least once, one `outcomeId`. */
import { randomUUID } from "node:crypto";
import { type Outcome, queuePrefix, RESULTS_QUEUE } from "@linkup-queue/contracts";
import { Queue } from "bullmq";
import type { EngineConfig } from "../redis/engine-config.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import type { Gate } from "./gate.ts";
import { resultsRoomScript } from "./lua/results-room.ts";
import { readOutcome } from "./outcome-store.ts";

/** A consumed outcome stays this long, s: longer than any re-run of its job, so that a second publishing meets the first. */
const KEPT_SECONDS = 3_600;
const KEPT_FAILED_SECONDS = 7 * 86_400;
/** With this much room, by a look within this time, ms, nobody has to ask for it: more than all processes publish meanwhile. */
const AMPLE_ROOM = 50_000;
const LOOK_EVERY_MS = 1_000;
/** Room that a process was given and did not use, as it died, is free again after this, ms. */
const ROOM_KEPT_MS = 10_000;

/** Most outcomes that are published in one step. */
const BATCH = 200;

type Leaving = { digest: string; outcome: Outcome; resolve: (published: boolean) => void; reject: (error: unknown) => void };

export class Outbox {
  readonly #scripts: RedisScripts;
  readonly #gate: Gate;
  readonly #config: EngineConfig;
  readonly #queue: Queue;
  /** Outcomes to be published; while one batch is on its way the next gathers. */
  readonly #leaving: Leaving[] = [];
  #sending: Promise<void> | null = null;
  #ampleUntilMs = 0;
  #full = false;

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
    const published = new Promise<boolean>((resolve, reject) => this.#leaving.push({ digest, outcome, resolve, reject }));
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = null;
    });
    return await published;
  }

  /** Whether this process found no room on the results queue, and there is none now. */
  async isFull(): Promise<boolean> {
    if (this.#full) this.#full = (await this.#askRoom(0)).waiting >= this.#config.resultsMax;
    return this.#full;
  }

  /** Publishes what a crash left between settling and publishing. */
  async republish(digest: string): Promise<boolean> {
    const outcomeId = await this.#scripts.client.hget(this.#scripts.keys.job(digest), "outcomeId");
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
    try {
      while (this.#leaving.length > 0) await this.#send(this.#leaving.splice(0, BATCH));
    } finally {
      // In the same turn in which nothing more was found: what comes a moment later must not count on a sender that has stopped.
      this.#sending = null;
    }
  }

  async #send(batch: Leaving[]): Promise<void> {
    try {
      const { count, release } = await this.#room(batch.length);
      this.#full = count < batch.length;
      for (const { resolve } of batch.splice(count)) resolve(false);
      if (batch.length === 0) return;
      await this.#queue.addBulk(batch.map(({ outcome }) => resultJob(outcome)));
      await release();
      await this.#gate.markPublished(...batch.map(({ digest }) => digest));
      for (const { resolve } of batch) resolve(true);
    } catch (error) {
      // Their marks stand: whoever runs these jobs again, or the sweep, publishes them.
      for (const { reject } of batch) reject(error);
    }
  }

  /** How many of `wanted` may be published now. That room is this process's until it is released. */
  async #room(wanted: number): Promise<{ count: number; release: () => Promise<unknown> }> {
    if (performance.now() < this.#ampleUntilMs) return { count: wanted, release: () => Promise.resolve() };
    const { name, count, waiting } = await this.#askRoom(wanted);
    if (this.#config.resultsMax - waiting >= AMPLE_ROOM) this.#ampleUntilMs = performance.now() + LOOK_EVERY_MS;
    return { count, release: () => this.#scripts.client.zrem(this.#scripts.keys.resultsRoom, `${name}:${count}`) };
  }

  async #askRoom(wanted: number): Promise<{ name: string; count: number; waiting: number }> {
    const name = randomUUID();
    const asked = { name, count: wanted, max: this.#config.resultsMax, keepMs: ROOM_KEPT_MS };
    return { name, ...(await this.#scripts.run(resultsRoomScript, asked)) };
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
