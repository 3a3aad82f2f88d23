/**
 * How recipients are dealt out over a campaign's accounts: by their place in the list alone, evenly. So the first of a list are known by
 * account without a look at them (campaign-first.lua, which has the same numbers). Pure.
 */
import type { Recipient } from "./campaign-recipients.ts";

export type AccountShare = { accountId: string; recipients: Recipient[] };

/** To so many accounts recipients are dealt one by one: their chunks of a batch are worth packing all the same. */
const MOST_SINGLY = 100;
/** To more accounts, so many are dealt one by one, for the sake of short lists. */
const DEALT_SINGLY = 200;
/** Then so many at a time: each chunk costs its own packing and its own room. */
const BLOCK = 10;

/** Deals recipients out, of a list that had `offset` before them. */
export function dealShares(recipients: readonly Recipient[], accountIds: readonly string[], offset: number): AccountShare[] {
  const shares = new Map<string, Recipient[]>();
  for (const [index, recipient] of recipients.entries()) {
    const accountId = accountIds[turnOf(offset + index, accountIds.length)] ?? "";
    const share = shares.get(accountId);
    if (share === undefined) shares.set(accountId, [recipient]);
    else share.push(recipient);
  }
  return [...shares].map(([accountId, some]) => ({ accountId, recipients: some }));
}

/** Which one of so many accounts the recipient at this place of the list is dealt to, both from 0. */
export function turnOf(place: number, accounts: number): number {
  return blockOf(place, accounts) % accounts;
}

/** The block that a place of the list is in; blocks go round the accounts. */
function blockOf(place: number, accounts: number): number {
  return accounts <= MOST_SINGLY || place < DEALT_SINGLY ? place : DEALT_SINGLY + Math.floor((place - DEALT_SINGLY) / BLOCK);
}
