/** How a batch of recipients is dealt out over a campaign's accounts: evenly, in chunks that are worth packing. Pure. */
import type { Recipient } from "./campaign-recipients.ts";

export type AccountShare = { accountId: string; recipients: Recipient[] };

/** Up to this many are dealt one by one, so that the shares of a short list differ by one at most. */
const DEALT_SINGLY = 200;
/** Otherwise an account gets this many at least: each chunk costs its own packing and its own room. */
const LEAST_CHUNK = 10;

/** Deals recipients out, going on from the account where a list of `offset` before them ended. */
export function dealShares(recipients: readonly Recipient[], accountIds: readonly string[], offset: number): AccountShare[] {
  const even = Math.ceil(recipients.length / accountIds.length);
  const size = recipients.length <= DEALT_SINGLY ? 1 : Math.max(LEAST_CHUNK, even);
  const shares = new Map<string, Recipient[]>();
  const first = Math.floor(offset / size);
  for (const [index, recipient] of recipients.entries()) {
    const accountId = accountIds[(first + Math.floor(index / size)) % accountIds.length] ?? "";
    const share = shares.get(accountId);
    if (share === undefined) shares.set(accountId, [recipient]);
    else share.push(recipient);
  }
  return [...shares].map(([accountId, some]) => ({ accountId, recipients: some }));
}
