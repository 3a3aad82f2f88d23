/**
 * Kept outcomes in the order in which they were published, for whoever follows them or looks for some. A call looks at a bounded number of
 * them and holds a bounded number of bytes; whoever wants more asks again from where the answer ended.
 */
import { type Outcome, type OutcomeCode, type OutcomeStatus, peopleOf } from "@linkup-queue/contracts";
import { z } from "zod";
import type { RedisScripts } from "../redis/scripts.ts";
import { packedOutcomes, type StoredOutcome, unpackStored } from "./outcome-store.ts";

export type OutcomeFilter = {
  status?: OutcomeStatus | undefined;
  code?: OutcomeCode | undefined;
  operation?: string | undefined;
  accountId?: string | undefined;
  campaignId?: string | undefined;
  recipientId?: string | undefined;
  /** A person, by `personKey`: outcomes whose job was about them, or that name them. */
  person?: string | undefined;
};

/** A place between two outcomes: an entry of the feed, and how many of its outcomes lie before the place. */
export const OutcomePlace = z.strictObject({ entry: z.string().regex(/^\d{1,16}-\d{1,16}$/), skip: z.int().min(0).max(10_000) });
export type OutcomePlace = z.infer<typeof OutcomePlace>;
const BEGINNING: OutcomePlace = { entry: "0-0", skip: 0 };
/** Behind all that will ever come. */
const END: OutcomePlace = { entry: "9999999999999999-0", skip: 0 };

/** `newestFirst`: from the latest back; `after` is then a place of such a reading, of whose entry `skip` outcomes are not read yet. */
export type OutcomeReading = { after?: OutcomePlace | undefined; limit: number; newestFirst?: boolean | undefined };

export type OutcomePage = {
  outcomes: Outcome[];
  /** Where to go on, now or later: nothing is told twice, and nothing is passed over. */
  place: OutcomePlace;
  /** Whether there is something behind the place already. */
  more: boolean;
  /** Whether outcomes behind the place that was asked from may have gone before they were read: it is older than outcomes are kept. */
  missed: boolean;
};

/** Most outcomes that one page looks at; a page of rare ones may be short or empty, and not the last. */
export const OUTCOMES_LOOKED_AT = 2_000;
/** A page ends when it holds so many packed bytes. */
const MOST_PACKED_BYTES = 4 * 1_048_576;
/** Entries that are read in one step, each of two hundred outcomes at most. */
const ENTRIES = 50;
const DAY_MS = 86_400_000;

/** An outcome as the feed names it. `place`: behind it. */
type Named = { outcomeId: string; letter: string; place: OutcomePlace };

export class OutcomeFeed {
  readonly #scripts: RedisScripts;
  readonly #outcomeDays: number;

  constructor(scripts: RedisScripts, { outcomeDays }: { outcomeDays: number }) {
    this.#scripts = scripts;
    this.#outcomeDays = outcomeDays;
  }

  /** The outcomes behind a place, oldest first unless it says otherwise, at most `limit`; without a place from the first that is kept, or from the latest. */
  async read(filter: OutcomeFilter, { after, limit, newestFirst = false }: OutcomeReading): Promise<OutcomePage> {
    const begin = newestFirst ? END : BEGINNING;
    const page: OutcomePage = { outcomes: [], place: after ?? begin, more: true, missed: !newestFirst && (await this.#missed(after)) };
    let lookedAt = 0;
    let bytes = 0;
    for (;;) {
      const named = newestFirst ? await this.#before(page.place) : await this.#behind(page.place);
      if (named.length === 0) return { ...page, more: false };
      const from = named.slice(0, OUTCOMES_LOOKED_AT - lookedAt);
      const wanted = from.filter(({ letter }) => filter.status === undefined || filter.status[0] === letter);
      // Of an outcome that is told twice within one look the first place counts: a page that ends there must go on behind it.
      const placeOf = new Map<string, OutcomePlace>();
      for (const { outcomeId, place } of wanted) if (!placeOf.has(outcomeId)) placeOf.set(outcomeId, place);
      for await (const batch of packedOutcomes(this.#scripts, [...placeOf.keys()])) {
        for (const { outcomeId, packed } of batch) {
          page.place = placeOf.get(outcomeId) ?? page.place;
          bytes += packed?.length ?? 0;
          const stored = packed === null ? null : unpackStored(packed);
          if (stored !== null && fits(stored, filter)) page.outcomes.push(stored.outcome);
          if (page.outcomes.length === limit || bytes >= MOST_PACKED_BYTES) return page;
        }
      }
      page.place = from.at(-1)?.place ?? page.place;
      lookedAt += from.length;
      if (lookedAt >= OUTCOMES_LOOKED_AT) return page;
    }
  }

  /** Which of these outcomes are kept still. */
  async kept(outcomeIds: readonly string[]): Promise<ReadonlySet<string>> {
    if (outcomeIds.length === 0) return new Set();
    const { client, keys } = this.#scripts;
    const pipeline = client.pipeline();
    for (const outcomeId of outcomeIds) pipeline.exists(keys.outcome(outcomeId));
    const replies = (await pipeline.exec()) ?? [];
    return new Set(
      outcomeIds.filter((_id, at) => {
        const [error, count] = replies[at] ?? [null, 0];
        if (error) throw error;
        return count === 1;
      }),
    );
  }

  async #behind({ entry, skip }: OutcomePlace): Promise<Named[]> {
    const { client, keys } = this.#scripts;
    const entries = await client.xrange(keys.outcomeFeed, entry, "+", "COUNT", ENTRIES);
    return entries.flatMap(([id, fields]) => {
      const named: Named[] = [];
      for (let at = id === entry ? skip : 0; at * 2 < fields.length; at++) {
        named.push({ outcomeId: fields[at * 2] ?? "", letter: fields[at * 2 + 1] ?? "", place: { entry: id, skip: at + 1 } });
      }
      return named;
    });
  }

  /** As `#behind`, backwards. */
  async #before({ entry, skip }: OutcomePlace): Promise<Named[]> {
    const { client, keys } = this.#scripts;
    const entries = await client.xrevrange(keys.outcomeFeed, entry, "-", "COUNT", ENTRIES);
    return entries.flatMap(([id, fields]) => {
      const named: Named[] = [];
      for (let at = (id === entry ? skip : fields.length / 2) - 1; at >= 0; at--) {
        named.push({ outcomeId: fields[at * 2] ?? "", letter: fields[at * 2 + 1] ?? "", place: { entry: id, skip: at } });
      }
      return named;
    });
  }

  async #missed(after: OutcomePlace | undefined): Promise<boolean> {
    if (after === undefined || after.entry === BEGINNING.entry) return false;
    const { client, keys } = this.#scripts;
    const [[seconds], [first]] = await Promise.all([client.time(), client.xrange(keys.outcomeFeed, "-", "+", "COUNT", 1)]);
    const atMs = millisecondsOf(after.entry);
    const keptFromMs = Number(seconds) * 1_000 - this.#outcomeDays * DAY_MS;
    return atMs < keptFromMs && (first === undefined || millisecondsOf(first[0]) > atMs);
  }
}

function millisecondsOf(entry: string): number {
  return Number(entry.split("-")[0]);
}

const MEMBERS = ["status", "code", "operation", "accountId", "campaignId", "recipientId"] as const;

function fits({ outcome, about }: StoredOutcome, filter: OutcomeFilter): boolean {
  if (!MEMBERS.every((member) => filter[member] === undefined || filter[member] === outcome[member])) return false;
  return filter.person === undefined || peopleOf(outcome, about).has(filter.person);
}
