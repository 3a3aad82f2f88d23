/** Plots: the calls of the last window from the key's own window, and outcomes of the last day from their counters. It reads only. */
import { OUTCOME_STATUSES, type OutcomeStatus } from "@linkup-queue/contracts";
import { windowMarginMs } from "../redis/engine-config.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import type { KeyState } from "./key-state.ts";

export type WindowHistory = {
  /** The beginning of the first bucket, ms. */
  fromMs: number;
  /** The length of one bucket, ms: a second, longer where the window is longer than a minute. */
  bucketMs: number;
  limit: number;
  windowMs: number;
  /** Places of the window that are taken now. */
  used: number;
  /** Of these, calls that are out. */
  out: number;
  /** Calls that were answered in each bucket, oldest first. */
  answered: number[];
};

const MOST_BUCKETS = 60;

/** The last window, from the moments at which its places become free again: one window and its margin after each answer. */
export async function readWindowHistory({ client, keys }: RedisScripts, key: KeyState): Promise<WindowHistory> {
  const { nowMs, rateWindowMs: windowMs, rateLimit: limit } = key;
  const bucketMs = Math.max(1_000, Math.ceil(windowMs / MOST_BUCKETS));
  const buckets = Math.max(1, Math.ceil(windowMs / bucketMs));
  const fromMs = nowMs - buckets * bucketMs;
  const heldMs = windowMs + windowMarginMs(windowMs);
  const flat = await client.zrange(keys.slots, `(${nowMs}`, "+inf", "BYSCORE", "WITHSCORES");
  const answered = Array.from({ length: buckets }, () => 0);
  let out = 0;
  for (let at = 1; at < flat.length; at += 2) {
    const answeredMs = Number(flat[at]) - heldMs;
    if (answeredMs > nowMs) out += 1;
    else {
      const bucket = Math.floor((answeredMs - fromMs) / bucketMs);
      if (bucket >= 0) answered[Math.min(bucket, buckets - 1)] = (answered[Math.min(bucket, buckets - 1)] ?? 0) + 1;
    }
  }
  return { fromMs, bucketMs, limit, windowMs, used: flat.length / 2, out, answered };
}

export type OutcomeCounts = { fromMs: number } & Record<OutcomeStatus, number>;

export const QUARTER_MS = 900_000;
const QUARTERS = 96;
const DAY_MS = 86_400_000;

/** How many outcomes of each status came in each quarter of an hour, the last of which is not over: 96 of them, oldest first. */
export async function readOutcomeCounts({ client, keys }: RedisScripts, nowMs: number): Promise<OutcomeCounts[]> {
  const last = Math.floor(nowMs / QUARTER_MS);
  const day = Math.floor(nowMs / DAY_MS);
  const hashes = await Promise.all([client.hgetall(keys.outcomeCounts(day - 1)), client.hgetall(keys.outcomeCounts(day))]);
  const counts = Object.assign({}, ...hashes) as Record<string, string>;
  return Array.from({ length: QUARTERS }, (_none, at) => {
    const quarter = last - QUARTERS + 1 + at;
    const of = OUTCOME_STATUSES.map((status) => [status, Number(counts[`${quarter}|${status[0]}`] ?? 0)]);
    return { fromMs: quarter * QUARTER_MS, ...(Object.fromEntries(of) as Record<OutcomeStatus, number>) };
  });
}
