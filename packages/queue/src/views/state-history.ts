/** The states that an account or a campaign came into, as its room's scripts noted them (state-history.lua). It changes nothing. */
import type { RedisScripts } from "../redis/scripts.ts";

/** `at`: ISO. `state`: one of its states; of an account also `removed`, of a campaign also `stalled`, `moving` and `edited`. `why`: empty for no reason; of an edit its revision, and who made it where that is known. */
export type PastState = { at: string; state: string; why: string };

/** The latest first, about two hundred at most; none for who is not known, or changed nothing for 90 days. */
export async function readPastStates(
  { client, keys }: RedisScripts,
  of: { accountId: string } | { campaignId: string },
): Promise<PastState[]> {
  const key = "accountId" in of ? keys.accountStates(of.accountId) : keys.campaignStates(of.campaignId);
  const entries = await client.xrevrange(key, "+", "-");
  return entries.map(([id, [, state = "", , why = ""]]) => ({ at: new Date(Number(id.split("-")[0])).toISOString(), state, why }));
}
