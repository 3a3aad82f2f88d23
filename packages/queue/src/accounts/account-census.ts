/** How many accounts are in each state, and how many jobs are held for all of them. It reads only, a batch at a time. */

import type { RedisScripts } from "../redis/scripts.ts";
import { ACCOUNT_STATES, type AccountState } from "./accounts.ts";

export type AccountCensus = { byState: Record<AccountState, number>; parked: number };

/** Accounts of one round trip. */
const BATCH = 500;

/** Counts all accounts: two small reads for each of them, so don't ask in a loop. */
export async function countAccounts(scripts: RedisScripts): Promise<AccountCensus> {
  const byState = Object.fromEntries(ACCOUNT_STATES.map((state) => [state, 0])) as Record<AccountState, number>;
  let parked = 0;
  let from = "-";
  for (;;) {
    const ids = await scripts.client.zrange(scripts.keys.accounts, from, "+", "BYLEX", "LIMIT", 0, BATCH);
    const pipeline = scripts.client.pipeline();
    for (const id of ids) pipeline.hget(scripts.keys.account(id), "state").zcard(scripts.keys.lane(id));
    const replies = ids.length === 0 ? [] : ((await pipeline.exec()) ?? []);
    for (const [at, [, value]] of replies.entries()) {
      const state = ACCOUNT_STATES.find((known) => known === value);
      if (at % 2 === 1) parked += Number(value);
      else if (state !== undefined) byState[state] += 1;
    }
    const last = ids.at(-1);
    if (last === undefined || ids.length < BATCH) return { byState, parked };
    from = `(${last}`;
  }
}
