/** The worker's beat: it says in Redis that this process is there, looks whether Redis is well, and shows what it sees in metrics and log. */
import { setTimeout as sleep } from "node:timers/promises";
import { attachedReplicas } from "@linkup-queue/queue";
import { DifferenceAnnouncer } from "./announce-differences.ts";
import { ReplicasAnnouncer } from "./announce-replicas.ts";
import { ResultsAnnouncer } from "./announce-results.ts";
import { ClockWatch } from "./clock-watch.ts";
import type { WorkerContext } from "./context.ts";
import { tellRedis } from "./tell-redis.ts";

const BEAT_MS = 5_000;

export type Beat = {
  /** Ends it; a beat that is under way is waited for, so that none comes after the worker has left. */
  stop(): Promise<void>;
};

export type BeatOptions = {
  /** Hears of each beat that fails; the next one comes all the same. */
  onError: (error: unknown) => void;
  /** Called after each beat, also one that failed. */
  onBeat: () => void;
};

/** Begins to beat under the worker's name. */
export function startBeat(shared: Omit<WorkerContext, "transport">, name: string, { onError, onBeat }: BeatOptions): Beat {
  const { engine, settings, metrics, line, log } = shared;
  const results = new ResultsAnnouncer(log, settings.resultsMax);
  const clock = new ClockWatch();
  const differences = new DifferenceAnnouncer(log);
  const replicas = new ReplicasAnnouncer(log);
  const stopped = new AbortController();
  const beat = async () => {
    const { shortage, unconfirmed } = await engine.health.look();
    const askedMs = performance.now();
    const { shortageBefore: before, ...key } = await engine.keys.beat(name, shortage);
    if (before !== undefined) tellRedis(log, { before, shortage, unconfirmed });
    const jumpMs = clock.see({ askedMs, answeredMs: performance.now(), clockMs: key.clockMs });
    if (jumpMs !== 0) {
      log.warn({ jumpMs }, "Redis's clock jumped: nothing leaves for one window");
      metrics.clockJumps.inc();
      await engine.keys.clockJumped(jumpMs);
    }
    differences.see(key.differences);
    replicas.see({ asked: settings.redisReplicas, attached: await attachedReplicas(engine.scripts.client) });
    metrics.observe(key, line);
    results.see({ full: await engine.outbox.isFull(), unpublished: key.unpublished }, performance.now());
  };
  const beats = (async () => {
    while (!stopped.signal.aborted) {
      await beat().catch(onError);
      onBeat();
      await sleep(BEAT_MS, undefined, { ref: false, signal: stopped.signal }).catch(() => undefined);
    }
  })();
  return {
    stop: async () => {
      stopped.abort();
      await beats;
    },
  };
}
