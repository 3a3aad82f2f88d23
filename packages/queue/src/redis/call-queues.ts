/** The call queues from a producer's side: one BullMQ Queue each, opened when first asked for. Nothing is fetched through them. */
import { type CallQueue, queuePrefix } from "@linkup-queue/contracts";
import { Queue, type QueueOptions } from "bullmq";
import type { RedisClient } from "./scripts.ts";

export class CallQueues {
  readonly #options: QueueOptions;
  readonly #queues = new Map<CallQueue, Queue>();

  constructor(connection: RedisClient, keyId: string) {
    this.#options = { connection, prefix: queuePrefix(keyId) };
  }

  of(name: CallQueue): Queue {
    const open = this.#queues.get(name);
    if (open !== undefined) return open;
    // The connection is the engine's; its owner hears of its errors.
    const queue = new Queue(name, this.#options).on("error", () => undefined);
    this.#queues.set(name, queue);
    return queue;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
  }
}
