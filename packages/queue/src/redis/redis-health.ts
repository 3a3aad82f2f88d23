/**
 * Whether calls may leave as far as this Redis goes: its memory, and whether enough replicas follow. A worker looks now and then, marks that
 * were not confirmed are told of here, and the gate reads it at each question. It grants nothing itself.
 */
import type { RedisClient } from "./scripts.ts";
import { type RedisShortage, redisShortage } from "./suitability.ts";

/** `before`: the shortage at the look before this one. `unconfirmed`: marks since then that too few replicas confirmed in time. */
export type RedisLook = { before: RedisShortage | null; shortage: RedisShortage | null; unconfirmed: number };

export class RedisHealth {
  readonly #client: RedisClient;
  readonly #replicas: number;
  #shortage: RedisShortage | null = null;
  #unconfirmed = 0;

  /** `replicas`: how many must have Redis's newest writes. */
  constructor(client: RedisClient, replicas: number) {
    this.#client = client;
    this.#replicas = replicas;
  }

  /** Why nothing new is granted, by the last look; null for no reason. A process that never looks has none. */
  get shortage(): RedisShortage | null {
    return this.#shortage;
  }

  /** Too few replicas confirmed a mark in time: the next look says so, whatever it finds. */
  markUnconfirmed(): void {
    this.#unconfirmed += 1;
  }

  /** Looks anew. Throws when Redis does not answer; the last look holds then. */
  async look(): Promise<RedisLook> {
    const unconfirmed = this.#unconfirmed;
    this.#unconfirmed = 0;
    const found = await redisShortage(this.#client, { replicas: this.#replicas });
    const before = this.#shortage;
    this.#shortage = found ?? (unconfirmed > 0 ? "redis_replicas" : null);
    return { before, shortage: this.#shortage, unconfirmed };
  }
}
