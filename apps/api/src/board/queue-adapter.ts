/** Bull Board's way to one queue, where its own would mislead: lists stay light, and a queue is rate-limited when its limit is reached. */
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import type { BoardQueue, BoardQueues } from "@linkup-queue/queue";

type Options = NonNullable<ConstructorParameters<typeof BullMQAdapter>[1]>;
type Parts = Options & { queues: BoardQueues; name: BoardQueue; rateLimit: number };
type Statuses = Parameters<BullMQAdapter["getJobs"]>[0];

export class QueueAdapter extends BullMQAdapter {
  readonly #queues: BoardQueues;
  readonly #name: BoardQueue;
  readonly #rateLimit: number;

  /** `rateLimit`: most jobs of a window, as the workers' limiter has it. */
  constructor({ queues, name, rateLimit, ...options }: Parts) {
    super(queues.of(name), options);
    this.#queues = queues;
    this.#name = name;
    this.#rateLimit = rateLimit;
  }

  override async getJobs(statuses: Statuses, start = 0, end = 9): ReturnType<BullMQAdapter["getJobs"]> {
    // BullMQ 6 has no such state: a paused queue's jobs are waiting.
    const types = statuses.filter((status) => status !== "paused");
    return await this.#queues.list(this.#name, { types, start, end });
  }

  override async getJob(id: string): ReturnType<BullMQAdapter["getJob"]> {
    return await this.#queues.find(this.#name, id);
  }

  /** Without the limit BullMQ tells how long its window lasts, also where nothing waits for it. */
  override async getActiveRateLimitTtl(): Promise<number> {
    return Math.max(0, await this.#queues.of(this.#name).getRateLimitTtl(this.#rateLimit));
  }
}
