/** Changes of the API key's state by workers and people; see key.lua. */
import { z } from "zod";
import type { Keys } from "../../redis/keys.ts";
import { defineScript, type ReplyOf, recordReply } from "../../redis/script.ts";
import { StoredBrake } from "../../safety/brakes.ts";
import { StoredRest } from "../../safety/rests.ts";
import { ChangedReply } from "../../safety/state-event.ts";
import { Seen } from "../seen-state.ts";
import { WorkerBounds } from "../worker-bounds.ts";

const number = z.coerce.number();
const reply = recordReply(
  z.union([
    z.object({
      state: z.enum(["open", "cooling", "stopped"]),
      reason: z.string(),
      until: number,
      closedUntil: number,
      limit: number,
      window: number,
      hold: number,
      transit: number,
      answersUntil: number,
      nextProbe: number,
      now: number,
      slots: number,
      workers: number,
      open: number,
      outbox: number,
      accountMax: number,
      dayCredits: number,
      careful: number,
      gapDays: number,
      clock: number,
      clockJump: number,
      clockJumpedAt: number,
      line: z.string(),
      marks: number,
      beats: number,
      lost: number,
      lostMarks: number,
      bounds: z.string().transform((text) => z.array(WorkerBounds).parse(JSON.parse(text))),
      brakes: z.string().transform((text) => z.array(StoredBrake).parse(JSON.parse(text))),
      rests: z.string().transform((text) => z.array(StoredRest).parse(JSON.parse(text))),
      /** The shortage of Redis that was noted before, '' for none: for the worker that is to tell the present one. */
      shortageBefore: z.enum(["", "redis_memory", "redis_replicas"]).optional(),
      changed: ChangedReply,
    }),
    z.object({ refused: z.enum(["other_key", "not_lost"]) }),
    z.object({ refused: z.literal("looser"), stricter: z.string().transform((text) => WorkerBounds.parse(JSON.parse(text))) }),
  ]),
);
const keys = (all: Keys) => [all.workers, all.workerBounds, all.slots, all.open, all.outbox, all.brakes];
const withWebhooks = (all: Keys) => [...keys(all), all.webhooks];
const nothing = z.object({});
const worker = z.object({ worker: z.string() });
const boundWorker = worker.extend({ bounds: WorkerBounds });
const byHand = z.object({
  /** Who asked for it, by the name of the token; none on the command line. */
  caller: z.string().optional(),
  outcomeDays: z.number(),
});

export const keyStartScript = defineScript({
  name: "key_start",
  args: z.object({
    worker: z.string(),
    fingerprint: z.string(),
    /** The operator says that nobody used the key within the last window. */
    fresh: z.boolean(),
    canary: z.string(),
    bounds: WorkerBounds,
    /** Refuses it where a live worker has a stricter bound. */
    strict: z.boolean(),
    /** The notes from outside of Redis. */
    notes: z.array(Seen).readonly(),
    /** The line of the state in which all is settled that the worker settled lately; '': it has yet to settle that again. */
    settledIn: z.string().optional(),
    ...byHand.shape,
  }),
  keys: withWebhooks,
  reply,
});
export const keyBeatScript = defineScript({
  name: "key_beat",
  args: boundWorker.extend({
    /** The shortage of Redis that this worker sees. */
    shortage: z.string().nullable(),
    seen: Seen.optional(),
    /** As at the start. */
    settledIn: z.string().optional(),
  }),
  keys,
  reply,
});
export const keyClockJumpedScript = defineScript({
  name: "key_clock_jumped",
  args: z.object({ jumpMs: z.number(), windowMs: z.number(), marginMs: z.number() }),
  keys,
  reply,
});
export const keyLeaveScript = defineScript({ name: "key_leave", args: worker, keys, reply });
export const keyPauseScript = defineScript({ name: "key_pause", args: byHand, keys: withWebhooks, reply });
export const keyResumeScript = defineScript({ name: "key_resume", args: byHand, keys: withWebhooks, reply });
export const keyRestoreScript = defineScript({
  name: "key_restore",
  args: z.object({
    /** Of the line that begins. */
    name: z.string(),
    /** Whether what may have been sent is sent. */
    isSent: z.boolean(),
    /** Whether the rules of accounts go by what is left of their counts. */
    isCounted: z.boolean(),
    windowMs: z.number(),
    marginMs: z.number(),
    ...byHand.shape,
  }),
  keys: withWebhooks,
  reply,
});
export const keyReleaseScript = defineScript({
  name: "key_release",
  args: byHand.extend({ operation: z.string() }),
  keys: withWebhooks,
  reply,
});
export const keyReadScript = defineScript({ name: "key_read", args: nothing, keys, reply });

export type StoredKey = ReplyOf<typeof keyReadScript>;
