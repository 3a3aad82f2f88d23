/**
 * Which id works with which API key, over all ids of one Redis: two ids would count the requests of one key apart, and break its limit. The one
 * key of ours that lies outside every id's own; a user who has no right to it works all the same, and is told that nobody looks.
 */
import { createHmac } from "node:crypto";
import { LinkupError } from "@linkup-queue/contracts";
import type { RedisClient } from "../redis/redis-client.ts";
import { lacksRight } from "../redis/rights.ts";

const CLAIMS = "linkup-queue:keys";

/** A key is long and made at random: nothing leads back from its digest. One name for it, whatever the ids' LINKUP_SECRETS_KEY. */
function claimDigest(apiKey: string): string {
  return createHmac("sha256", CLAIMS).update(apiKey).digest("base64url").slice(0, 22);
}

export class KeyClaims {
  readonly #client: RedisClient;
  readonly #keyId: string;

  constructor(client: RedisClient, keyId: string) {
    this.#client = client;
    this.#keyId = keyId;
  }

  /**
   * Claims the API key for this id. Answers what to tell where the Redis user may not see who claimed it, else null. Throws `key_conflict` where
   * another id has it.
   */
  async claim(apiKey: string): Promise<string | null> {
    const digest = claimDigest(apiKey);
    let owner: string;
    try {
      await this.#client.hsetnx(CLAIMS, digest, this.#keyId);
      owner = (await this.#client.hget(CLAIMS, digest)) ?? this.#keyId;
    } catch (error) {
      if (!lacksRight(error)) throw error;
      return `nobody looks whether another LINKUP_KEY_ID works with this API key, which would count its requests apart: this Redis user may not read and write the key ${CLAIMS} (acl setuser <user> ~${CLAIMS})`;
    }
    if (owner === this.#keyId) return null;
    throw new LinkupError(
      "key_conflict",
      `This API key is already used under LINKUP_KEY_ID=${owner}. Two ids would count its requests apart: use one id for it. To move it here for good, stop all workers of ${owner}, wait for one window, and run: redis-cli hdel ${CLAIMS} ${digest}`,
    );
  }

  /** Gives the API key free for another id: only where no worker works with it any more, nor did within the last window. */
  async release(apiKey: string): Promise<void> {
    try {
      await this.#client.hdel(CLAIMS, claimDigest(apiKey));
    } catch (error) {
      // Who may not write it has claimed nothing.
      if (!lacksRight(error)) throw error;
    }
  }
}
