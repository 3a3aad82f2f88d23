/**
 * Digests of the people who are not to be contacted. Their secret is one of its own, made with the first of them and never replaced: the list keeps nothing but these
 * digests, and could not be made anew. Its name lies beside it, so that a process which remembers another one learns of that.
 */
import { createHmac, randomBytes } from "node:crypto";
import { LinkupError } from "@linkup-queue/contracts";
import { PEOPLE_FIELD, PEOPLE_PLACE } from "../redis/digests.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import type { Secrets } from "../redis/secrets.ts";
import { suppressScript } from "./lua/suppressions.ts";

/** 96 bits: two of a billion people share one with a chance of one in 10^11. */
const DIGEST_LENGTH = 16;
const NAME_LENGTH = 8;

/** `name` tells it from another; `sealed` is its text as it is kept. */
export type PeopleSecret = { name: string; bytes: Buffer; sealed: string };

function macOf(bytes: Buffer, text: string): string {
  return createHmac("sha256", bytes).update(text).digest("base64url");
}

/** The digest of a person (by `personKey`) under a secret: letters, digits, `_` and `.`, so that it begins no option of a command. */
export function personDigest({ bytes }: PeopleSecret, person: string): string {
  return macOf(bytes, `person\n${person}`).slice(0, DIGEST_LENGTH).replaceAll("-", ".");
}

export class PeopleDigests {
  readonly #scripts: RedisScripts;
  readonly #secrets: Secrets;
  #known: PeopleSecret | null = null;

  constructor(scripts: RedisScripts, secrets: Secrets) {
    this.#scripts = scripts;
    this.#secrets = secrets;
  }

  /** The gate's arguments for a job that is about these people; none while this process knows of no suppression. */
  told(reached: readonly string[], about: readonly string[] = []): { people?: string; reached?: string; peopleSecret?: string } {
    const secret = this.#known;
    if (secret === null) return {};
    const digests = (people: readonly string[]) => people.map((person) => personDigest(secret, person));
    const own = digests(reached);
    const all = about.every((person) => reached.includes(person)) ? own : [...new Set([...own, ...digests(about)])];
    return { people: all.join(), reached: own.join(), peopleSecret: secret.name };
  }

  /** Reads the secret that is kept, or makes the first one. Throws `secrets_key_wrong`. */
  async learn(): Promise<void> {
    if ((await this.refresh()) !== null) return;
    const { name, sealed } = await this.forWriting();
    await this.#scripts.run(suppressScript, { entries: [], secretName: name, sealed });
    await this.refresh();
  }

  /** Reads the secret that is kept; null while there is none. Throws `secrets_key_wrong`. */
  async refresh(): Promise<PeopleSecret | null> {
    const sealed = await this.#scripts.client.hget(this.#scripts.keys.state, PEOPLE_FIELD);
    this.#known = sealed ? await this.open(sealed) : null;
    return this.#known;
  }

  /** The secret that is kept, else one that was just made and is kept with the first person. Throws `secrets_key_wrong`. */
  async forWriting(): Promise<PeopleSecret> {
    const kept = await this.refresh();
    if (kept !== null) return kept;
    return await this.open(await this.#secrets.seal(randomBytes(32).toString("base64"), PEOPLE_PLACE));
  }

  /** Opens a sealed secret, as an exported list has it. Throws `secrets_key_wrong`, or `invalid_input` for what is none. */
  async open(sealed: string): Promise<PeopleSecret> {
    const bytes = Buffer.from(await this.#secrets.open(sealed, PEOPLE_PLACE), "base64");
    if (bytes.length !== 32) throw new LinkupError("invalid_input", "is no sealed secret of a list of suppressions");
    return { name: macOf(bytes, "name").slice(0, NAME_LENGTH), bytes, sealed };
  }
}
