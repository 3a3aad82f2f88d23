/**
 * 5. Lanes: thousands of jobs of one account, away or just busy, in front of those of others in the same queue. Alone and with the crowd in
 * front run at the same time, so that a noisy machine is as noisy for both.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { accountIds, emailOf, newJob, passwordOf, personOf, registerTokens } from "../load/jobs.ts";
import { millis, percent, type Row } from "../measure/row.ts";
import { middleOf, ratePerSecond } from "../measure/statistics.ts";
import type { Arrival } from "../peers/sandbox-process.ts";
import type { System, SystemOptions } from "../peers/system.ts";
import { type Context, type Scenario, until, withSystem } from "./scenario.ts";

const SCENARIO = "5 lanes";
const HOT = "hot";
const HOT_JOBS = 10_000;
const OTHERS = accountIds("other", 30);
const OTHER_JOBS = 3_000;
/** Scaled ten times; at full size as the provider has it. */
const SCALED_LIMIT = { limit: 300, windowMs: 6_000 };
const HOLD_MS = 10_000;
const IN_ORDER = 100;
/** The first job that each of the two workers can have in hand while nothing is held yet. */
const NEVER_HELD = 2;

type Mode = "away" | "busy";
type Reached = { firstMs: number; rate: number; done: number };
type Crowded = Reached & { heldCpu: number | null; outOfOrder: number; hotSent: number };

export const lanes: Scenario = async (context) => {
  const rows: Row[] = [];
  for (const mode of ["away", "busy"] as const) {
    context.say(`${HOT_JOBS} jobs of one account that is ${mode} in front of ${OTHER_JOBS} of ${OTHERS.length} others`);
    const [alone, crowded, plain] = await Promise.all([
      withSystem(systemOf("ours", context), (system) => runAlone(system, context)),
      withSystem(systemOf("ours", context), (system) => runCrowded(system, context, mode)),
      withSystem(systemOf("plain", context), (system) => runPlain(system, context)),
    ]);
    for (const row of rowsOf(mode, { alone, crowded, plain })) rows.push(row);
  }
  return rows;
};

function rowsOf(mode: Mode, { alone, crowded, plain }: { alone: Reached; crowded: Crowded; plain: Reached }): Row[] {
  const row = (figure: string, target: string, cells: Pick<Row, "ours" | "plain" | "met">): Row => ({
    scenario: SCENARIO,
    figure: `account ${mode}: ${figure}`,
    target,
    ...cells,
  });
  const share = crowded.rate / alone.rate;
  const never = (ms: number) => (Number.isFinite(ms) ? millis(ms) : "never in the run");
  const rows = [
    row("the others are reached after", "<= 10 s", {
      ours: never(crowded.firstMs),
      plain: never(plain.firstMs),
      met: crowded.firstMs <= 10_000,
    }),
    row("their throughput once reached, of what they have alone", ">= 95 %", {
      ours: `${percent(share)} (${crowded.rate.toFixed(1)} of ${alone.rate.toFixed(1)} a second)`,
      plain: plain.done === 0 ? "0 %" : percent(plain.rate / alone.rate),
      met: share >= 0.95,
    }),
    row(`pairs out of order among ${crowded.hotSent} held jobs that ran`, "0", {
      ours: `${crowded.outOfOrder}`,
      plain: "-",
      met: crowded.hotSent > 0 && crowded.outOfOrder === 0,
    }),
  ];
  if (crowded.heldCpu !== null) {
    rows.push(
      row("Redis CPU while the jobs are held", "< 1 %", { ours: percent(crowded.heldCpu, 2), plain: "-", met: crowded.heldCpu < 0.01 }),
    );
  }
  return rows;
}

function systemOf(kind: "ours" | "plain", { scale }: Context): SystemOptions {
  return {
    kind,
    ...(scale.full ? { limit: scale.limit, windowMs: scale.windowMs } : SCALED_LIMIT),
    providerLimit: null,
    workers: 2,
    scenario: { latencyMs: { min: 100, max: 300 }, codeRequired: [emailOf(HOT)] },
  };
}

/** Long enough for every other job at the limit's rate, and half as long again. */
function longestMs({ scale }: Context): number {
  const { limit, windowMs } = scale.full ? scale : SCALED_LIMIT;
  return (OTHER_JOBS / limit) * windowMs * 1.5 + 20_000;
}

const otherJobs = () =>
  Array.from({ length: OTHER_JOBS }, (_, index) =>
    newJob("messages", OTHERS[index % OTHERS.length] ?? "", { person: `other-${index}`, opts: { priority: 0 } }),
  );
const hotJobs = () =>
  Array.from({ length: HOT_JOBS }, (_, index) => newJob("messages", HOT, { person: `hot-${index}`, opts: { priority: 0 } }));

async function othersArrived(system: System): Promise<number> {
  return (await system.sandbox.summary()).requests;
}

function reached(lines: readonly Arrival[], addedMs: number): Reached {
  const times = lines.filter((line) => personOf(line.target).startsWith("other-")).map((line) => line.atMs);
  // Without the first window, which every run starts with in a burst, and without the end, where accounts run out of jobs.
  const rate = ratePerSecond(middleOf(times, { head: 0.15, tail: 0.15 }));
  return { firstMs: times.reduce((first, time) => Math.min(first, time), Number.POSITIVE_INFINITY) - addedMs, rate, done: times.length };
}

async function runAlone(system: System, context: Context): Promise<Reached> {
  await registerTokens(system.engine, OTHERS);
  const addedMs = Date.now();
  await system.add(otherJobs());
  await until(async () => (await othersArrived(system)) >= OTHER_JOBS, { withinMs: longestMs(context), everyMs: 500 });
  return reached(await system.sandbox.journal(), addedMs);
}

async function runPlain(system: System, context: Context): Promise<Reached> {
  await system.add(hotJobs());
  const addedMs = Date.now();
  await system.add(otherJobs());
  await sleep(Math.min(60_000, longestMs(context)));
  return reached(await system.sandbox.journal(), addedMs);
}

async function runCrowded(system: System, context: Context, mode: Mode): Promise<Crowded> {
  await registerTokens(system.engine, OTHERS);
  if (mode === "busy") await registerTokens(system.engine, [HOT]);
  else await logInUntilCode(system);
  await system.add(hotJobs());
  const addedMs = Date.now();
  await system.add(otherJobs());
  const othersDone = async () =>
    (await system.sandbox.journal()).filter((line) => personOf(line.target).startsWith("other-")).length >= OTHER_JOBS;
  await until(othersDone, { withinMs: longestMs(context), everyMs: 1_000 });
  const others = reached(await system.sandbox.journal(), addedMs);
  const heldCpu = mode === "away" ? await cpuWhileHeld(system) : null;
  if (mode === "away") await giveCode(system);
  const hotCount = async () => hotOrder(await system.sandbox.journal()).length;
  await until(async () => (await hotCount()) >= IN_ORDER, { withinMs: 60_000, everyMs: 500 });
  const order = hotOrder(await system.sandbox.journal());
  return { ...others, heldCpu, hotSent: order.length, outOfOrder: outOfOrder(order) };
}

async function logInUntilCode(system: System): Promise<void> {
  const need = await system.engine.accounts.register(HOT, { email: emailOf(HOT), password: passwordOf(HOT) });
  if (need !== null) await system.engine.authJobs.add(need);
  await until(async () => (await system.engine.accounts.read(HOT))?.state === "awaiting_code", { withinMs: 15_000 });
}

async function giveCode(system: System): Promise<void> {
  await system.engine.authJobs.add(await system.engine.accounts.giveCode(HOT, "123456"));
}

/** The share of one core that Redis uses while nothing but held jobs is there. */
async function cpuWhileHeld(system: System): Promise<number> {
  const before = await redisCpuSeconds(system);
  await sleep(HOLD_MS);
  return ((await redisCpuSeconds(system)) - before) / (HOLD_MS / 1000);
}

async function redisCpuSeconds(system: System): Promise<number> {
  const info = await system.redis.info("cpu");
  return ["used_cpu_sys", "used_cpu_user"].reduce((sum, name) => sum + Number(new RegExp(`${name}:([\\d.]+)`).exec(info)?.[1] ?? 0), 0);
}

/**
 * The numbers of the held jobs, in the order of their arrival. Jobs that workers fetched at the same moment while the account was still
 * idle were never held, and may change places.
 */
function hotOrder(lines: readonly Arrival[]): number[] {
  return lines.flatMap((line) => {
    const person = personOf(line.target);
    const number = Number(person.slice("hot-".length));
    return person.startsWith("hot-") && number >= NEVER_HELD ? [number] : [];
  });
}

function outOfOrder(order: readonly number[]): number {
  return order.filter((number, index) => index > 0 && number < (order[index - 1] ?? 0)).length;
}
