/**
 * The cost of scripts for a Redis, by the script: how many commands it runs, seen by MONITOR, or how long it takes, by the slow log. Both make everything
 * slower: never while speed is measured, and never both at once.
 */
import type { Redis } from "ioredis";
import { median } from "./statistics.ts";

export type ScriptCost = {
  /** Ours by their names; BullMQ's, which are sent by their hash, as `bullmq <queue> <number of keys>`. */
  script: string;
  calls: number;
  /** Within all its calls, the calls themselves not counted; 0 where time was measured. */
  commands: number;
  /** The median of its calls, by Redis's clock, us: what else the machine does lengthens the mean. 0 where commands were counted. */
  medianUs: number;
};

/** As our functions are named: `linkup_<script>_<hash>`. */
const OURS = /^linkup_(.+)_[0-9a-f]{12}$/;
const BULLMQ = /^bullmq /;
const LOG_LENGTH = 1_000_000;

export const isOurs = ({ script }: Pick<ScriptCost, "script">): boolean => !BULLMQ.test(script);

/** The script that a command calls; null for a command that calls none. */
function scriptOf(words: readonly string[]): string | null {
  const [command = "", name = "", keyCount = "", key = ""] = words;
  if (/^fcall$/i.test(command)) return OURS.exec(name)?.[1] ?? name;
  return /^eval(sha)?$/i.test(command) ? `bullmq ${key.split(":")[1] ?? ""} ${keyCount}` : null;
}

type Sums = { calls: number; commands: number; timesUs: number[] };

class Tally {
  readonly #sums = new Map<string, Sums>();

  of(script: string): Sums {
    const known = this.#sums.get(script) ?? { calls: 0, commands: 0, timesUs: [] };
    this.#sums.set(script, known);
    return known;
  }

  costs(): ScriptCost[] {
    return [...this.#sums].map(([script, { calls, commands, timesUs }]) => ({ script, calls, commands, medianUs: median(timesUs) }));
  }
}

/** Counts the commands of all scripts that run until it is stopped. */
export async function countCommands(redis: Redis): Promise<() => Promise<ScriptCost[]>> {
  const tally = new Tally();
  const monitor = await redis.monitor();
  let running: Sums | null = null;
  monitor.on("monitor", (_time: string, words: string[], source: string) => {
    // Redis tells of a script before it tells of its commands, and runs one at a time.
    if (source === "lua") {
      if (running !== null) running.commands += 1;
      return;
    }
    const script = scriptOf(words);
    running = script === null ? null : tally.of(script);
    if (running !== null) running.calls += 1;
  });
  return async () => {
    monitor.disconnect();
    return tally.costs();
  };
}

/** Takes the time of all scripts that run until it is stopped. */
export async function timeScripts(redis: Redis): Promise<() => Promise<ScriptCost[]>> {
  await redis.config("SET", "slowlog-max-len", LOG_LENGTH);
  await redis.slowlog("RESET");
  await redis.config("SET", "slowlog-log-slower-than", 0);
  return async () => {
    await redis.config("SET", "slowlog-log-slower-than", -1);
    const tally = new Tally();
    for (const [, , us, words] of (await redis.slowlog("GET", LOG_LENGTH)) as [number, number, number, string[]][]) {
      const script = scriptOf(words);
      if (script === null) continue;
      const sums = tally.of(script);
      sums.calls += 1;
      sums.timesUs.push(us);
    }
    await redis.slowlog("RESET");
    return tally.costs();
  };
}

/** The processor time that a Redis has used since it was started, us. */
export async function cpuUsed(redis: Redis): Promise<number> {
  const info = await redis.info("cpu");
  const seconds = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, "m").exec(info)?.[1] ?? Number.NaN);
  return (seconds("used_cpu_user") + seconds("used_cpu_sys")) * 1e6;
}
