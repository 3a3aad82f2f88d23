/** How Redis's memory grows: workers note it once an hour, so that people are told when it will be full. */
import { memoryNotedScript } from "./lua/memory-noted.ts";
import type { RedisScripts } from "./scripts.ts";
import { FULL_SHARE, inspectRedis, type RedisFacts } from "./suitability.ts";

/** Used at a moment, ms since the epoch. */
export type MemorySample = { atMs: number; bytes: number };

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Of less than this nobody can tell a day's growth. */
const LEAST_MS = 6 * HOUR_MS;

export class MemoryHistory {
  readonly #scripts: RedisScripts;
  #notedHour = 0;

  constructor(scripts: RedisScripts) {
    this.#scripts = scripts;
  }

  /** To be called now and then; asks Redis once an hour. */
  async note(): Promise<void> {
    // Which hour it is Redis decides; this process's clock only says when to ask.
    const hour = Math.floor(Date.now() / HOUR_MS);
    if (hour === this.#notedHour) return;
    await this.#scripts.run(memoryNotedScript, { usedBytes: (await inspectRedis(this.#scripts.client)).usedBytes });
    this.#notedHour = hour;
  }

  /** The notes of the last two days, the earliest first. */
  async read(): Promise<MemorySample[]> {
    const members = await this.#scripts.client.zrange(this.#scripts.keys.memory, "0", "-1");
    return members.map((member) => {
      const [atMs, bytes] = member.split(" ");
      return { atMs: Number(atMs), bytes: Number(bytes) };
    });
  }
}

/** Bytes that a day adds, by the last 24 h; null where nothing was noted at least six hours ago. Below 0: it shrinks. */
export function growthPerDay({ usedBytes, nowMs }: Pick<RedisFacts, "usedBytes" | "nowMs">, noted: readonly MemorySample[]): number | null {
  const before = noted.find(({ atMs }) => nowMs - atMs <= DAY_MS && nowMs - atMs >= LEAST_MS);
  return before === undefined ? null : ((usedBytes - before.bytes) / (nowMs - before.atMs)) * DAY_MS;
}

/** The bytes that Redis may use: its own bound, else the host's memory, which other programs use, too; 0 where neither is known. */
export function memoryBound({ maxBytes, hostBytes }: Pick<RedisFacts, "maxBytes" | "hostBytes">): number {
  return maxBytes > 0 ? maxBytes : hostBytes;
}

/** The bytes above which no call is granted, or which the host has not; 0 where no bound is known. */
export function memoryLine(facts: Pick<RedisFacts, "maxBytes" | "hostBytes">): number {
  return Math.floor(memoryBound(facts) * FULL_SHARE);
}

/** Days until that line at this growth, 0 beyond it; null where it does not grow, or nobody knows. */
export function daysLeft(facts: Pick<RedisFacts, "usedBytes" | "maxBytes" | "hostBytes">, perDayBytes: number | null): number | null {
  const line = memoryLine(facts);
  if (line === 0 || perDayBytes === null || perDayBytes <= 0) return null;
  return Math.max(0, line - facts.usedBytes) / perDayBytes;
}

/** Days as a person says them. */
export function daysText(days: number): string {
  if (days < 1) return "less than a day";
  if (days > 365) return "more than a year";
  return days < 2 ? "about a day" : `about ${Math.floor(days)} days`;
}
