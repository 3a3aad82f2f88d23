/**
 * Whether calls may leave as far as this Redis goes: its memory, and whether enough replicas follow. A worker looks now and then, marks that
 * were not confirmed are told of here, and the gate reads it at each question. It grants nothing itself.
 */
import type { RedisClient } from "./scripts.ts";
import { type RedisHold, redisHold } from "./suitability.ts";

/** `before`: the hold at the look before this one. `unconfirmed`: marks since then that too few replicas confirmed in time. */
export type RedisLook = { before: RedisHold | null; hold: RedisHold | null; unconfirmed: number };

export class RedisHealth {
  readonly #client: RedisClient;
  readonly #replicas: number;
  #hold: RedisHold | null = null;
  #unconfirmed = 0;

  /** `replicas`: how many must have Redis's newest writes. */
  constructor(client: RedisClient, replicas: number) {
    this.#client = client;
    this.#replicas = replicas;
  }

  /** Why nothing new is granted, by the last look; null for no reason. A process that never looks has none. */
  get hold(): RedisHold | null {
    return this.#hold;
  }

  /** Too few replicas confirmed a mark in time: the next look says so, whatever it finds. */
  markUnconfirmed(): void {
    this.#unconfirmed += 1;
  }

  /** Looks anew. Throws when Redis does not answer; the last look holds then. */
  async look(): Promise<RedisLook> {
    const unconfirmed = this.#unconfirmed;
    this.#unconfirmed = 0;
    const found = await redisHold(this.#client, { replicas: this.#replicas });
    const before = this.#hold;
    this.#hold = found ?? (unconfirmed > 0 ? "redis_replicas" : null);
    return { before, hold: this.#hold, unconfirmed };
  }
}
