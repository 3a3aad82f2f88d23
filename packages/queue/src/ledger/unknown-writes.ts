/** Writes whose effect nobody knows and that were not done again, newest first: for whoever looks on LinkedIn and says what came of them. */
import type { Outcome } from "@linkup-queue/contracts";
import { z } from "zod";
import type { RedisScripts } from "../redis/scripts.ts";
import { readOutcomes } from "./outcome-store.ts";

/** A place in the list: when the outcome was published, ms, and its id. */
export const UnknownPlace = z.strictObject({ atMs: z.number(), outcomeId: z.string().max(200) });
export type UnknownPlace = z.infer<typeof UnknownPlace>;

export type UnknownPage = { outcomes: Outcome[]; next: UnknownPlace | null };

/** Members that are read in one step; a page whose outcomes have gone is followed by the next one. */
const PAGE = 200;

/** How many there are. */
export async function countUnknownWrites({ client, keys }: RedisScripts): Promise<number> {
  return await client.zcard(keys.unknownWrites);
}

/** The unknown writes before a place, newest first, at most `limit`. Writes whose outcomes are not kept any more are left out. */
export async function readUnknownWrites(
  scripts: RedisScripts,
  { before, limit }: { before?: UnknownPlace | undefined; limit: number },
): Promise<UnknownPage> {
  const { client, keys } = scripts;
  const outcomes: Outcome[] = [];
  let place = before;
  for (;;) {
    const from = place === undefined ? "+inf" : String(place.atMs);
    const flat = await client.zrange(keys.unknownWrites, from, "-inf", "BYSCORE", "REV", "LIMIT", 0, PAGE, "WITHSCORES");
    const members: UnknownPlace[] = [];
    for (let at = 0; at < flat.length; at += 2) members.push({ outcomeId: flat[at] ?? "", atMs: Number(flat[at + 1]) });
    // Members of one moment are in falling order of their names.
    const rest = members.filter(
      ({ atMs, outcomeId }) => place === undefined || atMs < place.atMs || (atMs === place.atMs && outcomeId < place.outcomeId),
    );
    if (rest.length === 0) return { outcomes, next: null };
    const kept = await readOutcomes(
      scripts,
      rest.map(({ outcomeId }) => outcomeId),
    );
    for (const [at, outcome] of kept.entries()) {
      place = rest[at] ?? place;
      if (outcome !== null) outcomes.push(outcome);
      if (outcomes.length === limit) return { outcomes, next: place ?? null };
    }
    if (members.length < PAGE) return { outcomes, next: null };
  }
}
