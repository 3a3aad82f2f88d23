/** The outcomes of a campaign, from Redis's list of them, and from wherever they are kept longer. */
import { LinkupError, type Outcome } from "@linkup-queue/contracts";
import { packedOutcomes, unpackStored } from "../ledger/outcome-store.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import type { Recipient } from "./campaign-recipients.ts";

export type OutcomePages = {
  pageSize?: number;
  /** How many were listed when the reading began. */
  listed?: number;
  /** Finds outcomes by their ids where they are kept longer. */
  elsewhere?: ((outcomeIds: readonly string[]) => Promise<ReadonlyMap<string, Outcome>>) | undefined;
  /** Told of each that is kept nowhere any more. */
  onGone?: (outcomeId: string) => void;
};
/** `fields`: what the list says of the recipient; null where that is not kept with the outcome. */
export type CampaignOutcome = { outcome: Outcome; fields: Recipient["fields"] | null };

/**
 * The outcomes of a campaign in the order they came, a page at a time, bounded by count and by bytes. Throws `interrupted` when the list of them is dropped
 * meanwhile. Outcomes that Redis keeps no longer come from `elsewhere`; an outcome that is not there either is left out.
 */
export async function* campaignOutcomes(
  scripts: RedisScripts,
  id: string,
  { pageSize = 200, listed, elsewhere, onGone }: OutcomePages = {},
): AsyncGenerator<CampaignOutcome> {
  const { client } = scripts;
  const list = scripts.keys.campaignOutcomes(id);
  const atLeast = listed ?? (await client.llen(list));
  for (let from = 0; ; from += pageSize) {
    const ids = await client.lrange(list, from, from + pageSize - 1);
    // It only grows, until it is dropped as a whole.
    if (ids.length === 0 && from < atLeast) {
      throw new LinkupError("interrupted", `The results of campaign ${id} passed their time while they were read; read them again`);
    }
    if (ids.length === 0) return;
    for await (const batch of packedOutcomes(scripts, ids)) {
      const missing = batch.filter(({ packed }) => packed === null).map(({ outcomeId }) => outcomeId);
      const found = missing.length > 0 ? await elsewhere?.(missing) : undefined;
      for (const { outcomeId, packed } of batch) {
        const stored = packed === null ? null : unpackStored(packed);
        const outcome = stored?.outcome ?? found?.get(outcomeId);
        if (outcome === undefined) onGone?.(outcomeId);
        else yield { outcome, fields: stored?.fields ?? null };
      }
    }
  }
}

/** How many of the outcomes that are listed are kept neither in Redis nor `elsewhere`. */
export async function countGoneOutcomes(
  scripts: RedisScripts,
  id: string,
  { pageSize = 1_000, elsewhere }: OutcomePages = {},
): Promise<number> {
  const { client } = scripts;
  let gone = 0;
  for (let from = 0; ; from += pageSize) {
    const ids = await client.lrange(scripts.keys.campaignOutcomes(id), from, from + pageSize - 1);
    if (ids.length === 0) return gone;
    const keys = ids.map((outcomeId) => scripts.keys.outcome(outcomeId));
    const missing = ids.length - (await client.exists(keys));
    if (missing === 0 || elsewhere === undefined) {
      gone += missing;
      continue;
    }
    const packed = await client.mgetBuffer(keys);
    const asked = ids.filter((_id, at) => packed[at] === null);
    gone += asked.length - (await elsewhere(asked)).size;
  }
}
