/** A person's word on an unknown outcome; see resolve.lua. */
import { z } from "zod";
import { defineScript } from "../../redis/script.ts";

export const resolveScript = defineScript({
  name: "resolve",
  args: z.object({
    digest: z.string(),
    outcomeId: z.string(),
    happened: z.boolean(),
    /** The word is a read's, not a person's. */
    isFound: z.boolean(),
    campaign: z.string().optional(),
    isRecipientJob: z.boolean(),
    deliveryLane: z.string(),
    /** Whether the results queue is in use. */
    onResults: z.boolean(),
    ledgerDays: z.number(),
    outcomeDays: z.number(),
  }),
  keys: (keys, { digest, outcomeId, campaign }) => [
    keys.outcome(outcomeId),
    keys.resolved(digest),
    keys.redriven(digest),
    keys.resolvedOutbox,
    keys.owed,
    keys.unknownWrites,
    keys.outcomeFeed,
    ...(campaign == null ? [] : [keys.campaign(campaign)]),
  ],
  /** `changed`: it is not what was read; read it again. */
  reply: z.enum(["done", "changed", "gone", "done_again"]),
});
