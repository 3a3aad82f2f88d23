/** The worker's beat: it says in Redis that this process is there, looks whether Redis is well, and shows what it sees in metrics and log. */
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { differenceText, type SettingDifference } from "@linkup-queue/queue";
import type { WorkerContext } from "../process/context.ts";
import { tellRedis } from "../process/tell-redis.ts";
import { ResultsAnnouncer } from "../told/announce-results.ts";
import { StandingTrouble } from "../told/announce-standing.ts";
import type { StateWatch } from "./state-watch.ts";

const BEAT_MS = 5_000;

export type Beat = {
  /** Ends it; a beat that is under way is waited for, so that none comes after the worker has left. */
  stop(): Promise<void>;
};

export type BeatOptions = {
  state: StateWatch;
  /** Of linkup-queue, for people. */
  version: string;
  /** Hears of each beat that fails; the next one comes all the same. */
  onError: (error: unknown) => void;
  /** Hears of each beat that came to its end: when it began, by `performance.now()`. */
  onAnswered: (sinceMs: number) => void;
  /** Called after each beat, also one that failed. */
  onBeat: () => void;
};

/** Begins to beat under the worker's name. */
export function startBeat(
  shared: Omit<WorkerContext, "transport" | "lose">,
  name: string,
  { state, version, onError, onAnswered, onBeat }: BeatOptions,
): Beat {
  const { engine, settings, metrics, line, log } = shared;
  const results = new ResultsAnnouncer(log, settings.resultsMax);
  const startedMs = Date.now();
  const differences = new StandingTrouble(log, "the workers of this key have the same settings again");
  const replicas = new StandingTrouble(log, "LINKUP_REDIS_REPLICAS asks for all replicas that are attached");
  const stopped = new AbortController();
  const beat = async () => {
    const { shortage, unconfirmed } = await engine.health.look();
    const askedMs = performance.now();
    let answeredMs = askedMs;
    const { shortageBefore: before, ...key } = await state.take(async () => {
      const answer = await engine.keys.beat(name, shortage, { seen: engine.seen.value, settledIn: state.settledIn });
      answeredMs = performance.now();
      return answer;
    });
    if (before !== undefined) tellRedis(log, { before, shortage, unconfirmed });
    await engine.clock?.look({ askedMs, answeredMs, clockMs: key.clockMs });
    await state.note().catch(onError);
    await engine.memory.note().catch(onError);
    await engine.keys.noteWorker(name, { host: hostname(), pid: process.pid, version, startedMs, out: line.inFlight }).catch(onError);
    const again = await state.settleAgain(key);
    if (again !== null && again > 0) log.info({ count: again }, "settled again what was settled in the time that Redis has lost");
    differences.see(differenceLine(key.differences), { differences: key.differences });
    const { trouble, ...attached } = await engine.replicas();
    replicas.see(trouble === null ? null : `too few replicas are asked for: ${trouble}`, attached);
    metrics.observe(key, line);
    results.see({ full: await engine.outbox.isFull(), unpublished: key.unpublished }, performance.now());
    // Whatever waits for it to have done so learns it at once.
    return again !== null;
  };
  const beats = (async () => {
    while (!stopped.signal.aborted) {
      const sinceMs = performance.now();
      const isOwedAnother = await beat().then(
        (again) => {
          onAnswered(sinceMs);
          return again;
        },
        (error: unknown) => {
          onError(error);
          return false;
        },
      );
      onBeat();
      if (!isOwedAnother) await sleep(BEAT_MS, undefined, { ref: false, signal: stopped.signal }).catch(() => undefined);
    }
  })();
  return {
    stop: async () => {
      stopped.abort();
      await beats;
    },
  };
}

function differenceLine(differences: readonly SettingDifference[]): string | null {
  if (differences.length === 0) return null;
  return `the workers of this key have different settings, and the strictest hold: ${differences.map(differenceText).join(", ")}`;
}
