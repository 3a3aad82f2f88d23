/** 17. Even work for as long as is asked for: the memory of each process and of Redis must stay flat. Its slope is that of a straight line through the second half. */
import { setTimeout as sleep } from "node:timers/promises";
import { accountIds, mixedJobs } from "../load/jobs.ts";
import { type MemorySample, watchMemory } from "../measure/memory-watch.ts";
import { printColumns } from "../measure/print-table.ts";
import { NOTHING, type Row } from "../measure/row.ts";
import { slopeOf } from "../measure/statistics.ts";
import { startSystemApi } from "../peers/system-api.ts";
import { giveTokens, type Scenario, withSystem } from "./scenario.ts";

const SCENARIO = "17 soak";
const ACCOUNTS = accountIds("acc", 24);
const BY_ITSELF_MS = 120_000;
const EVERY_MS = 1_000;
/** Each second, over three queues; the limit lets them all through. */
const JOBS_EACH = 10;
const LIMIT = { limit: 1_200, windowMs: 60_000 };
/** Shorter runs say nothing of the growth of a process: its caches fill. */
const TELLS_FROM_MS = 600_000;
/** Nor of Redis's, until the second half begins after the hour for which BullMQ keeps results. */
const TELLS_OF_REDIS_FROM_MS = 7_200_000;
const FLAT_MB_PER_HOUR = 10;
/** The ledger keeps as much of each job for a day. */
const KEPT_KB_PER_JOB = 1;

export const soak: Scenario = async ({ say, print, forMs }) => {
  const lastsMs = forMs ?? BY_ITSELF_MS;
  return await withSystem(
    { kind: "ours", workers: 2, ...LIMIT, scenario: { latencyMs: { min: 50, max: 300 } }, env: { LINKUP_LEDGER_DAYS: "1" } },
    async (system) => {
      await giveTokens(system, ACCOUNTS);
      const api = await startSystemApi(system);
      try {
        const startedMs = performance.now();
        const elapsedMs = () => performance.now() - startedMs;
        const pids = Object.fromEntries([...system.workers.map(({ pid }, at) => [`worker ${at + 1}`, pid]), ["api", api.process().pid]]);
        const watch = watchMemory({ pids, redis: system.redis, progress: () => elapsedMs() / lastsMs, everyMs: EVERY_MS });
        let jobs = 0;
        for (; elapsedMs() < lastsMs; await sleep(EVERY_MS)) {
          await system.add(mixedJobs(ACCOUNTS, JOBS_EACH, { label: `soak-${jobs}` }));
          await api.ask("GET", "/v1/key");
          jobs += JOBS_EACH;
          if (jobs % (60 * JOBS_EACH) === 0) say(`${jobs} jobs in ${Math.round(elapsedMs() / 1_000)} s`);
        }
        const samples = await watch.stop();
        return rowsOf({ samples, lastsMs, jobs, outcomes: system.outcomes.length, print });
      } finally {
        await api.close();
      }
    },
  );
};

type Soaked = { samples: readonly MemorySample[]; lastsMs: number; jobs: number; outcomes: number; print: (table: string) => void };

/** Prints what each had at the start of the second half and at the end, and how steeply it grew between. */
function rowsOf({ samples, lastsMs, jobs, outcomes, print }: Soaked): Row[] {
  const hours = lastsMs / 3_600_000;
  const half = samples.filter(({ done }) => done >= 0.5);
  const figures = Object.keys(half[0]?.mb ?? {}).map((name) => {
    const points = half.map(({ done, mb }) => [done * hours, mb[name] ?? Number.NaN] as const);
    return { name, from: points[0]?.[1] ?? Number.NaN, to: points.at(-1)?.[1] ?? Number.NaN, slope: slopeOf(points) };
  });
  print(
    printColumns(
      ["memory", "at half, MB", "at the end, MB", "slope, MB an hour"],
      figures.map(({ name, from, to, slope }) => [name, from.toFixed(1), to.toFixed(1), slope.toFixed(1)]),
    ),
  );
  const figure = `${jobs} jobs in ${Math.round(lastsMs / 1_000)} s`;
  const perHour = jobs / hours;
  const rows = figures.map(({ name, slope }): Row => {
    const isRedis = name === "redis";
    const most = isRedis ? (perHour * KEPT_KB_PER_JOB) / 1_024 : FLAT_MB_PER_HOUR;
    const tells = lastsMs >= (isRedis ? TELLS_OF_REDIS_FROM_MS : TELLS_FROM_MS);
    return {
      scenario: SCENARIO,
      figure: `${figure}: growth of ${name}`,
      target: `<= ${most.toFixed(0)} MB an hour`,
      ours: `${slope.toFixed(1)} MB an hour`,
      plain: NOTHING,
      met: tells ? slope <= most : null,
    };
  });
  return [
    ...rows,
    { scenario: SCENARIO, figure: `${figure}: outcomes taken`, target: NOTHING, ours: String(outcomes), plain: NOTHING, met: null },
  ];
}
