/** Who is next: turns between campaigns by weight, and between accounts by who waited longest. Pure arithmetic. */

/**
 * The rest of an account's share: the number of its first chunk, counted from the first ever, and how far that one is done. `base`: of a sequence, how many were
 * fed in the chunks before.
 */
export type Share = { chunk: number; at: number; left: number; base?: number | undefined };

/** Somebody of a sequence whose next step is due, as the line of their account names them. */
export type FollowUp = { step: number; shard: string; member: string };

/** A running campaign and the accounts that may be served next. */
export type Feedable = {
  id: string;
  weight: number;
  /** Its place in virtual time; the lowest is next. */
  turn: number;
  todo: ReadonlyMap<string, Share>;
  /** Whether it hands over and any of its accounts works: then the shares of those that don't go to the takers. */
  handsOver: boolean;
  takers: readonly string[];
  /** Of a sequence, by account: those whose next step is due. They go before whoever is new. */
  followUps?: ReadonlyMap<string, readonly FollowUp[]>;
};

export type Turn<Campaign extends Feedable = Feedable> = {
  campaign: Campaign;
  /** Who sends. */
  accountId: string;
  /** Whose share it is taken from; another's only when that one is away and the campaign hands over. */
  from: string;
  chunk: number;
  /** How far the chunk was done before this round, and the recipient's place in it. */
  at: number;
  index: number;
  /** The campaign's place before and after this turn. */
  began: number;
  turn: number;
  /** Of a turn that is somebody's further step, who: then `chunk`, `at` and `index` say nothing. */
  followUp?: FollowUp;
};

export type Capacity = {
  /** Jobs ahead, by account. */
  ahead: Readonly<Record<string, number>>;
  /** Accounts that can't work, with their state; `gone` for those that were removed. */
  away: Readonly<Record<string, string>>;
  aheadPerAccount: number;
  most: number;
  /** The place of the latest turn that anybody took. */
  virtual: number;
  /** When each account was last served, as a count; those that never were are left out. */
  served: Readonly<Record<string, number>>;
  /** Whose recipient each account served last, as a campaign's id. */
  last: Readonly<Record<string, string>>;
};

/** Turns that a campaign may catch up on when it could not use them, in its own weight. */
const MOST_SAVED = 20;
/** Turns that a campaign may be ahead of another of its weight for an account's sake: accounts that are served in no fixed order need a few. */
const MOST_AHEAD = 5;

type Place<Campaign extends Feedable = Feedable> = {
  campaign: Campaign;
  turn: number;
  cursor: Map<string, number>;
  /** How many further steps of each account have their turns. */
  followed: Map<string, number>;
};
type Counts = { ahead: Map<string, number>; served: Map<string, number>; last: Map<string, string> };
type Found = { from: string; accountId: string };

/**
 * Deals at most `most` turns: to the campaign with the lowest place that has a recipient for an account with capacity. Where that account served
 * the same campaign last, another one of the same weight goes before, so that none of a small campaign's accounts is left behind.
 */
export function dealTurns<Campaign extends Feedable>(campaigns: readonly Campaign[], capacity: Capacity): Turn<Campaign>[] {
  const [ahead, served, last] = [
    new Map(Object.entries(capacity.ahead)),
    new Map(Object.entries(capacity.served)),
    new Map(Object.entries(capacity.last)),
  ];
  const counts: Counts = { ahead, served, last };
  let clock = [...counts.served.values()].reduce((latest, turn) => Math.max(latest, turn), 0);
  let virtual = capacity.virtual;
  let places: Place<Campaign>[] = campaigns.map((campaign) => ({
    campaign,
    turn: campaign.turn,
    cursor: new Map([...campaign.todo].map(([account, { at }]) => [account, at])),
    followed: new Map(),
  }));
  const turns: Turn<Campaign>[] = [];
  const take = (place: Place<Campaign>, accountId: string, what: Pick<Turn, "from" | "chunk" | "at" | "index" | "followUp">) => {
    const began = startOf(place, virtual);
    virtual = Math.max(virtual, began);
    place.turn = began + 1 / place.campaign.weight;
    counts.ahead.set(accountId, (counts.ahead.get(accountId) ?? 0) + 1);
    clock += 1;
    counts.served.set(accountId, clock);
    counts.last.set(accountId, place.campaign.id);
    turns.push({ campaign: place.campaign, accountId, ...what, began, turn: place.turn });
  };
  while (turns.length < capacity.most && places.length > 0) {
    const first = lowest(places, virtual);
    const follower = nextFollower(first, counts, capacity);
    if (follower !== null) {
      const { accountId, followUp } = follower;
      first.followed.set(accountId, (first.followed.get(accountId) ?? 0) + 1);
      take(first, accountId, { from: accountId, chunk: 0, at: 0, index: 0, followUp });
      continue;
    }
    const found = nextOf(first, counts, capacity);
    if (found === null) {
      // Rooms and cursors only fill up: it has no turn in this round any more.
      places = places.filter((other) => other !== first);
      continue;
    }
    const { from, accountId } = found;
    const again = from === accountId && counts.last.get(accountId) === first.campaign.id;
    const place = (again && besides(first, places, { accountId, virtual })) || first;
    const share = place.campaign.todo.get(from);
    const index = place.cursor.get(from) ?? 0;
    if (share === undefined) throw new Error("a turn was found in a share that is not there");
    place.cursor.set(from, index + 1);
    take(place, accountId, { from, chunk: share.chunk, at: share.at, index });
  }
  return turns;
}

function lowest<P extends Place>(places: readonly P[], virtual: number): P {
  return places.reduce((first, other) => (startOf(other, virtual) < startOf(first, virtual) ? other : first));
}

/** The next of the same weight that has a recipient of its own for this account, unless it has had too many turns already. */
function besides<P extends Place>(
  first: P,
  places: readonly P[],
  { accountId, virtual }: { accountId: string; virtual: number },
): P | null {
  const { weight } = first.campaign;
  const furthest = startOf(first, virtual) + MOST_AHEAD / weight;
  const others = places.filter(
    (other) => other !== first && other.campaign.weight === weight && startOf(other, virtual) <= furthest && leftOf(other, accountId) > 0,
  );
  return others.length === 0 ? null : lowest(others, virtual);
}

/** How many of an account's share are left after the turns of this round. */
function leftOf({ campaign: { todo }, cursor }: Place, account: string): number {
  const share = todo.get(account);
  return share === undefined ? 0 : share.at + share.left - (cursor.get(account) ?? 0);
}

/** Where a campaign's next turn begins: who could not use its turns doesn't save them up. */
function startOf({ campaign, turn }: Place, virtual: number): number {
  return Math.max(turn, virtual - MOST_SAVED / campaign.weight);
}

/** Whose further step is next: by the account that waited longest. */
function nextFollower({ campaign, followed }: Place, counts: Counts, { aheadPerAccount }: Capacity) {
  const { followUps } = campaign;
  if (followUps === undefined) return null;
  const nextOfAccount = (account: string) => followUps.get(account)?.[followed.get(account) ?? 0];
  const hasRoom = (account: string) => (counts.ahead.get(account) ?? 0) < aheadPerAccount;
  const accountId = longestWaiting([...followUps.keys()], counts, (account) => hasRoom(account) && nextOfAccount(account) !== undefined);
  const followUp = accountId === null ? undefined : nextOfAccount(accountId);
  return accountId === null || followUp === undefined ? null : { accountId, followUp };
}

function nextOf(place: Place, counts: Counts, { aheadPerAccount, away }: Capacity): Found | null {
  const { todo, handsOver, takers } = place.campaign;
  const left = (account: string) => leftOf(place, account);
  const hasCapacity = (account: string) => (counts.ahead.get(account) ?? 0) < aheadPerAccount;
  const works = (account: string) => away[account] === undefined;
  const accounts = [...todo.keys()];
  const own = longestWaiting(accounts, counts, (account) => works(account) && hasCapacity(account) && left(account) > 0);
  if (own !== null) return { from: own, accountId: own };
  // The jobs of an account that was removed end at once, free, and say so; unless others take them over.
  const gone = handsOver ? undefined : accounts.find((account) => away[account] === "gone" && hasCapacity(account) && left(account) > 0);
  if (gone !== undefined) return { from: gone, accountId: gone };
  if (!handsOver) return null;
  const orphaned = accounts.find((account) => !works(account) && left(account) > 0);
  const taker = orphaned === undefined ? null : longestWaiting(takers, counts, hasCapacity);
  return orphaned === undefined || taker === null ? null : { from: orphaned, accountId: taker };
}

/**
 * Of the accounts that `may`, the one with the least ahead; of those the one that was served longest ago. A plan names the first accounts
 * of a campaign by the same order (longest-waiting.lua): no turn would be another if it named all.
 */
export function longestWaiting(
  accountIds: readonly string[],
  { ahead, served }: Pick<Counts, "ahead" | "served">,
  may: (account: string) => boolean,
): string | null {
  let best: string | null = null;
  let bestAhead = 0;
  let bestServed = 0;
  for (const account of accountIds) {
    if (!may(account)) continue;
    const itsAhead = ahead.get(account) ?? 0;
    const itsServed = served.get(account) ?? 0;
    if (best !== null && (itsAhead > bestAhead || (itsAhead === bestAhead && itsServed >= bestServed))) continue;
    best = account;
    bestAhead = itsAhead;
    bestServed = itsServed;
  }
  return best;
}
