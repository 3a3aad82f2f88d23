/** Memory over the time of a run: of processes, as Linux tells, and of Redis, told as the peaks of its thirds. */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";

const EVERY_MS = 100;
const MB = 1024 * 1024;

/** The peak of each named thing, MB, and how far the run was then, 0 to 1. */
export type MemorySample = { done: number; mb: Readonly<Record<string, number>> };

export type MemoryWatch = {
  /** Ends the watch and answers all samples. */
  stop(): Promise<MemorySample[]>;
};

export type Watched = {
  /** Process ids by name. */
  pids: Readonly<Record<string, number>>;
  /** Told under the name `redis`. */
  redis: Redis;
  /** How far the run is, 0 to 1. */
  progress: () => number;
  /** Default 100. */
  everyMs?: number;
};

/** Looks every `everyMs` until it is stopped. */
export function watchMemory({ pids, redis, progress, everyMs = EVERY_MS }: Watched): MemoryWatch {
  const samples: MemorySample[] = [];
  const over = new AbortController();
  const loop = (async () => {
    while (!over.signal.aborted) {
      const named = Object.entries(pids).map(async ([name, pid]) => [name, await residentMb(pid)] as const);
      const mb = Object.fromEntries([...(await Promise.all(named)), ["redis", await redisMb(redis)] as const]);
      samples.push({ done: progress(), mb });
      await sleep(everyMs, undefined, { signal: over.signal }).catch(() => undefined);
    }
  })();
  return {
    stop: async () => {
      over.abort();
      await loop;
      return samples;
    },
  };
}

/** The most that `name` had while the run was between `from` and `to`; NaN when nobody looked then. */
export function peakMb(samples: readonly MemorySample[], name: string, { from, to }: { from: number; to: number }): number {
  const found = samples.flatMap(({ done, mb }) => (done >= from && done <= to ? [mb[name] ?? Number.NaN] : []));
  return found.reduce((most, mb) => (Number.isNaN(most) ? mb : Math.max(most, mb)), Number.NaN);
}

async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1024;
}

async function redisMb(redis: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info("memory"))?.[1] ?? Number.NaN) / MB;
}
