/** Trouble of the api in its log, and that Redis is back: asked for only while it is away. */
import { RedisReturn, TroubleTeller } from "@linkup-queue/contracts";
import { type RedisClient, redisTrouble } from "@linkup-queue/queue";
import type { Logger } from "pino";

export class ToldTrouble extends TroubleTeller {
  readonly #client: RedisClient;
  readonly #return: RedisReturn;

  constructor(log: Logger, client: RedisClient) {
    super(log);
    this.#client = client;
    this.#return = new RedisReturn(log);
  }

  override see(error: unknown, words?: string, facts?: object): void {
    // A Redis that answers no, as one that is full, is not away.
    if (redisTrouble(error)?.code === "redis_unreachable") this.#return.away();
    super.see(error, words, facts);
  }

  override look(): void {
    super.look();
    if (!this.#return.isAway) return;
    const sinceMs = performance.now();
    this.#client.ping().then(
      () => this.#return.answered(sinceMs),
      () => this.#return.away(),
    );
  }
}
