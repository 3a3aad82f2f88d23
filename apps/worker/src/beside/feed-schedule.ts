/**
 * The life of a schedule's tick: decide -> add the job -> done. Whatever crashes in between, the tick comes again and its job is the same one.
 * Skipped and missed ticks are told in the log. No call is made here.
 */
import { hostname } from "node:os";
import type { TroubleTeller } from "@linkup-queue/contracts";
import { type Engine, ScheduleWorker, type Tick } from "@linkup-queue/queue";
import type { Logger } from "pino";

export type ScheduleFeedOptions = { engine: Engine; worker: string; log: Logger; trouble: TroubleTeller };

export type ScheduleFeed = {
  /** Takes no more ticks and finishes those in hand. */
  stop(): Promise<void>;
};

/** Schedules whose next tick was lost are looked for this often, by one worker at a time. */
const REPAIR_EVERY_MS = 30_000;

/** Begins to turn ticks into jobs. */
export async function startScheduleFeed({ engine, worker, log, trouble }: ScheduleFeedOptions): Promise<ScheduleFeed> {
  const onError = (error: unknown) => trouble.see(error, "trouble with a schedule; its tick comes again");
  const take = (tick: Tick) => takeTick({ engine, log }, tick);
  const feeder = new ScheduleWorker({ connection: engine.scripts.client, config: engine.config, take, onError });

  const repair = async () => {
    for (const scheduleId of await engine.schedules.repairAll({ process: worker, everyMs: REPAIR_EVERY_MS - 1_000 })) {
      log.warn({ scheduleId }, "the schedule had no next tick; it was started again");
    }
  };
  let repairing = repair().catch(onError);
  const timer = setInterval(() => {
    repairing = repairing.then(repair).catch(onError);
  }, REPAIR_EVERY_MS);
  await feeder.start();
  return {
    stop: async () => {
      clearInterval(timer);
      await feeder.close();
      await repairing;
    },
  };
}

type Feeding = { engine: Engine; log: Logger };

async function takeTick({ engine, log }: Feeding, tick: Tick): Promise<void> {
  const { scheduleId } = tick;
  const decision = await engine.ticks.decide({ ...tick, from: hostname() });
  if (decision.kind === "passed") return;
  if (decision.kind === "stale" || decision.kind === "gone" || decision.kind === "paused") {
    // BullMQ's scheduler may still follow what was replaced, removed or paused.
    await engine.schedules.repair(scheduleId);
    log.info({ scheduleId, tick: decision.kind }, "a tick of a definition that is no more, or paused; nothing was added");
    return;
  }
  const told = { scheduleId, tickAt: new Date(decision.atMs).toISOString() };
  if (decision.missed > 0) log.warn({ ...told, missed: decision.missed }, "ticks passed while no worker took them; they are not caught up");
  if (decision.kind === "skip") {
    log.warn({ ...told, predecessor: decision.predecessor }, "tick skipped: the job of the one before has no outcome yet");
    return;
  }
  const job = await engine.ticks.addJob(scheduleId, decision);
  await engine.ticks.done(tick);
  log.debug({ ...told, queue: job.queue, jobId: job.id }, "tick added its job");
}
