/** The processes that a crash run kills: an api and two workers, of which one feeds. Whoever is killed is started again at once. */
import type { SpawnedProcess } from "@linkup-queue/testkit";
import type { System } from "../peers/system.ts";
import { type SystemApi, startSystemApi } from "../peers/system-api.ts";

export type Victim = "api" | "worker" | "feeder";

export type CrashCrew = {
  api: SystemApi;
  /** kill -9, and settles when its successor is ready. */
  strike(victim: Victim): Promise<void>;
  kills: Readonly<Record<Victim, number>>;
  close(): Promise<void>;
};

const WORKERS = 2;
/** The line that the feeder writes at the level of debug. */
const FED = "put recipients of campaigns into the queues";

/** Starts them on a system that has no workers of its own, whose workers log at the level of debug. */
export async function startCrashCrew(system: System, apiEnvironment: Readonly<Record<string, string>>): Promise<CrashCrew> {
  const workers: SpawnedProcess[] = [];
  for (let started = 0; started < WORKERS; started++) workers.push(await system.startWorker());
  const api = await startSystemApi(system, apiEnvironment);
  const kills = { api: 0, worker: 0, feeder: 0 };
  return {
    api,
    kills,
    strike: async (victim) => {
      kills[victim] += 1;
      if (victim === "api") return await api.killAndRestart();
      const feeds = feederOf(workers);
      const at = victim === "feeder" ? feeds : (feeds + 1) % WORKERS;
      await workers[at]?.kill("SIGKILL");
      workers[at] = await system.startWorker();
    },
    close: () => api.close(),
  };
}

/** The worker that fed last. */
function feederOf(workers: readonly SpawnedProcess[]): number {
  const fedAtMs = workers.map(({ lines }) => Number(lines.findLast(({ msg }) => msg === FED)?.["time"] ?? 0));
  return fedAtMs.indexOf(fedAtMs.reduce((last, at) => Math.max(last, at), 0));
}
