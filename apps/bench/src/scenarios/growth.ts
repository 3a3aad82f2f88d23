/**
 * 20. Growth: what a job costs Redis as one thing grows tenfold and tenfold again: waiting jobs, accounts, campaigns, workers. The limit is lifted, and
 * the same number of jobs is measured at each size. Redis's commands say what is done; its processor's time says what that takes on this machine.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LinkupError } from "@linkup-queue/contracts";
import { accountIds, newJob, registerTokens } from "../load/jobs.ts";
import { putCampaigns } from "../load/put-campaigns.ts";
import { drawCurves } from "../measure/draw-curve.ts";
import { costOfEach, type RedisCost } from "../measure/redis-cost.ts";
import { NOTHING, type Row } from "../measure/row.ts";
import { median } from "../measure/statistics.ts";
import type { System } from "../peers/system.ts";
import { type Context, giveTokens, type Scenario, until, withSystem } from "./scenario.ts";

const SCENARIO = "20 growth";
const ACCOUNTS = 500;
/** Campaigns list so many times the recipients that are measured, so that none is near its end. */
const LISTED = 10;
const LIFTED = { limit: 100_000, windowMs: 60_000 };
/** To put in as many takes minutes, so it is done in the first round alone. */
const ONCE = 1_000_000;
/** The largest size may cost this much more than the smallest. */
const FLAT = 1.25;
const PICTURES = join(import.meta.dirname, "../../../../docs/images");

type Kind = "ours" | "plain";
const AXES = ["waiting jobs", "accounts", "campaigns", "workers"] as const;
type Axis = (typeof AXES)[number];
export type GrowthSize = { measured: number; rounds: number; sizes: Record<Axis, readonly number[]> };

const SCALED_SIZES: GrowthSize["sizes"] = {
  "waiting jobs": [1_000, 10_000, 100_000],
  accounts: [10, 100, 1_000],
  campaigns: [1, 10, 100],
  workers: [1, 4, 10],
};
const FULL_SIZES: GrowthSize["sizes"] = {
  "waiting jobs": [1_000, 10_000, 100_000, 1_000_000],
  accounts: [10, 100, 1_000, 10_000],
  campaigns: [1, 10, 100, 1_000],
  workers: [1, 5, 20, 50],
};

export const growth: Scenario = async ({ scale, say, record }) => {
  const curves = await measureGrowth({ measured: 2_000, rounds: 3, sizes: scale.full ? FULL_SIZES : SCALED_SIZES }, say);
  if (record) await drawAll(curves);
  return rowsOf(curves);
};

type Point = { size: number } & RedisCost;
/** Plain BullMQ knows no accounts, and has nothing like campaigns. */
type Curves = { axis: Axis; ours: Point[]; plain: Point[] | null }[];

const hasPeer = (axis: Axis): boolean => axis === "waiting jobs" || axis === "workers";

/** The sizes of an axis by turns, round after round, so that a busy minute of the machine meets all of them. */
export async function measureGrowth({ measured, rounds, sizes }: GrowthSize, say: Context["say"]): Promise<Curves> {
  const curves: Curves = [];
  for (const axis of AXES) {
    const measure = async (kind: Kind) => {
      const costs = new Map<number, RedisCost[]>(sizes[axis].map((size) => [size, []]));
      for (let round = 1; round <= rounds; round++) {
        for (const size of sizes[axis].filter((one) => round === 1 || one < ONCE)) {
          const cost = await costAt(axis, { kind, size, measured });
          costs.get(size)?.push(cost);
          say(
            `${axis}, round ${round} of ${rounds}, ${kind}, ${size}: ${Math.round(cost.us)} us and ${cost.commands.toFixed(1)} commands for a job`,
          );
        }
      }
      return [...costs].map(([size, own]) => ({
        size,
        us: median(own.map(({ us }) => us)),
        commands: median(own.map(({ commands }) => commands)),
      }));
    };
    curves.push({ axis, ours: await measure("ours"), plain: hasPeer(axis) ? await measure("plain") : null });
  }
  return curves;
}

type Run = { kind: Kind; size: number; measured: number };

async function costAt(axis: Axis, run: Run): Promise<RedisCost> {
  return await withSystem({ kind: run.kind, ...LIFTED, providerLimit: null, workers: 0, scenario: { latencyMs: 0 } }, async (system) => {
    switch (axis) {
      case "waiting jobs":
        await addJobs(system, { accounts: ACCOUNTS, jobs: run.measured + run.size });
        return await costWithWorkers(system, 1, run);
      case "accounts":
        await addJobs(system, { accounts: run.size, jobs: run.measured });
        return await costWithWorkers(system, 1, run);
      case "workers":
        await addJobs(system, { accounts: ACCOUNTS, jobs: run.measured });
        return await costWithWorkers(system, run.size, run);
      case "campaigns":
        return await costOfCampaigns(system, run);
    }
  });
}

async function addJobs(system: System, { accounts, jobs }: { accounts: number; jobs: number }): Promise<void> {
  const ids = accountIds("acc", accounts);
  await giveTokens(system, ids);
  const CHUNK = 10_000;
  for (let from = 0; from < jobs; from += CHUNK) {
    const some = Array.from({ length: Math.min(CHUNK, jobs - from) }, (_, index) =>
      newJob("messages", ids[(from + index) % ids.length] ?? "", { person: `person-${from + index}` }),
    );
    await system.add(some);
  }
}

/** All workers are there before the first job is fetched: a queue that is paused gives none. */
async function costWithWorkers(system: System, workers: number, run: Run): Promise<RedisCost> {
  const queue = system.queue("messages");
  await queue.pause();
  for (let started = 0; started < workers; started++) await system.startWorker();
  const begin = async () => await queue.resume();
  return await costFrom(begin, system, run);
}

/** From the beginning, as many workers may be ahead of whoever counts outcomes, to the last that is measured. */
async function costFrom(begin: () => Promise<void>, { redis, outcomes }: System, { measured }: Run): Promise<RedisCost> {
  const end = async (): Promise<void> => {
    if (await until(() => outcomes.length >= measured, { withinMs: 300_000, everyMs: 10 })) return;
    throw new LinkupError("internal_error", `${outcomes.length} of ${measured} jobs ended`);
  };
  return await costOfEach(redis, () => outcomes.length, { begin, end });
}

/** The same recipients and accounts, in ever more campaigns. */
async function costOfCampaigns(system: System, run: Run): Promise<RedisCost> {
  const ids = accountIds("acc", 200);
  await registerTokens(system.engine, ids);
  const recipients = Math.ceil((run.measured * LISTED) / run.size);
  const own = Math.max(4, Math.floor(ids.length / run.size));
  const campaigns = Array.from({ length: run.size }, (_, number) => ({
    id: `campaign-${number}`,
    accountIds: Array.from({ length: own }, (_account, place) => ids[(number * own + place) % ids.length] ?? ""),
    recipients,
  }));
  await putCampaigns(system.engine, campaigns);
  const begin = async () => void (await system.startWorker());
  return await costFrom(begin, system, run);
}

function rowsOf(curves: Curves): Row[] {
  return curves.flatMap(({ axis, ours, plain }) => {
    const sizes = ours.map(({ size }) => size.toLocaleString("en-US")).join(", ");
    const row = (figure: string, of: keyof RedisCost): Row => {
      const told = (points: readonly Point[]) => points.map((point) => Math.round(point[of])).join(", ");
      return {
        scenario: SCENARIO,
        figure: `${figure} for a job, at ${sizes} ${axis}`,
        target: `flat: last <= ${FLAT} x first`,
        ours: `${told(ours)} (${ratioOf(ours, of).toFixed(2)})`,
        plain: plain === null ? NOTHING : `${told(plain)} (${ratioOf(plain, of).toFixed(2)})`,
        met: ratioOf(ours, of) <= FLAT,
      };
    };
    return [row("Redis commands", "commands"), row("Redis processor time, us,", "us")];
  });
}

function ratioOf(points: readonly Point[], of: keyof RedisCost): number {
  return (points.at(-1)?.[of] ?? Number.NaN) / (points[0]?.[of] ?? Number.NaN);
}

async function drawAll(curves: Curves): Promise<void> {
  for (const { axis, ours, plain } of curves) {
    const pointsOf = (points: readonly Point[]) => points.map(({ size, us }) => ({ size, value: us }));
    const drawn = drawCurves({
      title: "Redis for a job",
      unit: axis,
      valueUnit: "us of its processor",
      curves: [
        { name: "linkup-queue", points: pointsOf(ours) },
        ...(plain === null ? [] : [{ name: "plain BullMQ", points: pointsOf(plain) }]),
      ],
    });
    await writeFile(join(PICTURES, `growth-${axis.replaceAll(" ", "-")}.svg`), drawn);
  }
}
