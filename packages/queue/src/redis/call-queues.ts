/** The call queues from a producer's side: one BullMQ Queue each, for adding and removing. Nothing is fetched through them. */
import { CALL_QUEUES, type CallQueue, queuePrefix } from "@linkup-queue/contracts";
import { Queue } from "bullmq";
import type { RedisClient } from "./scripts.ts";

export class CallQueues {
  readonly #queues: ReadonlyMap<CallQueue, Queue>;

  constructor(connection: RedisClient, keyId: string) {
    const options = { connection, prefix: queuePrefix(keyId) };
    // The connection is the engine's; its owner hears of its errors.
    this.#queues = new Map(CALL_QUEUES.map((name) => [name, new Queue(name, options).on("error", () => undefined)]));
  }

  of(name: CallQueue): Queue {
    const queue = this.#queues.get(name);
    if (queue === undefined) throw new Error(`${name} is not a call queue`);
    return queue;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
  }
}
