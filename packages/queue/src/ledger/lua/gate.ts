/** The gate's arguments and its answers; see gate.lua. */
import { z } from "zod";
import { History } from "../../job/call-history.ts";
import { ReconcilingText } from "../../job/reconciling.ts";
import { defineScript, recordReply } from "../../redis/script.ts";
import { Seen } from "../seen-state.ts";

const AuthTry = z.object({ state: z.enum(["refreshing", "awaiting_code"]), epoch: z.number(), turn: z.number() });
export type AuthTry = z.infer<typeof AuthTry>;

const flag = z.string().transform((text) => text === "1");
const number = z.coerce.number();
/** An answer that also tells what the job came to so far. */
const withHistory = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.preprocess((fields) => ({ ...(fields as object), history: fields }), z.object({ ...shape, history: History }));

const Answer = z.union([
  withHistory({ kind: z.literal("granted"), epoch: number, token: z.string(), country: z.string(), clock: number }),
  z.object({ kind: z.literal("wait"), forMs: number, reason: z.string() }),
  z.object({ kind: z.literal("snooze"), forMs: number, reason: z.string() }),
  z.object({ kind: z.literal("parked"), why: z.string() }),
  withHistory({
    kind: z.literal("refused"),
    code: z.enum([
      "expired",
      "account_unavailable",
      "cancelled",
      "note_too_long",
      "notes_used_up",
      "suppressed",
      "replied",
      "contacted_recently",
    ]),
    waited: flag,
  }),
  z.object({ kind: z.literal("settled"), published: flag }),
  withHistory({ kind: z.literal("interrupted"), callId: z.string(), price: number, op: z.string(), reconciling: ReconcilingText }),
  withHistory({ kind: z.literal("look"), reconciling: ReconcilingText, self: z.string() }),
  withHistory({ kind: z.literal("edited") }),
  z.object({ kind: z.literal("who") }),
]);

export const gateScript = defineScript({
  name: "gate",
  args: z.object({
    digest: z.string(),
    callId: z.string(),
    queue: z.string(),
    id: z.string(),
    operation: z.string(),
    target: z.string(),
    /** Its operation and the families that it counts to, with commas between; none for a log-in. */
    scopes: z.string().optional(),
    /** The characters of its note, where that is longer than one of a free account may be. */
    longNote: z.number().optional(),
    account: z.string(),
    campaign: z.string().optional(),
    /** A job that the feeder made for a recipient of its campaign. */
    isRecipientJob: z.boolean().optional(),
    /** Of a sequence's recipient: which of its steps. */
    step: z.number().optional(),
    revision: z.number().optional(),
    /** Asked for a look at what came of the job's write. */
    look: z.boolean().optional(),
    priority: z.number(),
    member: z.string(),
    urgent: z.boolean().optional(),
    price: z.number(),
    expiresAt: z.number().optional(),
    meta: z.string(),
    /** Whom a job that reaches somebody is about: digests with commas between; empty for nobody that is known. Left out until it is asked for. */
    people: z.string().optional(),
    /** Of these those whom it reaches. */
    reached: z.string().optional(),
    /** Names the secret that these were made with. */
    peopleSecret: z.string().optional(),
    auth: AuthTry.optional(),
    limit: z.number(),
    windowMs: z.number(),
    marginMs: z.number(),
    timeoutMs: z.number(),
    accountMax: z.number(),
    maxCreditsPerDay: z.number().optional(),
    /** Whether accounts that set no policy have the careful one. */
    careful: z.boolean().optional(),
    /** Days within which nobody is written to twice. */
    gapDays: z.number().optional(),
    ledgerDays: z.number(),
    /** Why Redis may take nothing new. */
    shortage: z.string().optional(),
    probeEveryMs: z.number(),
    /** When BullMQ made the job, ms. */
    madeAt: z.number(),
    seen: Seen.optional(),
  }),
  keys: (keys, { digest, account, operation, campaign }) => [
    keys.job(digest),
    keys.account(account),
    keys.inFlight(account),
    keys.placesHanded(account),
    keys.lane(account),
    keys.slots,
    keys.open,
    keys.served,
    keys.brake(operation),
    ...(campaign == null ? [] : [keys.campaign(campaign), keys.held(campaign), keys.ahead(account)]),
  ],
  reply: recordReply(Answer),
});

/**
 * `clock` of a grant: what Redis's clock showed, ms, also where the scripts' time stands still. `waited` of a refusal: the job was in the ledger before, so it is cancelled rather than failed. `edited`: its campaign's text was edited;
 * nothing was granted, and the job still holds its limiter token.
 */
export type GateAnswer = Exclude<z.infer<typeof Answer>, { kind: "who" }>;
