/**
 * Wakes call workers when something came into their queues while they hold a job that waits, so that an urgent one among it passes. BullMQ writes an
 * event for each job that comes; one connection of a process sleeps on the events of all its queues. It takes nothing from BullMQ: the marker, which
 * BullMQ's own sleepers take away, is theirs.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Queue } from "bullmq";
import { Cluster } from "ioredis";
import type { RedisClient } from "../redis/scripts.ts";

/** A worker's queue; `isNeeded`: a job of the queue waits in the worker's hand, so the worker fetches no other by itself. */
export type WatchedQueue = { queue: Queue; isNeeded: () => boolean; look: () => Promise<void> };

/** Well below the time after which a silent connection is given up, ms. */
const LONGEST_BLOCK_MS = 5_000;
/** Events within this time are one, ms. */
const REST_MS = 5;
/** After Redis's trouble, ms. */
const TROUBLE_PAUSE_MS = 1_000;
const FIRST_ID = "0-0";

export type UrgentWatchOptions = { connection: RedisClient; onError: (error: unknown) => void };

export class UrgentWatch {
  readonly #options: UrgentWatchOptions;
  /** Made when it is needed first. */
  #connection: RedisClient | null = null;
  readonly #queues: WatchedQueue[] = [];
  readonly #closed = new AbortController();
  #wanted = Promise.withResolvers<void>();
  #running: Promise<void> = Promise.resolve();

  constructor(options: UrgentWatchOptions) {
    this.#options = options;
  }

  /** Watches one queue more. Returns what to call once it is needed. */
  add(watched: WatchedQueue): () => void {
    this.#queues.push(watched);
    if (this.#queues.length === 1) this.#running = this.#run();
    return () => this.#wanted.resolve();
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.#wanted.resolve();
    this.#connection?.disconnect();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      if (!this.#queues.some(({ isNeeded }) => isNeeded())) {
        await this.#wanted.promise;
        this.#wanted = Promise.withResolvers();
        continue;
      }
      try {
        await this.#sleepUntilEvent();
      } catch (error) {
        this.#tell(error);
        await sleep(TROUBLE_PAUSE_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** Looks at each queue after the latest event was read, so none is missed; then sleeps until the next. */
  async #sleepUntilEvent(): Promise<void> {
    const { connection } = this.#options;
    const queues = [...this.#queues];
    const keys = queues.map(({ queue }) => queue.toKey("events"));
    const latest = await Promise.all(keys.map((key) => connection.xrevrange(key, "+", "-", "COUNT", 1)));
    await Promise.all(queues.map(async ({ isNeeded, look }) => (isNeeded() ? await look() : undefined)));
    if (this.#closed.signal.aborted) return;
    const ids = latest.map(([last]) => last?.[0] ?? FIRST_ID);
    this.#connection ??= this.#connect();
    await this.#connection.xread("COUNT", 1, "BLOCK", LONGEST_BLOCK_MS, "STREAMS", ...keys, ...ids);
    await sleep(REST_MS);
  }

  #connect(): RedisClient {
    const { connection } = this.#options;
    const own: RedisClient = connection instanceof Cluster ? connection.duplicate() : connection.duplicate();
    own.on("error", (error: unknown) => this.#tell(error));
    return own;
  }

  #tell(error: unknown): void {
    if (!this.#closed.signal.aborted) this.#options.onError(error);
  }
}
