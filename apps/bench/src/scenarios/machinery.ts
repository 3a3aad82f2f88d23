/** 6. Machinery: with the limit lifted, what the ledger costs in speed, in Redis's processor time and commands beside plain BullMQ, and in memory. */
import { endOf, type JobMeta, jobDigest, outcomeIdOf, settlementOf } from "@linkup-queue/queue";
import type { JobRef } from "@linkup-queue/queue/inside";
import { accountIds, newJob, registerTokens } from "../load/jobs.ts";
import { NOTHING, type Row } from "../measure/row.ts";
import { countCommands, cpuUsed, isOurs, type ScriptCost, timeScripts } from "../measure/script-counter.ts";
import { median, middleOf, ratePerSecond } from "../measure/statistics.ts";
import type { System, SystemOptions } from "../peers/system.ts";
import { type Scenario, until, withSystem } from "./scenario.ts";

const SCENARIO = "6 machinery";
const JOBS = 4_000;
const ACCOUNTS = accountIds("acc", 500);
const ROUNDS = 3;
const KINDS = ["ours", "plain", "unmarked"] as const;
type Kind = (typeof KINDS)[number];
/** Jobs of which every command is counted. */
const COUNTED = 1_000;
const KEPT = 20_000;
const HEAD = 0.1;
const TAIL = 0.05;
const LIFTED = { limit: 100_000, windowMs: 60_000 };

export const machinery: Scenario = async (context) => {
  const runs: Record<Kind, Run[]> = { ours: [], plain: [], unmarked: [] };
  for (let round = 1; round <= ROUNDS; round++) {
    for (const kind of KINDS) {
      const run = await withSystem(systemOf(kind), runJobs);
      context.say(
        `round ${round} of ${ROUNDS}, ${kind}: ${Math.round(run.perSecond)} jobs a second, ${Math.round(run.redisUs)} us of Redis for each`,
      );
      runs[kind].push(run);
    }
  }
  context.say("commands and times of scripts");
  const counts = { ours: await costOfScripts("ours"), plain: await costOfScripts("plain") };
  for (const [kind, costs] of Object.entries(counts)) {
    for (const { script, calls, commands, medianUs } of costs.filter((cost) => cost.commands >= 0.1)) {
      context.say(`  ${kind}: ${script}: ${calls.toFixed(2)} calls with ${commands.toFixed(1)} commands for each job; ${medianUs} us each`);
    }
  }
  context.say("memory of waiting jobs, ledger entries and kept outcomes");
  const waiting = await withSystem({ ...systemOf("ours"), consume: false }, memoryOfWaiting);
  const ledger = await withSystem({ ...systemOf("ours"), consume: false }, (system) => memoryOfSettled(system, false));
  const kept = await withSystem({ ...systemOf("ours"), consume: false }, (system) => memoryOfSettled(system, true));
  return rowsOf(runs, counts, { waiting, ledger, kept: kept - ledger });
};

/** A job's share of the middle of a run. */
type Run = { perSecond: number; redisUs: number };
type Counts = Record<"ours" | "plain", readonly ScriptCost[]>;

function rowsOf(runs: Record<Kind, readonly Run[]>, counts: Counts, bytes: { waiting: number; ledger: number; kept: number }): Row[] {
  const ratio = (kind: Kind) => median(runs[kind].map(({ perSecond }, round) => perSecond / (runs.plain[round]?.perSecond ?? Number.NaN)));
  const perSecond = (kind: Kind) => `${Math.round(median(runs[kind].map((run) => run.perSecond)))} jobs/s`;
  const redisUs = (kind: Kind) => median(runs[kind].map((run) => run.redisUs));
  const commandsOf = (costs: readonly ScriptCost[]) => costs.reduce((sum, cost) => sum + cost.commands, 0);
  const own = commandsOf(counts.ours.filter(isOurs));
  const row = (figure: string, target: string, cells: Pick<Row, "ours" | "plain" | "met">): Row => ({
    scenario: SCENARIO,
    figure,
    target,
    ...cells,
  });
  return [
    row("jobs a second from queue to results, limit lifted, one process", ">= 0.6 of plain", {
      ours: `${ratio("ours").toFixed(2)} (${perSecond("ours")})`,
      plain: perSecond("plain"),
      met: ratio("ours") >= 0.6,
    }),
    row("the same without the mark before the first byte", NOTHING, {
      ours: `${ratio("unmarked").toFixed(2)} (${perSecond("unmarked")})`,
      plain: perSecond("plain"),
      met: null,
    }),
    row("Redis processor time of a job", "<= 420 us", {
      ours: `${Math.round(redisUs("ours"))} us`,
      plain: `${Math.round(redisUs("plain"))} us`,
      met: redisUs("ours") <= 420,
    }),
    row("commands that our scripts run for a job", "<= 55", {
      ours: `${own.toFixed(1)} (${commandsOf(counts.ours).toFixed(1)} with BullMQ's)`,
      plain: `${commandsOf(counts.plain).toFixed(1)}, all BullMQ's`,
      met: own <= 55,
    }),
    row("Redis memory of a waiting job", NOTHING, { ours: `${bytes.waiting} bytes`, plain: "the same", met: null }),
    row("Redis memory of a settled ledger entry", "about 100 bytes", {
      ours: `${bytes.ledger} bytes`,
      plain: NOTHING,
      met: bytes.ledger <= 100,
    }),
    row("Redis memory of a kept outcome", NOTHING, { ours: `${bytes.kept} bytes`, plain: NOTHING, met: null }),
  ];
}

/** The worker starts when all jobs lie there, so that adding them is no part of what is measured. */
function systemOf(kind: Kind): SystemOptions {
  return { kind, ...LIFTED, providerLimit: null, workers: 0, scenario: { latencyMs: 0 } };
}

async function addJobs(system: System, count: number): Promise<void> {
  if (system.kind !== "plain") await registerTokens(system.engine, ACCOUNTS);
  await system.add(
    Array.from({ length: count }, (_, index) => newJob("messages", ACCOUNTS[index % ACCOUNTS.length] ?? "", { person: `person-${index}` })),
  );
}

async function haveOutcomes({ outcomes }: System, count: number): Promise<void> {
  await until(() => outcomes.length >= count, { withinMs: 120_000, everyMs: 10 });
}

async function runJobs(system: System): Promise<Run> {
  await addJobs(system, JOBS);
  await system.startWorker();
  const cpuAt = async (share: number) => {
    await haveOutcomes(system, JOBS * share);
    const done = system.outcomes.length;
    return { done, us: await cpuUsed(system.redis) };
  };
  const [head, tail] = [await cpuAt(HEAD), await cpuAt(1 - TAIL)];
  await haveOutcomes(system, JOBS);
  const times = middleOf(
    system.outcomes.map((outcome) => outcome.atMs),
    { head: HEAD, tail: TAIL },
  );
  return { perSecond: ratePerSecond(times), redisUs: (tail.us - head.us) / (tail.done - head.done) };
}

/** Of each script its calls and commands for a job, and the time of a call: in two runs from the worker's start to the last outcome. */
async function costOfScripts(kind: "ours" | "plain"): Promise<ScriptCost[]> {
  const watched = async (watch: typeof countCommands) =>
    await withSystem(systemOf(kind), async (system) => {
      await addJobs(system, COUNTED);
      const stop = await watch(system.redis);
      await system.startWorker();
      await haveOutcomes(system, COUNTED);
      return await stop();
    });
  const times = new Map((await watched(timeScripts)).map(({ script, medianUs }) => [script, medianUs]));
  const costs = (await watched(countCommands)).map(({ script, calls, commands }) => ({
    script,
    calls: calls / COUNTED,
    commands: commands / COUNTED,
    medianUs: times.get(script) ?? 0,
  }));
  return costs.toSorted((one, other) => other.commands - one.commands);
}

async function usedMemory(system: System): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await system.redis.info("memory"))?.[1] ?? Number.NaN);
}

async function memoryOfWaiting(system: System): Promise<number> {
  const before = await usedMemory(system);
  await system.add(
    Array.from({ length: KEPT }, (_, index) => newJob("messages", ACCOUNTS[index % ACCOUNTS.length] ?? "", { person: `person-${index}` })),
  );
  return Math.round(((await usedMemory(system)) - before) / KEPT);
}

/** Jobs that ended and were published: their ledger entries, with or without their outcomes. */
async function memoryOfSettled(system: System, keep: boolean): Promise<number> {
  await settleSome(system, { from: 0, count: 100 });
  const before = await usedMemory(system);
  await settleSome(system, { from: 100, count: KEPT });
  if (!keep) await dropOutcomes(system);
  return Math.round(((await usedMemory(system)) - before) / KEPT);
}

const refOf = (index: number): JobRef => ({ queue: "messages", id: `job-${index}`, timestamp: index });

async function settleSome({ engine }: System, { from, count }: { from: number; count: number }): Promise<void> {
  for (let index = from; index < from + count; index += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, offset) => settleOne(engine, index + offset)));
  }
}

async function settleOne({ gate }: System["engine"], index: number): Promise<void> {
  const ref = refOf(index);
  const accountId = ACCOUNTS[index % ACCOUNTS.length] ?? "";
  const meta: JobMeta = {
    operation: "message.send",
    accountId,
    campaignId: null,
    recipientId: null,
    redriveOf: null,
    enqueuedAtMs: Date.now(),
  };
  const output = {
    entityUrn: `urn:li:msg_message:(urn:li:fsd_profile:ACoAA${index},2-${index})`,
    conversation_id: `2-${index}`,
    deliveredAt: Date.now(),
  };
  const { end } = endOf(ref, meta, {
    ending: { status: "succeeded", code: null, message: "Done", httpStatus: 200, output },
    history: { calls: 1, attempts: 0, deaths: 0, charged: 1, uncertain: 0, startedMs: Date.now() },
  });
  await gate.settle(settlementOf(ref, meta, { next: { kind: "end", ...end } }));
  await gate.markPublished(jobDigest(ref));
}

async function dropOutcomes({ engine, redis }: System): Promise<void> {
  for (let index = 0; index < KEPT + 100; index += 1_000) {
    await redis.unlink(
      Array.from({ length: 1_000 }, (_, offset) => engine.scripts.keys.outcome(outcomeIdOf(jobDigest(refOf(index + offset))))),
    );
  }
}
