/** The day's credits as people see them: the bound, what is spent and out, and who waits for tomorrow. It reads only; the gate decides. */
import { CALL_QUEUES, queuePrefix } from "@linkup-queue/contracts";
import type { EngineConfig } from "../redis/engine-config.ts";
import type { RedisScripts } from "../redis/scripts.ts";

export type DayBudget = {
  /** LINKUP_MAX_CREDITS_PER_DAY. */
  limit: number;
  /** Charged today, and what may have been. */
  spent: number;
  /** Held by calls that are out. */
  committed: number;
  /** When the next UTC day begins, ms since the epoch. */
  resetsAtMs: number;
  /** Jobs that are due and can't leave before, as not even one credit is left, those behind others of their account too; 0 while one is left. */
  waiting: number;
};

const DAY_MS = 86_400_000;
/** Where BullMQ keeps jobs that are due. */
const DUE = [
  ["wait", "llen"],
  ["paused", "llen"],
  ["active", "llen"],
  ["prioritized", "zcard"],
] as const;

/** So many accounts' lanes are counted; this is asked every second by whoever follows the key. */
const MOST_ACCOUNTS = 1_000;

/** Jobs that are due in the lanes of accounts at work. */
async function countParked({ client, keys }: RedisScripts, nowMs: number): Promise<number> {
  const ids = await client.zrange(keys.accounts, "-", "+", "BYLEX", "LIMIT", 0, MOST_ACCOUNTS);
  const pipeline = client.pipeline();
  for (const id of ids) pipeline.hget(keys.account(id), "state").zcount(keys.lane(id), "-inf", nowMs);
  const replies = ids.length === 0 ? [] : ((await pipeline.exec()) ?? []);
  return replies.reduce((sum, [, value], at) => sum + (at % 2 === 1 && replies[at - 1]?.[1] === "active" ? Number(value) : 0), 0);
}

/** Null without a bound. `nowMs` is Redis's clock. */
export async function readDayBudget(scripts: RedisScripts, config: EngineConfig, nowMs: number): Promise<DayBudget | null> {
  const { keyId, maxCreditsPerDay: limit } = config;
  if (limit === null) return null;
  const { client, keys } = scripts;
  const today = Math.floor(nowMs / DAY_MS);
  const pipeline = client.pipeline().hmget(keys.credits(today), "charged", "uncertain", "held").zcard(keys.open);
  for (const queue of CALL_QUEUES) for (const [name, count] of DUE) pipeline[count](`${queuePrefix(keyId)}:${queue}:${name}`);
  const [sums, open, ...due] = ((await pipeline.exec()) ?? []).map(([, reply]) => reply);
  const [charged = 0, uncertain = 0, held = 0] = (sums as (string | null)[]).map(Number);
  const isSpent = charged + uncertain + held >= limit;
  const here = due.reduce<number>((sum, count) => sum + Number(count), 0) - Number(open);
  const waiting = isSpent ? Math.max(0, here) + (await countParked(scripts, nowMs)) : 0;
  return { limit, spent: charged + uncertain, committed: held, resetsAtMs: (today + 1) * DAY_MS, waiting };
}

/** As it is answered; the time is ISO. */
export function dayBudgetView({ resetsAtMs, ...budget }: DayBudget) {
  return { ...budget, resetsAt: new Date(resetsAtMs).toISOString() };
}
