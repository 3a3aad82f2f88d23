/** One sweep; see sweep.lua. */
import { CALL_QUEUES, CallQueue } from "@linkup-queue/contracts";
import { z } from "zod";
import { Seen } from "../../ledger/seen-state.ts";
import { defineScript, jsonReply } from "../../redis/script.ts";
import { StateEvent } from "../../safety/state-event.ts";

/** Lua's empty list is an empty object in its JSON. */
const list = <Value extends z.ZodType>(value: Value) => z.preprocess((given) => (Array.isArray(given) ? given : []), z.array(value));
const texts = list(z.string());
/** Jobs in one of BullMQ's sets of those that are over. `ended`: the ledger knows their end, or knew it, by a word of ours. */
const over = list(z.object({ queue: CallQueue, id: z.string(), at: z.coerce.number(), ended: z.boolean() }));

export const sweepScript = defineScript({
  name: "sweep",
  args: z.object({
    worker: z.string(),
    everyMs: z.number(),
    graceMs: z.number(),
    outboxAgeMs: z.number(),
    releasedAgeMs: z.number(),
    waitingAgeMs: z.number(),
    failedAgeMs: z.number(),
    queues: z.array(z.enum(CALL_QUEUES)).readonly(),
    ledgerDays: z.number(),
    outcomeDays: z.number(),
    /** The day's bound of credits. */
    maxCreditsPerDay: z.number().nullable(),
    probeEveryMs: z.number(),
    seen: Seen.optional(),
    /** Times of accounts with hours are to be written so far ahead at least. */
    hoursAheadMs: z.number(),
  }),
  keys: (keys) => [
    keys.sweeping,
    keys.open,
    keys.outbox,
    keys.resolvedOutbox,
    keys.cooling,
    keys.rests,
    keys.hours,
    keys.released,
    keys.waiting,
    keys.orphans,
    keys.aheadLooks,
    keys.acceptedLooks,
    keys.vanished,
    keys.placesCursor,
    keys.accounts,
    keys.campaigns,
    keys.brakes,
  ],
  /** Nothing while another sweeps. */
  reply: jsonReply(
    z.object({
      /** The feeding job's id when it is missing. */
      feed: texts,
      /** Digests of calls that left and were never answered. */
      interrupted: texts,
      unpublished: texts,
      /** Outcomes with a person's word that are not on the results queue a second time. */
      resolved: texts,
      vanished: texts,
      /** Accounts that an auth job is at work for. */
      refreshing: texts,
      /** Changes of the key, of rests and of the day's credits, told to this sweep alone. */
      changed: list(StateEvent),
      /** Whether less is written for an account. */
      hoursDue: z.boolean().default(false),
      failed: over,
      completed: over,
    }),
  ),
});
