/** The witness's account of a run, worked out from the journal's arrival times and the meter's counts. Changes nothing. */
import type { Book } from "../book/book.ts";
import type { Double } from "../book/effects.ts";
import type { LoginCounts } from "../book/meter.ts";
import { maxInWindow } from "../book/rate-window.ts";
import type { Scenario } from "../scenario/scenario.ts";

export type SummaryQuery = {
  /** Window for maxInWindow; the scenario's when left out. */
  windowMs?: number;
  /** Arrivals from here on and before `toMs` count for maxInWindow and arrivals; milliseconds since the sandbox started. */
  fromMs?: number;
  toMs?: number;
  /** Width of the counts in `arrivals`; the window when left out. */
  bucketMs?: number;
};

export type KeySummary = {
  key: string;
  requests: number;
  charged: number;
  refused429: number;
  balance: number | null;
  maxInWindow: number;
};

export type Arrivals = {
  /** Start and end of what is counted: as asked, else the first and the last arrival. */
  fromMs: number;
  toMs: number;
  requests: number;
  bucketMs: number;
  /** Arrivals of all keys in each bucket from `fromMs` on; the last bucket may be cut short. Empty when there would be more than 100,000. */
  buckets: number[];
  /** Requests over what the limit of one key allows in that time; null without a limit or a span. Steer it with fromMs and toMs: edges count. */
  utilisation: number | null;
};

export type Summary = {
  uptimeMs: number;
  limit: number | null;
  windowMs: number;
  requests: number;
  inFlight: number;
  byStatus: Record<string, number>;
  byOperation: Record<string, number>;
  credits: { charged: number; byOperation: Record<string, number> };
  logins: LoginCounts;
  /** Requests refused by the key's own rate window. */
  refused429: number;
  /** The most requests of one key, refused ones included, in any half-open window. */
  maxInWindow: number;
  keys: KeySummary[];
  arrivals: Arrivals;
  /** Writes that were done. */
  effects: { done: number; byOperation: Record<string, number> };
  /** Writes done more than once, the first thousand; `repeated` counts all that were too many. */
  doubles: Double[];
  repeated: number;
  /** With `dropped` above 0 the oldest lines are gone, and maxInWindow and arrivals speak of those that are left. */
  journal: { entries: number; dropped: number };
};

const MAX_BUCKETS = 100_000;
const MAX_DOUBLES = 1000;

/** Sums up a book. `nowMs`: milliseconds since the sandbox started. */
export function summarize(book: Book, state: { scenario: Scenario; nowMs: number }, query: SummaryQuery = {}): Summary {
  const { scenario } = state;
  const { meter, effects, journal } = book;
  const windowMs = query.windowMs ?? scenario.windowMs;
  const all: number[] = [];
  const byKey = new Map<string, number[]>();
  journal.eachArrival((arrivalMs, key) => {
    if (arrivalMs < (query.fromMs ?? 0) || arrivalMs >= (query.toMs ?? Number.POSITIVE_INFINITY)) return;
    all.push(arrivalMs);
    const own = byKey.get(key);
    if (own === undefined) byKey.set(key, [arrivalMs]);
    else own.push(arrivalMs);
  });
  const mostOf = (key: string): number => maxInWindow(byKey.get(key) ?? [], windowMs);
  const keys = [...book.keys.values()].map(({ fingerprint, requests, charged, refused429, balance }) => {
    return { key: fingerprint, requests, charged, refused429, balance, maxInWindow: mostOf(fingerprint) };
  });
  return {
    uptimeMs: state.nowMs,
    limit: scenario.limit,
    windowMs,
    requests: meter.requests,
    inFlight: meter.requests - meter.decided,
    byStatus: Object.fromEntries(meter.byStatus),
    byOperation: Object.fromEntries(meter.byOperation),
    credits: { charged: meter.charged, byOperation: Object.fromEntries(meter.chargedByOperation) },
    logins: { ...meter.logins },
    refused429: keys.reduce((sum, key) => sum + key.refused429, 0),
    maxInWindow: keys.reduce((most, key) => Math.max(most, key.maxInWindow), 0),
    keys,
    arrivals: countArrivals(all, scenario, { ...query, bucketMs: query.bucketMs ?? windowMs }),
    effects: { done: effects.done, byOperation: Object.fromEntries(effects.byOperation) },
    doubles: effects.doubles(MAX_DOUBLES),
    repeated: effects.repeated,
    journal: { entries: journal.size, dropped: journal.dropped },
  };
}

function countArrivals(arrivals: readonly number[], scenario: Scenario, query: SummaryQuery & { bucketMs: number }): Arrivals {
  const fromMs = query.fromMs ?? arrivals[0] ?? 0;
  const toMs = query.toMs ?? arrivals.at(-1) ?? fromMs;
  const { bucketMs } = query;
  const spanMs = Math.max(0, toMs - fromMs);
  const wanted = arrivals.length === 0 ? 0 : Math.floor(spanMs / bucketMs) + 1;
  const buckets = wanted > MAX_BUCKETS ? [] : new Array<number>(wanted).fill(0);
  for (const arrivalMs of arrivals) {
    const bucket = Math.floor((arrivalMs - fromMs) / bucketMs);
    const count = buckets[bucket];
    if (count !== undefined) buckets[bucket] = count + 1;
  }
  const allowed = scenario.limit === null ? 0 : (scenario.limit * spanMs) / scenario.windowMs;
  return { fromMs, toMs, requests: arrivals.length, bucketMs, buckets, utilisation: allowed === 0 ? null : arrivals.length / allowed };
}
