/** Parts of campaigns that a feeder has read: definitions and chunks of recipients. Only what never changes under its name is kept. */

import type { RedisScripts } from "../redis/scripts.ts";
import { CampaignDefinition } from "./campaign-definition.ts";
import { charactersOf, type Recipient, unpackRecipients } from "./campaign-recipients.ts";
import { readFedChunk } from "./step-rows.ts";

const KEPT_DEFINITIONS = 200;
/** Of chunks that were read, in characters: 1,000 ordinary recipients have about 150,000. A chunk that does not fit is read again. */
const KEPT_CHARACTERS = 64 * 1024 * 1024;

/** A chunk of an account's share, by its number counted from the first ever. */
export type ChunkName = { campaign: { id: string; edition: string }; account: string; chunk: number };

export class CampaignCache {
  readonly #scripts: RedisScripts;
  readonly #definitions = new Map<string, CampaignDefinition>();
  readonly #chunks = new Map<string, { recipients: Recipient[]; characters: number }>();
  #characters = 0;
  /** Records that could not be read: each is reported once and left alone, so that it holds up none of the others. */
  readonly #unreadable = new Set<string>();
  readonly #onError: (error: unknown) => void;

  constructor(scripts: RedisScripts, onError: (error: unknown) => void) {
    this.#scripts = scripts;
    this.#onError = onError;
  }

  /** A definition from its text, or null for one that this version can't read. */
  definition(text: string): CampaignDefinition | null {
    const known = this.#definitions.get(text);
    if (known !== undefined || this.#unreadable.has(text)) return known ?? null;
    try {
      const definition = CampaignDefinition.parse(JSON.parse(text));
      keep(this.#definitions, text, { value: definition, most: KEPT_DEFINITIONS });
      return definition;
    } catch (error) {
      this.#leave(text, error);
      return null;
    }
  }

  /** Whether the chunk was found to be one that this version can't read. */
  isUnreadable(name: ChunkName): boolean {
    return this.#unreadable.has(keyOf(name));
  }

  /** The account's first chunk, which must be the named one; null when there is none, or none that can be read. */
  async firstChunk(name: ChunkName): Promise<Recipient[] | null> {
    const { client, keys } = this.#scripts;
    return await this.#chunk(name, () => client.lindexBuffer(keys.todo(name.campaign.id, name.account), 0));
  }

  /** A chunk of a sequence of which somebody was fed; null when there is none, or none that can be read. */
  async fedChunk(name: ChunkName): Promise<Recipient[] | null> {
    return await this.#chunk(name, () => readFedChunk(this.#scripts, name.campaign.id, name));
  }

  async #chunk(name: ChunkName, read: () => Promise<Buffer | null>): Promise<Recipient[] | null> {
    const key = keyOf(name);
    const known = this.#chunks.get(key);
    if (known !== undefined) return known.recipients;
    const packed = await read();
    if (packed === null) return null;
    try {
      const recipients = unpackRecipients(packed);
      const characters = recipients.reduce((sum, recipient) => sum + charactersOf(recipient), 0);
      for (const oldest of this.#chunks.keys()) {
        if (this.#characters + characters <= KEPT_CHARACTERS) break;
        this.#forget(oldest);
      }
      this.#chunks.set(key, { recipients, characters });
      this.#characters += characters;
      return recipients;
    } catch (error) {
      this.#leave(key, error);
      return null;
    }
  }

  /** The chunk is done. */
  drop(name: ChunkName): void {
    this.#forget(keyOf(name));
  }

  #forget(key: string): void {
    this.#characters -= this.#chunks.get(key)?.characters ?? 0;
    this.#chunks.delete(key);
  }

  #leave(key: string, error: unknown): void {
    this.#unreadable.add(key);
    this.#onError(error);
  }
}

function keyOf({ campaign, account, chunk }: ChunkName): string {
  return `${campaign.id}\n${campaign.edition}\n${account}\n${chunk}`;
}

function keep<Value>(cache: Map<string, Value>, key: string, { value, most }: { value: Value; most: number }): void {
  if (cache.size >= most) cache.delete(cache.keys().next().value ?? "");
  cache.set(key, value);
}
