/** The runs under fire that were recorded, one JSON line each, and the page that adds them up. */
import { appendFileSync, readFileSync } from "node:fs";
import { z } from "zod";

const FILE = new URL("../../../../docs/proof/chaos.ndjson", import.meta.url);

export const RecordedRun = z.object({
  at: z.iso.datetime(),
  trouble: z.string(),
  sends: z.number(),
  kills: z.number(),
  failovers: z.number(),
  doubled: z.number(),
  lost: z.number(),
  conflicting: z.number(),
  mostInWindow: z.number(),
  limit: z.number(),
  unknown: z.number(),
  uncertain: z.number(),
  recoveredS: z.number(),
  /** The name and version of what served as Redis. */
  server: z.string(),
});
export type RecordedRun = z.infer<typeof RecordedRun>;

/** Adds a run to those before. */
export function recordRun(run: RecordedRun): void {
  appendFileSync(FILE, `${JSON.stringify(run)}\n`);
}

export function recordedRuns(): RecordedRun[] {
  const lines = readFileSync(FILE, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  return lines.map((line) => RecordedRun.parse(JSON.parse(line)));
}

export type ChaosTotal = Omit<RecordedRun, "at" | "server"> & { runs: number; from: string; to: string };

const SUMMED = ["sends", "kills", "failovers", "doubled", "lost", "conflicting", "unknown", "uncertain"] as const;

/** Runs of one trouble as one: sums, and the most of a window and of a recovery. The limit is that of all of them. */
export function totalOf(runs: readonly RecordedRun[]): ChaosTotal | null {
  const [first] = runs;
  if (first === undefined) return null;
  const days = runs.map(({ at }) => at.slice(0, 10)).sort();
  const total: ChaosTotal = { ...first, runs: runs.length, from: days[0] ?? "", to: days.at(-1) ?? "" };
  for (const field of SUMMED) total[field] = runs.reduce((sum, run) => sum + run[field], 0);
  total.mostInWindow = runs.reduce((most, run) => Math.max(most, run.mostInWindow), 0);
  total.recoveredS = runs.reduce((longest, run) => Math.max(longest, run.recoveredS), 0);
  return total;
}

/** The totals, by trouble, in the order in which they were run first. */
export function totalsOf(runs: readonly RecordedRun[]): ChaosTotal[] {
  return [...Map.groupBy(runs, ({ trouble, limit }) => `${trouble} ${limit}`).values()].map(totalOf).filter((total) => total !== null);
}

export const CHAOS_HEAD = [
  "trouble",
  "runs",
  "sends",
  "doubled",
  "lost",
  "conflicting",
  "most in a window",
  "unknown",
  "uncertain credits",
  "seconds to recover",
] as const;

/** One line of the table. */
export function chaosCells({
  trouble,
  runs,
  sends,
  doubled,
  lost,
  conflicting,
  mostInWindow,
  limit,
  unknown,
  uncertain,
  recoveredS,
}: ChaosTotal): string[] {
  const counts = [runs, sends, doubled, lost, conflicting].map(String);
  return [trouble, ...counts, `${mostInWindow} of ${limit}`, ...[unknown, uncertain, recoveredS].map(String)];
}

/** Whether a line keeps the promises. */
export function isKept({ doubled, lost, conflicting, mostInWindow, limit }: ChaosTotal): boolean {
  return doubled === 0 && lost === 0 && conflicting === 0 && mostInWindow <= limit;
}
