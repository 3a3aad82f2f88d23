/** A schedule and its ticks; see schedule.lua. */
import { z } from "zod";
import type { Keys } from "../../redis/keys.ts";
import { defineScript } from "../../redis/script.ts";

const keys = (all: Keys, { id }: { id: string }) => [all.schedule(id)];
const one = z.object({ id: z.string() });

export const schedulePutScript = defineScript({
  name: "schedule_put",
  args: one.extend({
    definition: z.string(),
    revision: z.string(),
    rule: z.string(),
    /** By the process's clock, as ticks are, ms. */
    now: z.number(),
  }),
  keys,
  reply: z.enum(["created", "replaced", "unchanged"]),
});
export const scheduleTickScript = defineScript({
  name: "schedule_tick",
  args: one.extend({
    revision: z.string(),
    tick: z.string(),
    /** The due time that it serves. */
    at: z.string(),
    /** The latest tick, as the caller read it. */
    last: z.string(),
    /** When it was last resumed, as the caller read it. */
    resumed: z.string(),
    missed: z.number(),
    lastMissed: z.number().optional(),
    overlap: z.string(),
    queue: z.string(),
    operation: z.string(),
    jobId: z.string(),
    digest: z.string(),
    ledgerDays: z.number(),
    /** The name of the worker's host, for the audit list. */
    from: z.string(),
  }),
  keys: (all, args) => [...keys(all, args), all.auditTicks],
  /** The tick's decision, with the due time that it serves, or the job for which it is skipped. `again`: another was decided meanwhile. */
  reply: z.tuple([z.enum(["add", "skip", "gone", "stale", "passed", "paused", "again"]), z.string()]),
});
export const scheduleDoneScript = defineScript({ name: "schedule_done", args: one.extend({ tick: z.string() }), keys, reply: z.number() });
export const scheduleRunScript = defineScript({
  name: "schedule_run",
  args: one.extend({
    revision: z.string(),
    /** The run's moment, by the process's clock, ms. */
    at: z.string(),
    overlap: z.string(),
    queue: z.string(),
    jobId: z.string(),
    digest: z.string(),
    ledgerDays: z.number(),
  }),
  keys,
  /** The word for it, with the job that is meant. `known`: a run of the same second; `again`: the schedule was replaced meanwhile. */
  reply: z.tuple([z.enum(["run", "known", "pending", "gone", "again"]), z.string()]),
});
/** By the process's clock, as ticks are, ms. */
const change = { args: one.extend({ now: z.number() }), keys, reply: z.enum(["changed", "unchanged", "gone"]) };
export const schedulePauseScript = defineScript({ name: "schedule_pause", ...change });
export const scheduleResumeScript = defineScript({ name: "schedule_resume", ...change });
export const scheduleRemoveScript = defineScript({ name: "schedule_remove", args: one, keys, reply: z.number() });
/** The end of its last job, and the names and values of its hash by turns. */
export const scheduleReadScript = defineScript({
  name: "schedule_read",
  args: one.extend({ ledgerDays: z.number() }),
  keys,
  reply: z.tuple([z.string()], z.string()),
});
