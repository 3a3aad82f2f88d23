/** A settlement's arguments and its answers; see settle.lua. */
import { OutcomeCode, OutcomeStatus } from "@linkup-queue/contracts";
import { z } from "zod";
import type { AccountEvent } from "../../accounts/account-event.ts";
import { defineScript, recordReply } from "../../redis/script.ts";
import { ChangedReply } from "../../safety/state-event.ts";
import { INVITATION_SIGNS } from "../invitation-sign.ts";
import { ResultJob } from "../result-job.ts";
import { Seen } from "../seen-state.ts";

const told = {
  wasted: z.coerce.number().default(0),
  brakes: ChangedReply,
};
const published = z.literal("1").transform(() => true as const);
const Answer = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("ended"), status: z.string(), published: published.optional(), ...told }),
  z.object({ kind: z.enum(["retry", "again", "look", "parked"]), ...told }),
  z.object({ kind: z.literal("already"), state: z.string(), ...told }),
]);

export const settleScript = defineScript({
  name: "settle",
  args: z.object({
    digest: z.string(),
    /** '' for a job that made no call. */
    callId: z.string(),
    /** Names the settlement by what it says. */
    settlementId: z.string(),
    redrive: z.boolean().optional(),
    fetched: z.boolean().optional(),
    calls: z.number().optional(),
    queue: z.string(),
    id: z.string(),
    /** None for a log-in, which takes no place of its account. */
    account: z.string().optional(),
    /** The account that a log-in is for. */
    authAccount: z.string().optional(),
    operation: z.string(),
    campaign: z.string().optional(),
    isRecipientJob: z.boolean().optional(),
    /** Of a sequence's recipient: which of its steps. */
    step: z.number().optional(),
    left: z.boolean(),
    answered: z.boolean(),
    /** The provider had counted the request so long ago, ms, as is known of a worker with this transit; left out: when it answered. */
    countedAgoMs: z.number().min(0).optional(),
    transitMs: z.number().optional(),
    serverError: z.boolean().optional(),
    charge: z.enum(["yes", "no", "unknown"]),
    price: z.number(),
    uncertain: z.number().optional(),
    next: z.enum(["end", "retry", "brake", "again", "look", "park"]),
    status: OutcomeStatus.optional(),
    exhaustedStatus: OutcomeStatus.optional(),
    code: OutcomeCode.optional(),
    exhaustedCode: OutcomeCode.optional(),
    keyAction: z.enum(["stop", "suspect", "cool"]).optional(),
    refusal: z.string().optional(),
    alone: z.boolean().optional(),
    doubtful: z.string().optional(),
    accountEvent: z.custom<AccountEvent>().optional(),
    ownEvent: z.custom<AccountEvent>().optional(),
    /** Of a next `look`: what is known of the write, and when the look is due. */
    reconciling: z.string().optional(),
    lookAfterMs: z.number().optional(),
    /** Whoever ends the job without a call knows that its write may have been done. */
    inDoubt: z.boolean().optional(),
    /** It was settled and told before, in a state that is lost: it is settled whatever the job waits for. */
    wasTold: z.boolean().optional(),
    /** Of such an end: nobody is told of it again. */
    isQuiet: z.boolean().optional(),
    /** The call itself worked, whatever becomes of its job. */
    worked: z.boolean().optional(),
    /** A digest of the name that the account's own messages bear, as this call found it. */
    self: z.string().optional(),
    /** The address of a person who was invited by now. */
    invited: z.string().optional(),
    /** Of a step of a sequence: what its look at a person found. */
    sign: z.enum(INVITATION_SIGNS).optional(),
    maxAttempts: z.number(),
    windowMs: z.number(),
    marginMs: z.number(),
    ledgerDays: z.number(),
    outcomeId: z.string(),
    deliveryLane: z.string(),
    outcomeDays: z.number(),
    probeEveryMs: z.number(),
    /** When BullMQ made the job, ms. */
    madeAt: z.number(),
    seen: Seen.optional(),
    /** Left out where the outcome is not to be published in the same step; `doubt`: a write whose effect nobody knows. */
    publish: ResultJob.extend({ doubt: z.boolean().optional() }).optional(),
  }),
  keys: (keys, { digest, account, campaign, outcomeId }) => [
    keys.job(digest),
    keys.slots,
    keys.open,
    keys.outcome(outcomeId),
    keys.outbox,
    keys.webhooks,
    keys.outcomeFeed,
    ...(account == null ? [] : [keys.account(account), keys.inFlight(account), keys.lane(account), keys.ahead(account)]),
    ...(campaign == null ? [] : [keys.campaign(campaign)]),
  ],
  reply: recordReply(Answer),
});
