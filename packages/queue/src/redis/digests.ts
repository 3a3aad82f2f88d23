/**
 * Keyed digests of what must be found again without being kept: e-mails, credentials, the API key. Their secret is one of its own, made once for
 * each LINKUP_KEY_ID and kept sealed beside them, so that they stay the same when LINKUP_SECRETS_KEY is replaced.
 */
import { createHmac, randomBytes } from "node:crypto";
import type { RedisScripts } from "./scripts.ts";
import type { SealPlace, Secrets } from "./secrets.ts";

/** The field of the key's hash that holds the sealed secret. */
export const DIGESTS_FIELD = "digests";
/** The field of the key's hash that holds a known text, sealed: what proves that two processes have the same key. */
export const CANARY_FIELD = "keyCanary";

/** The field of the key's hash that holds the sealed secret of people's digests, see people-digests.ts. */
export const PEOPLE_FIELD = "peopleSecret";
/** Not bound to a key id: an exported list serves another one, too. */
export const PEOPLE_PLACE: SealPlace = { purpose: "people", owner: "" };

export class Digests {
  readonly #scripts: RedisScripts;
  readonly #secrets: Secrets;
  #secret: Promise<Buffer> | null = null;

  constructor(scripts: RedisScripts, secrets: Secrets) {
    this.#scripts = scripts;
    this.#secrets = secrets;
  }

  /** The digest of a text for one purpose: equal texts give equal digests, and nothing leads back. Throws `secrets_key_wrong`. */
  async of(purpose: "api-key" | "email" | "credentials", text: string): Promise<string> {
    this.#secret ??= this.#load().catch((error: unknown) => {
      this.#secret = null;
      throw error;
    });
    return createHmac("sha256", await this.#secret)
      .update(`${purpose}\n${text}`)
      .digest("base64url");
  }

  async #load(): Promise<Buffer> {
    const { client } = this.#scripts;
    const key = this.#scripts.keys.state;
    const place = { purpose: "digests", owner: this.#scripts.keyId } as const;
    const [stored, canary] = await client.hmget(key, DIGESTS_FIELD, CANARY_FIELD);
    if (!stored) {
      // Digests of before were made with the secrets key of then: with it as their secret they are still found.
      const former = canary ? await this.#secrets.formerKeyOf(canary) : null;
      const made = Buffer.from(former ?? randomBytes(32)).toString("base64");
      await client.hsetnx(key, DIGESTS_FIELD, await this.#secrets.seal(made, place));
    }
    // Whoever was quicker made it.
    const sealed = stored || (await client.hget(key, DIGESTS_FIELD));
    return Buffer.from(await this.#secrets.open(String(sealed), place), "base64");
  }
}
