/**
 * One tick of a schedule: decided once, whoever asks and however often, then its job added under an id made of schedule and time. The same
 * id again is no second job: BullMQ knows it while the job is there, the ledger afterwards.
 */
import { createHash } from "node:crypto";
import { type CallQueue, PRIORITIES } from "@linkup-queue/contracts";
import { noteAccepted } from "../door/note-accepted.ts";
import { DIGEST_LENGTH, type JobRef, jobDigest } from "../job/job-ref.ts";
import type { CallQueues } from "../redis/call-queues.ts";
import type { EngineConfig } from "../redis/engine-config.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import { scheduleDoneScript, scheduleRunScript, scheduleTickScript } from "./lua/schedule.ts";
import { ruleOf, type ScheduleDefinition } from "./schedule-definition.ts";
import { countDueBetween, latestDue } from "./schedule-times.ts";
import { seenUntil } from "./schedule-view.ts";
import { storedSchedule } from "./schedules.ts";

/** A tick as BullMQ hands it out: its time is when it was due. */
export type Tick = { scheduleId: string; revision: string; tickMs: number };
/** A tick and the name of the host on which it was taken. */
export type TakenTick = Tick & { from: string };

export type TickDecision =
  /** `atMs`: the due time that is served, the latest one when the tick came late by more than a period. `missed`: due times passed by. */
  | { kind: "add"; atMs: number; missed: number; definition: ScheduleDefinition }
  /** Its predecessor's job has no outcome yet. */
  | { kind: "skip"; atMs: number; missed: number; definition: ScheduleDefinition; predecessor: string }
  /** A later tick was decided before it, or it was due during a pause. */
  | { kind: "passed" }
  /** The schedule is paused. */
  | { kind: "paused" }
  /** The schedule was replaced after this tick was planned. */
  | { kind: "stale" }
  | { kind: "gone" };

/** `pending`: the job of the one before has no outcome yet, and nothing was added. */
export type RunAnswer = { kind: "added"; queue: CallQueue; jobId: string } | { kind: "pending"; jobId: string } | { kind: "gone" };

/** Runs by hand within so long are one, ms: a button is pressed twice. */
const RUN_EVERY_MS = 1_000;

export class ScheduleTicks {
  readonly #scripts: RedisScripts;
  readonly #config: EngineConfig;
  readonly #queues: CallQueues;

  constructor(scripts: RedisScripts, config: EngineConfig, queues: CallQueues) {
    this.#scripts = scripts;
    this.#config = config;
    this.#queues = queues;
  }

  /** This tick's decision, which the audit list has with it. Asked again after a crash it says the same, until `done`. */
  async decide({ scheduleId, revision, tickMs, from }: TakenTick): Promise<TickDecision> {
    for (;;) {
      const stored = storedSchedule(await this.#scripts.client.hgetall(this.#scripts.keys.schedule(scheduleId)));
      if (stored === null) return { kind: "gone" };
      const { definition } = stored;
      const rule = ruleOf(definition, stored.from);
      const atMs = latestDue(rule, { tickMs, nowMs: Date.now() });
      const missed = countDueBetween(rule, { afterMs: seenUntil(stored), beforeMs: atMs });
      const ref = tickJobRef(scheduleId, { queue: definition.queue, atMs });
      const [said, detail] = await this.#scripts.run(scheduleTickScript, {
        id: scheduleId,
        revision,
        tick: String(tickMs),
        at: String(atMs),
        last: stored.last,
        resumed: stored.resumedAt,
        missed,
        lastMissed: missed === 0 ? null : latestDue(rule, { tickMs: seenUntil(stored), nowMs: atMs - 1 }),
        overlap: definition.overlap,
        queue: ref.queue,
        operation: definition.job.operation,
        jobId: ref.id,
        digest: jobDigest(ref),
        ledgerDays: this.#config.ledgerDays,
        from,
      });
      if (said === "add") return { kind: "add", atMs: Number(detail), missed, definition };
      if (said === "skip") return { kind: "skip", atMs, missed, definition, predecessor: detail };
      if (said === "gone" || said === "stale" || said === "passed" || said === "paused") return { kind: said };
      // Another tick was decided since the hash was read.
    }
  }

  /** Adds the job of a tick. However often it is called, there is one job and one outcome. */
  async addJob(scheduleId: string, { definition, atMs }: { definition: ScheduleDefinition; atMs: number }): Promise<JobRef> {
    const { operation, priority, ...data } = definition.job;
    const ref = tickJobRef(scheduleId, { queue: definition.queue, atMs });
    await this.#queues.of(definition.queue).add(operation, { v: 1, ...data }, { jobId: ref.id, priority: PRIORITIES[priority] });
    return ref;
  }

  /**
   * Adds the job of a schedule now, beside its ticks, paused or not. With overlap `skip` not while the job of the one before has no outcome. Two
   * within the same second are one. Rejects with Redis's error: it may or may not have been added then.
   */
  async run(scheduleId: string): Promise<RunAnswer> {
    for (;;) {
      const stored = storedSchedule(await this.#scripts.client.hgetall(this.#scripts.keys.schedule(scheduleId)));
      if (stored === null) return { kind: "gone" };
      const { definition } = stored;
      const atMs = Math.floor(Date.now() / RUN_EVERY_MS) * RUN_EVERY_MS;
      const ref = tickJobRef(scheduleId, { queue: definition.queue, atMs });
      const [said, jobId] = await this.#scripts.run(scheduleRunScript, {
        id: scheduleId,
        revision: stored.revision,
        at: String(atMs),
        overlap: definition.overlap,
        queue: ref.queue,
        jobId: ref.id,
        digest: jobDigest(ref),
        ledgerDays: this.#config.ledgerDays,
      });
      if (said === "gone") return { kind: "gone" };
      if (said === "pending") return { kind: "pending", jobId };
      if (said === "again") continue;
      await this.addJob(scheduleId, { definition, atMs });
      const { operation, priority: _, ...data } = definition.job;
      const { queue } = definition;
      await noteAccepted(this.#scripts, [{ queue, id: ref.id, operation, data: { v: 1, ...data }, isNew: said === "run" }]);
      return { kind: "added", queue, jobId: ref.id };
    }
  }

  /** The tick's job is in its queue: nothing of it is left to do. */
  async done({ scheduleId, tickMs }: Tick): Promise<void> {
    await this.#scripts.run(scheduleDoneScript, { id: scheduleId, tick: String(tickMs) });
  }
}

/** The job of a tick: its id is a digest of the schedule and the time, and never looks like a number of BullMQ's own. */
export function tickJobRef(scheduleId: string, { queue, atMs }: { queue: CallQueue; atMs: number }): JobRef {
  const digest = createHash("sha256").update(`schedule\n${scheduleId}\n${atMs}`).digest("base64url").slice(0, DIGEST_LENGTH);
  return { queue, id: `s-${digest}`, timestamp: atMs };
}
