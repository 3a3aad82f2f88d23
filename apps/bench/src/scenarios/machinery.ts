/** 6. Machinery: with the limit lifted, what the ledger costs in speed beside plain BullMQ, and in Redis's memory. */
import { endOf, type JobMeta, type JobRef, jobDigest, outcomeIdOf, settlementOf } from "@linkup-queue/queue";
import { accountIds, newJob, registerTokens } from "../load/jobs.ts";
import { NOTHING, type Row } from "../measure/row.ts";
import { median, middleOf, ratePerSecond } from "../measure/statistics.ts";
import type { System, SystemOptions } from "../peers/system.ts";
import type { WorkerKind } from "../peers/worker-process.ts";
import { type Scenario, until, withSystem } from "./scenario.ts";

const SCENARIO = "6 machinery";
const JOBS = 4_000;
const ACCOUNTS = accountIds("acc", 500);
const ROUNDS = 3;
const KINDS = ["ours", "plain", "unmarked"] as const;
const KEPT = 20_000;
const LIFTED = { limit: 100_000, windowMs: 60_000 };

export const machinery: Scenario = async (context) => {
  const rates: Record<WorkerKind, number[]> = { ours: [], plain: [], unmarked: [] };
  for (let round = 1; round <= ROUNDS; round++) {
    for (const kind of KINDS) {
      const rate = await withSystem(systemOf(kind), runJobs);
      context.say(`round ${round} of ${ROUNDS}, ${kind}: ${Math.round(rate)} jobs a second`);
      rates[kind].push(rate);
    }
  }
  context.say("memory of waiting jobs, ledger entries and kept outcomes");
  const waiting = await withSystem({ ...systemOf("ours"), workers: 0, consume: false }, memoryOfWaiting);
  const ledger = await withSystem({ ...systemOf("ours"), workers: 0, consume: false }, (system) => memoryOfSettled(system, false));
  const kept = await withSystem({ ...systemOf("ours"), workers: 0, consume: false }, (system) => memoryOfSettled(system, true));
  return rowsOf(rates, { waiting, ledger, kept: kept - ledger });
};

function rowsOf(rates: Record<WorkerKind, readonly number[]>, bytes: { waiting: number; ledger: number; kept: number }): Row[] {
  const ratio = (kind: WorkerKind) => median(rates[kind].map((rate, round) => rate / (rates.plain[round] ?? Number.NaN)));
  const perSecond = (kind: WorkerKind) => `${Math.round(median(rates[kind]))} jobs/s`;
  const row = (figure: string, target: string, cells: Pick<Row, "ours" | "plain" | "met">): Row => ({
    scenario: SCENARIO,
    figure,
    target,
    ...cells,
  });
  return [
    row("jobs a second from queue to results, limit lifted, one process", ">= 0.4 of plain", {
      ours: `${ratio("ours").toFixed(2)} (${perSecond("ours")})`,
      plain: perSecond("plain"),
      met: ratio("ours") >= 0.4,
    }),
    row("the same without the mark before the first byte", NOTHING, {
      ours: `${ratio("unmarked").toFixed(2)} (${perSecond("unmarked")})`,
      plain: perSecond("plain"),
      met: null,
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

function systemOf(kind: WorkerKind): SystemOptions {
  return { kind, ...LIFTED, providerLimit: null, workers: 1, scenario: { latencyMs: 0 } };
}

async function runJobs(system: System): Promise<number> {
  if (system.kind !== "plain") await registerTokens(system.engine, ACCOUNTS);
  await system.add(
    Array.from({ length: JOBS }, (_, index) => newJob("messages", ACCOUNTS[index % ACCOUNTS.length] ?? "", { person: `person-${index}` })),
  );
  await until(() => system.outcomes.length >= JOBS, { withinMs: 120_000 });
  return ratePerSecond(
    middleOf(
      system.outcomes.map((outcome) => outcome.atMs),
      { head: 0.1, tail: 0.05 },
    ),
  );
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
