/**
 * Bounds the wait for Redis: a client is told that it is away, instead of hanging. While it is away nothing is asked of it, so that nothing
 * piles up here and nothing is done long after it was refused.
 */
import { LinkupError } from "@linkup-queue/contracts";
import type { RedisClient } from "@linkup-queue/queue";

export class RedisWait {
  readonly #client: RedisClient;
  readonly #waiting = new Set<() => void>();

  constructor(client: RedisClient) {
    this.#client = client;
    client.on("ready", () => {
      for (const go of this.#waiting) go();
    });
  }

  /**
   * The result of what is asked of Redis. Throws `redis_unreachable` when there is no connection within `limitMs`, and when the answer takes
   * longer than that: then it is not cancelled.
   */
  async within<T>(ask: () => Promise<T>, limitMs: number): Promise<T> {
    if (this.#client.status !== "ready") await this.#connected(limitMs);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const message = "Redis does not answer. What was asked may or may not be done; ask again, jobs with the same idempotencyKey";
      timer = setTimeout(() => reject(new LinkupError("redis_unreachable", message)), limitMs);
    });
    try {
      return await Promise.race([ask(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #connected(limitMs: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(go);
        reject(new LinkupError("redis_unreachable", "Redis is away. Nothing was done; ask again"));
      }, limitMs);
      const go = () => {
        clearTimeout(timer);
        this.#waiting.delete(go);
        resolve();
      };
      this.#waiting.add(go);
    });
  }
}
