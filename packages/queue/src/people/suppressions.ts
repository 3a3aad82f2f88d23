/** The list of people who are not to be contacted, as typed calls. It keeps digests alone, so it outlives their erasure. It ends no job by itself: see `StoppedJobs`. */
import { LinkupError } from "@linkup-queue/contracts";
import type { RedisScripts } from "../redis/scripts.ts";
import { type SuppressEntry, suppressionsScript, suppressScript, unsuppressScript } from "../safety/lua/suppressions.ts";
import { type PeopleDigests, type PeopleSecret, personDigest } from "../safety/people-digests.ts";
import { readSuppressions, type Suppression, type SuppressionRequest } from "./suppression.ts";

export const PERSON_DIGEST = /^[\w.]{16}$/;

/** One row of a list: people by `personKey`, or a digest as an exported list has it. */
export type SuppressionRow = SuppressionRequest & { since?: string | undefined } & ({ people: readonly string[] } | { person: string });

export type SuppressionCounts = { added: number; changed: number; same: number };

export type SuppressionPage = { items: Suppression[] /** The last digest; null at the end. */; next: string | null };

export class Suppressions {
  readonly #scripts: RedisScripts;
  readonly #digests: PeopleDigests;

  constructor(scripts: RedisScripts, digests: PeopleDigests) {
    this.#scripts = scripts;
    this.#digests = digests;
  }

  /**
   * Puts people on the list; from then on no call to one of them leaves. `secret`: the sealed one of an exported list, for its digests.
   * Throws `conflict` where the list that is there has another secret than those digests, and `secrets_key_wrong` where that does not open.
   */
  async put(rows: readonly SuppressionRow[], sealed?: string): Promise<SuppressionCounts> {
    const exported = sealed === undefined ? null : await this.#digests.open(sealed);
    for (;;) {
      const kept = await this.#digests.refresh();
      if (exported !== null && kept !== null && kept.name !== exported.name) throw otherList();
      const secret = kept ?? exported ?? (await this.#digests.forWriting());
      const entries = rows.flatMap((row) => entriesOf(secret, row, exported !== null));
      const { name: secretName, sealed: text } = secret;
      const answers = await this.#scripts.run(suppressScript, { entries, secretName, sealed: text });
      // Another process made the first secret meanwhile.
      if (answers[0] === "other") continue;
      const count = (kind: keyof SuppressionCounts) => answers.filter((answer) => answer === kind).length;
      return { added: count("added"), changed: count("changed"), same: count("same") };
    }
  }

  /** Takes a person, by `personKey` or by digest, off the list: of one scope, else of all. Answers how many entries went. */
  async remove(who: { key: string } | { digest: string }, scope?: string): Promise<number> {
    const digest = await this.#digestOf(who);
    return digest === null ? 0 : await this.#scripts.run(unsuppressScript, { people: [digest], scope });
  }

  /** The entries of one person. */
  async of(who: { key: string } | { digest: string }): Promise<Suppression[]> {
    const digest = await this.#digestOf(who);
    if (digest === null) return [];
    const text = await this.#scripts.client.hget(this.#scripts.keys.suppressed(digest.slice(0, 2)), digest.slice(2));
    return readSuppressions(digest, text ?? "", Date.now());
  }

  /** Entries in the order of their digests, behind the digest `after`: of `limit` people or some more. */
  async list({ after = "", limit }: { after?: string | undefined; limit: number }): Promise<SuppressionPage> {
    const found = await this.#scripts.run(suppressionsScript, { after, limit });
    const nowMs = Date.now();
    const items = found.flatMap(([digest, text]) => readSuppressions(digest, text, nowMs));
    return { items, next: found.length < limit ? null : (found.at(-1)?.[0] ?? null) };
  }

  /** The sealed secret that an exported list needs; null where nobody was ever suppressed. */
  async sealedSecret(): Promise<string | null> {
    return (await this.#digests.refresh())?.sealed ?? null;
  }

  async #digestOf(who: { key: string } | { digest: string }): Promise<string | null> {
    if ("digest" in who) return who.digest;
    const secret = await this.#digests.refresh();
    return secret === null ? null : personDigest(secret, who.key);
  }
}

function entriesOf(secret: PeopleSecret, row: SuppressionRow, isExported: boolean): SuppressEntry[] {
  if ("person" in row && !isExported) throw new LinkupError("invalid_input", "A digest comes with the first line of its exported list");
  const { scope, reason, until, since } = row;
  const digests = "person" in row ? [row.person] : row.people.map((person) => personDigest(secret, person));
  const till = until === null ? 0 : Date.parse(until);
  return digests.map((person) => ({ person, scope, reason, till, ...(since === undefined ? {} : { since: Date.parse(since) }) }));
}

function otherList(): LinkupError {
  return new LinkupError(
    "conflict",
    "This exported list was made with another secret than the list that is there: nobody could say who is who. Import it before anybody is suppressed, or import addresses",
  );
}
