/**
 * Kept outcomes in the order in which they were published, for whoever follows them or looks for some. A call looks at a bounded number of
 * them and holds a bounded number of bytes; whoever wants more asks again from where the answer ended.
 */
import type { Outcome, OutcomeCode, OutcomeStatus } from "@linkup-queue/contracts";
import { z } from "zod";
import type { RedisScripts } from "../redis/scripts.ts";
import { packedOutcomes, unpackOutcome } from "./outcome-store.ts";

export type OutcomeFilter = {
  status?: OutcomeStatus | undefined;
  code?: OutcomeCode | undefined;
  operation?: string | undefined;
  accountId?: string | undefined;
  campaignId?: string | undefined;
  recipientId?: string | undefined;
};

/** A place between two outcomes: an entry of the feed, and how many of its outcomes lie before the place. */
export const OutcomePlace = z.strictObject({ entry: z.string().regex(/^\d{1,16}-\d{1,16}$/), skip: z.int().min(0).max(10_000) });
export type OutcomePlace = z.infer<typeof OutcomePlace>;
const BEGINNING: OutcomePlace = { entry: "0-0", skip: 0 };

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

  /** The outcomes behind a place, oldest first, at most `limit`; without a place from the first that is kept. */
  async read(filter: OutcomeFilter, { after, limit }: { after?: OutcomePlace | undefined; limit: number }): Promise<OutcomePage> {
    const page: OutcomePage = { outcomes: [], place: after ?? BEGINNING, more: true, missed: await this.#missed(after) };
    let lookedAt = 0;
    let bytes = 0;
    for (;;) {
      const named = await this.#behind(page.place);
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
          const outcome = packed === null ? null : unpackOutcome(packed);
          if (outcome !== null && fits(outcome, filter)) page.outcomes.push(outcome);
          if (page.outcomes.length === limit || bytes >= MOST_PACKED_BYTES) return page;
        }
      }
      page.place = from.at(-1)?.place ?? page.place;
      lookedAt += from.length;
      if (lookedAt >= OUTCOMES_LOOKED_AT) return page;
    }
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

function fits(outcome: Outcome, filter: OutcomeFilter): boolean {
  return MEMBERS.every((member) => filter[member] === undefined || filter[member] === outcome[member]);
}
