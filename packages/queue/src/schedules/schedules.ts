/**
 * Recurring jobs as people handle them: put, read, list, pause, remove. Each has one BullMQ job scheduler, which says when, and one hash, which is
 * what counts: `repair` makes the first follow the second. No secret is in a schedule, and nothing here adds a job.
 */
import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import { queuePrefix, SCHEDULES_QUEUE } from "@linkup-queue/contracts";
import { type JobsOptions, Queue, type RepeatOptions } from "bullmq";
import { z } from "zod";
import type { Accounts } from "../accounts/accounts.ts";
import { outcomeIdOf } from "../job/job-ref.ts";
import { readOutcome } from "../ledger/outcome-store.ts";
import type { EngineConfig } from "../redis/engine-config.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import { schedulePauseScript, schedulePutScript, scheduleReadScript, scheduleRemoveScript, scheduleResumeScript } from "./lua/schedule.ts";
import { revisionOf, ruleOf, type ScheduleDefinition, ScheduleId } from "./schedule-definition.ts";
import { nextTime } from "./schedule-times.ts";
import { type Schedule, StoredSchedule, tickJobStatus, viewSchedule } from "./schedule-view.ts";

/** The data of a tick: which form of the schedule it belongs to. */
export const TickData = z.object({ v: z.literal(1), revision: z.string() });
export type TickData = z.infer<typeof TickData>;

/** BullMQ's question for the next tick of a cron schedule, here and in the worker: the answer must be the times that people are shown. */
export const TICK_SETTINGS = {
  repeatStrategy: (afterMs: number, { pattern, tz }: RepeatOptions): number =>
    nextTime({ kind: "cron", cron: pattern ?? "", timezone: tz ?? "UTC" }, afterMs),
};

/** A tick that Redis got in the way of comes again every second until it is done; what a late tick means is decided when it comes. */
const TICK_OPTIONS: JobsOptions = {
  attempts: 1_000_000,
  backoff: { type: "fixed", delay: 1_000 },
  removeOnComplete: true,
  removeOnFail: { count: 100 },
};
const REPAIR_TRIES = 5;
const REPAIR_PAGE = 200;
/** A page of schedules ends where they come to this many characters: a job may carry a file. */
const PAGE_CHARACTERS = 4 * 1024 * 1024;

/** `next`: after which id to go on; null at the end. */
export type SchedulePage = { schedules: Schedule[]; next: string | null };
export type PutResult = "created" | "replaced" | "unchanged";

export class Schedules {
  readonly #scripts: RedisScripts;
  readonly #accounts: Accounts;
  readonly #config: EngineConfig;
  readonly #queue: Queue;

  constructor(scripts: RedisScripts, accounts: Accounts, config: EngineConfig) {
    this.#scripts = scripts;
    this.#accounts = accounts;
    this.#config = config;
    this.#queue = new Queue(SCHEDULES_QUEUE, {
      connection: scripts.client,
      prefix: queuePrefix(config.keyId),
      settings: TICK_SETTINGS,
    });
    // The connection is the engine's; its owner hears of its errors.
    this.#queue.on("error", () => undefined);
  }

  /** Stores a schedule and starts it. The same definition again changes nothing, not even the next tick. */
  async put(id: ScheduleId, definition: ScheduleDefinition): Promise<PutResult> {
    const { cron, everyMs, timezone } = definition;
    const said = await this.#scripts.run(schedulePutScript, {
      id: ScheduleId.parse(id),
      definition: JSON.stringify(definition),
      revision: revisionOf(definition),
      rule: JSON.stringify([cron, everyMs, timezone]),
      now: Date.now(),
    });
    await this.repair(id);
    return said;
  }

  /** One schedule with its next times and what became of its ticks; null when there is none. */
  async read(id: string): Promise<Schedule | null> {
    return (await this.#read(id))?.schedule ?? null;
  }

  async #read(id: string): Promise<{ schedule: Schedule; characters: number } | null> {
    const [word, ...flat] = await this.#scripts.run(scheduleReadScript, { id, ledgerDays: this.#config.ledgerDays });
    const stored = storedSchedule(pairs(flat));
    if (stored === null) return null;
    const status = tickJobStatus(word);
    const outcome = stored.digest === "" || status === "pending" ? null : await readOutcome(this.#scripts, outcomeIdOf(stored.digest));
    const account = await this.#accounts.read(stored.definition.job.accountId);
    const schedule = await viewSchedule({ id, stored, account, status, code: outcome?.code ?? null, nowMs: Date.now() });
    return { schedule, characters: flat.reduce((sum, text) => sum + text.length, 0) };
  }

  /**
   * A page of schedules in the order of their ids, starting after `afterId`: at most `limit`, and fewer where they are large or were removed
   * meanwhile.
   */
  async list({ afterId, limit }: { afterId?: string | undefined; limit: number }): Promise<SchedulePage> {
    const found = await this.#scripts.namesAfter(this.#scripts.keys.schedules, afterId, limit);
    const schedules: Schedule[] = [];
    let characters = 0;
    for (const id of found) {
      const one = await this.#read(id);
      // Their times are arithmetic: others in the process get their turn.
      await yieldToEventLoop();
      if (one === null) continue;
      schedules.push(one.schedule);
      characters += one.characters;
      if (characters >= PAGE_CHARACTERS) return { schedules, next: id };
    }
    return { schedules, next: found.length < limit ? null : (found.at(-1) ?? null) };
  }

  /** Ends a schedule; jobs that it added stay. False when there is none. */
  async remove(id: string): Promise<boolean> {
    const removed = await this.#scripts.run(scheduleRemoveScript, { id });
    await this.repair(id);
    return removed === 1;
  }

  /** No tick adds a job any more, until `resume`; one that was decided before still does. Null when there is none. */
  async pause(id: string): Promise<"changed" | "unchanged" | null> {
    return await this.#change(schedulePauseScript, id);
  }

  /** It ticks again, from its next time on: what was due meanwhile is neither caught up nor called missed. Null when there is none. */
  async resume(id: string): Promise<"changed" | "unchanged" | null> {
    return await this.#change(scheduleResumeScript, id);
  }

  async #change(script: typeof schedulePauseScript, id: string): Promise<"changed" | "unchanged" | null> {
    const said = await this.#scripts.run(script, { id, now: Date.now() });
    await this.repair(id);
    return said === "gone" ? null : said;
  }

  /**
   * Makes BullMQ's scheduler follow the stored definition: after a put, a removal, two at once, a crash between the two, or a tick that
   * someone removed from the queue. True when there was something to do.
   */
  async repair(id: string): Promise<boolean> {
    for (let turn = 0; turn < REPAIR_TRIES; turn++) {
      if (!(await this.#repairOnce(id))) return turn > 0;
    }
    return true;
  }

  /** Mends all schedules, unless another process did so within `everyMs`. Answers the ids that needed it. */
  async repairAll({ process, everyMs }: { process: string; everyMs: number }): Promise<string[]> {
    if ((await this.#scripts.client.set(this.#scripts.keys.schedulesRepaired, process, "PX", everyMs, "NX")) === null) return [];
    const repaired: string[] = [];
    for (let afterId: string | undefined; ; ) {
      const ids = await this.#scripts.namesAfter(this.#scripts.keys.schedules, afterId, REPAIR_PAGE);
      for (const id of ids) if (await this.repair(id)) repaired.push(id);
      afterId = ids.at(-1);
      if (afterId === undefined) return repaired;
    }
  }

  async close(): Promise<void> {
    await this.#queue.close();
  }

  /** False when nothing was to be done. */
  async #repairOnce(id: string): Promise<boolean> {
    const stored = storedSchedule(await this.#scripts.client.hgetall(this.#scripts.keys.schedule(id)));
    const scheduler = await this.#queue.getJobScheduler(id);
    if (stored === null || stored.pausedAt !== null) {
      if (scheduler === undefined) return false;
      await this.#queue.removeJobScheduler(id);
      return true;
    }
    const { cron, everyMs, timezone } = stored.definition;
    const revision = TickData.safeParse(scheduler?.template?.data).data?.revision;
    if (scheduler !== undefined && revision === stored.revision && (await this.#hasTick(id, scheduler.next))) return false;
    // BullMQ keeps the offset of a former interval (6.7): another rule begins from nothing.
    const sameRule = scheduler !== undefined && (scheduler.pattern ?? null) === cron && (scheduler.every ?? null) === everyMs;
    if (scheduler !== undefined && !sameRule) await this.#queue.removeJobScheduler(id);
    const repeat =
      everyMs === null
        ? { pattern: cron ?? "", tz: timezone ?? "UTC" }
        : { every: everyMs, startDate: nextTime(ruleOf(stored.definition, stored.from), Date.now()) };
    const data: TickData = { v: 1, revision: stored.revision };
    await this.#queue.upsertJobScheduler(id, repeat, { name: "tick", data, opts: TICK_OPTIONS });
    return true;
  }

  /** Whether the scheduler's next tick is in the queue; without it, it would never tick again. */
  async #hasTick(id: string, nextMs: number | undefined): Promise<boolean> {
    if (nextMs !== undefined && (await this.#queue.getJob(`repeat:${id}:${nextMs}`)) !== undefined) return true;
    // It may have been taken between the two looks; then the scheduler has moved on.
    return (await this.#queue.getJobScheduler(id))?.next !== nextMs;
  }
}

/** The hash of a schedule, read; null for none. */
export function storedSchedule(fields: Readonly<Record<string, string>>): StoredSchedule | null {
  return Object.hasOwn(fields, "definition") ? StoredSchedule.parse(fields) : null;
}

function pairs(flat: readonly string[]): Record<string, string> {
  return Object.fromEntries(flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1] ?? ""]] : [])));
}
