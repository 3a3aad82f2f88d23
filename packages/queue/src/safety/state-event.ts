/**
 * Changes of the key, of brakes, of accounts, their rests and of the day's credits, and replies of people, as the scripts tell them: in the step that caused one, to the worker that asked
 * for that step. So each is told once, however many workers there are.
 */
import { z } from "zod";

const operation = z.string();
const untilMs = z.number();
/** The call's; none where time or a person caused it. */
const ofCall = operation.optional();
/** Who did it by hand, by the name of the token; none on the command line. */
const caller = z.string().optional();

export const StateEvent = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("braked"), operation, cause: z.string(), nextProbeMs: z.number() }),
  /** LinkUp itself refuses call after call. */
  z.object({ kind: z.literal("stopped"), operation, cause: z.string(), nextProbeMs: z.number() }),
  /** Without `by`: by a call that worked. */
  z.object({ kind: z.literal("opened"), operation, cause: z.string(), by: z.literal("person").optional(), caller }),
  /** The stop switch. */
  z.object({ kind: z.literal("key_paused"), caller }),
  /** LinkUp refuses the key, or has no credits for it. */
  z.object({ kind: z.literal("key_refused"), operation, reason: z.string(), nextProbeMs: z.number() }),
  /** Redis came back older than it was, or empty: so many calls that left are not in it, at least. */
  z.object({ kind: z.literal("state_lost"), marks: z.number() }),
  /** `reason`: `rate_limited`, `server_errors` or `fresh_state`. `answersUntilMs`: so long LINKUP_TRANSIT_MS has no effect. */
  z.object({ kind: z.literal("key_cools"), operation: ofCall, reason: z.string(), untilMs, answersUntilMs: untilMs.optional() }),
  /** `reason`: of what it was before. Without `by`: by the call, or by time where there is none. */
  z.object({
    kind: z.literal("key_opened"),
    operation: ofCall,
    reason: z.string(),
    by: z.enum(["person", "new_key"]).optional(),
    caller,
  }),
  /** An account came into a state that people want to know of, or is at work again; `was` is the state that was told before. */
  z.object({
    kind: z.literal("account_is"),
    account: z.string(),
    is: z.enum(["needs_attention", "awaiting_code", "paused", "active", "removed"]),
    why: z.string().optional(),
    was: z.string().optional(),
  }),
  /** A rest of an account began. */
  z.object({ kind: z.literal("rests"), operation, account: z.string(), scope: z.string(), cause: z.string(), untilMs }),
  /** The first invitation of an account that went without its note, as its notes are used up; the next is told after 30 days without one. */
  z.object({ kind: z.literal("notes_used_up"), account: z.string() }),
  z.object({
    kind: z.literal("rest_over"),
    account: z.string(),
    scope: z.string(),
    cause: z.string(),
    sinceMs: z.number(),
    by: z.enum(["time", "person"]),
  }),
  /** As many credits as LINKUP_MAX_CREDITS_PER_DAY allows are spent, or may be. */
  z.object({ kind: z.literal("day_spent"), limit: z.number(), spent: z.number(), untilMs }),
  z.object({ kind: z.literal("day_opened"), limit: z.number() }),
  /** Somebody answered; `person`: a digest, see `PeopleDigests`. */
  z.object({ kind: z.literal("replied"), person: z.string(), atMs: z.number() }),
]);
export type StateEvent = z.infer<typeof StateEvent>;

/** Hears of changes. */
export type OnChanged = (events: readonly StateEvent[]) => void;

/** Changes in a script's reply: JSON, `[]` for none. */
export const ChangedReply = z
  .string()
  .default("[]")
  .transform((text) => (text === "[]" ? [] : z.array(StateEvent).parse(JSON.parse(text))));
