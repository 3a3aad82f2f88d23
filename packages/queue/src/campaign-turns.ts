/** Who is next: turns between campaigns by weight, and between accounts by what is ahead for each. Pure arithmetic. */
import type { CampaignDefinition } from "./campaign-definition.ts";
import type { Recipient } from "./campaign-recipients.ts";

/** The first chunk of an account's share: its number, counted from the first ever, and how far it is done. */
export type Share = { chunk: number; at: number; recipients: readonly Recipient[] };

/** A running campaign with the first chunk of each account's share; `at` of it is done. */
export type Feedable = {
  id: string;
  definition: CampaignDefinition;
  weight: number;
  /** Its place in virtual time; the lowest is next. */
  turn: number;
  todo: ReadonlyMap<string, Share>;
};

export type Turn = {
  campaign: Feedable;
  recipient: Recipient;
  /** Who sends. */
  accountId: string;
  /** Whose share it is taken from; another's only when that one is away and the campaign hands over. */
  from: string;
  at: number;
  chunk: number;
  size: number;
  /** The campaign's place after this turn. */
  turn: number;
};

export type Room = {
  /** Jobs ahead, by account. */
  ahead: Readonly<Record<string, number>>;
  /** Accounts that can't work, with their state. */
  away: Readonly<Record<string, string>>;
  aheadPerAccount: number;
  most: number;
};

/** Deals at most `most` turns: always to the campaign with the lowest place that has a recipient for an account with room. */
export function dealTurns(campaigns: readonly Feedable[], room: Room): Turn[] {
  const ahead = new Map(Object.entries(room.ahead));
  const places = campaigns.map((campaign) => ({
    campaign,
    turn: campaign.turn,
    cursor: new Map([...campaign.todo].map(([account, { at }]) => [account, at])),
  }));
  const turns: Turn[] = [];
  while (turns.length < room.most) {
    places.sort((one, other) => one.turn - other.turn);
    const dealt = places.some((place) => {
      const found = nextOf(place, ahead, room);
      if (found === null) return false;
      const { from, accountId } = found;
      const share = place.campaign.todo.get(from);
      const index = place.cursor.get(from) ?? 0;
      const recipient = share?.recipients[index];
      if (share === undefined || recipient === undefined) return false;
      place.turn += 1 / place.campaign.weight;
      place.cursor.set(from, index + 1);
      ahead.set(accountId, (ahead.get(accountId) ?? 0) + 1);
      turns.push({
        campaign: place.campaign,
        recipient,
        accountId,
        from,
        at: share.at,
        chunk: share.chunk,
        size: share.recipients.length,
        turn: place.turn,
      });
      return true;
    });
    if (!dealt) break;
  }
  return turns;
}

type Place = { campaign: Feedable; cursor: ReadonlyMap<string, number> };

function nextOf(
  { campaign, cursor }: Place,
  ahead: ReadonlyMap<string, number>,
  { aheadPerAccount, away }: Room,
): { from: string; accountId: string } | null {
  const hasLeft = (account: string) => (cursor.get(account) ?? 0) < (campaign.todo.get(account)?.recipients.length ?? 0);
  const free = campaign.definition.accountIds
    .filter((account) => away[account] === undefined && (ahead.get(account) ?? 0) < aheadPerAccount)
    .sort((one, other) => (ahead.get(one) ?? 0) - (ahead.get(other) ?? 0));
  const own = free.find(hasLeft);
  if (own !== undefined) return { from: own, accountId: own };
  if (!campaign.definition.handover) return null;
  const orphaned = campaign.definition.accountIds.find((account) => away[account] !== undefined && hasLeft(account));
  const taker = free[0];
  return orphaned === undefined || taker === undefined ? null : { from: orphaned, accountId: taker };
}
