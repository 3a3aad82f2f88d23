/** Rests of accounts: their ladders as data, and how they are told. The decisions are rests.lua's. */
import type { RestCause } from "@linkup-queue/contracts";
import { z } from "zod";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Midnight Pacific time, in winter; in summer it is an hour earlier, and a rest an hour too long does no harm. */
const PACIFIC_MIDNIGHT_MS = 8 * HOUR_MS;

/** Until the month begins in which LinkedIn counts anew, ms. */
function untilNextMonth(nowMs: number): number {
  const there = new Date(nowMs - PACIFIC_MIDNIGHT_MS);
  return Date.UTC(there.getUTCFullYear(), there.getUTCMonth() + 1, 1) + PACIFIC_MIDNIGHT_MS - nowMs;
}

/**
 * How long each rest is, ms, one after the other while no call of its scope succeeds; above the last a person must act. LinkedIn's own pages: hours
 * first, then days, a week for the weekly limit, at most a month for too many that wait for an answer; notes of free accounts are counted by the month; client code
 * cools 24 h and 7 d.
 */
const LADDERS: Record<Exclude<RestCause, "commercial_limit">, readonly number[]> = {
  linkedin_limited: [DAY_MS, 7 * DAY_MS, 14 * DAY_MS],
  invitation_limit: [DAY_MS, 7 * DAY_MS, 14 * DAY_MS],
  refused_in_a_row: [DAY_MS, 7 * DAY_MS, 14 * DAY_MS],
  reads_refused: [HOUR_MS, DAY_MS, 7 * DAY_MS],
  weekly_limit: [7 * DAY_MS, 14 * DAY_MS],
  pending_limit: [7 * DAY_MS, 30 * DAY_MS],
  email_unconfirmed: [7 * DAY_MS],
  note_limit: [30 * DAY_MS, 30 * DAY_MS],
  // LinkedIn asks the member for something, which no wait can give.
  account_restricted: [],
};

/** The ladder of a cause, ms, rung by rung, for a rest that begins at `nowMs`. */
export function restLadder(cause: RestCause, nowMs: number): readonly number[] {
  if (cause !== "commercial_limit") return LADDERS[cause];
  const month = untilNextMonth(nowMs);
  return [month, month, month];
}

/** A rest that is asked for. */
export type RestRequest = {
  /** An operation, a family of them, or `account`. */
  scope: string;
  cause: RestCause;
  /** ms, rung by rung. */
  ladder: readonly number[];
  /** In [0, 1), at random: a rest may be a tenth longer than its rung. */
  part: number;
};

/** The end of a rest that only a person ends, as rests.lua writes it. */
const UNTIL_A_PERSON_MS = 9_999_999_999_999;

/** As it lies in the account's record, by scope. */
const StoredRests = z.record(z.string(), z.object({ since: z.number(), till: z.number(), step: z.number(), cause: z.string() }));

export const StoredRest = z.object({
  account: z.string(),
  scope: z.string(),
  cause: z.string(),
  /** Redis's clock, ms since the epoch, as in all of these. */
  sinceMs: z.number(),
  untilMs: z.number(),
  /** Jobs that wait for it, free. */
  waiting: z.number(),
});
export type StoredRest = z.infer<typeof StoredRest>;

/** A rest of an account, as people and programs get it; times are ISO, `until` null where only a person ends it. */
export type Rest = { scope: string; cause: string; since: string; until: string | null };

/** Whether a rest with this end is over only when a person says so. */
export function endsByHand(untilMs: number): boolean {
  return untilMs === UNTIL_A_PERSON_MS;
}

/** When a rest ends, ISO; null where only a person ends it. */
export function restUntil(untilMs: number): string | null {
  return endsByHand(untilMs) ? null : new Date(untilMs).toISOString();
}

function restOut(scope: string, { cause, since, till }: z.infer<typeof StoredRests>[string]): Rest {
  return { scope, cause, since: new Date(since).toISOString(), until: restUntil(till) };
}

/** The rests of an account now, by the text of its record. */
export function restsIn(text: string | undefined, nowMs: number): Rest[] {
  if (!text) return [];
  return Object.entries(StoredRests.parse(JSON.parse(text)))
    .filter(([, { till }]) => till > nowMs)
    .map(([scope, rest]) => restOut(scope, rest))
    .sort((one, other) => (one.scope < other.scope ? -1 : 1));
}

const PREFIX = "rest:";

/** The name of a rest for people and addresses. */
export function restId({ account, scope }: { account: string; scope: string }): string {
  return `${PREFIX}${account}:${scope}`;
}

/** The account and the scope whose rest bears this name; null for a name that no rest has. */
export function restOfId(id: string): { account: string; scope: string } | null {
  const [, account, scope] = /^rest:(.+):([a-z.-]+)$/.exec(id) ?? [];
  return account === undefined || scope === undefined ? null : { account, scope };
}

/** A rest among all of the key's, as people and programs get it. Its next call is the first after `until`. */
export function restView({ account, scope, cause, sinceMs, untilMs, waiting }: StoredRest) {
  const rest = restOut(scope, { cause, since: sinceMs, till: untilMs, step: 0 });
  return { id: restId({ account, scope }), accountId: account, ...rest, nextProbeAt: rest.until, waiting };
}
