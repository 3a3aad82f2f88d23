/** The name of the job that does an ended one again; see redrive.lua. */
import { z } from "zod";
import { defineScript } from "../../redis/script.ts";

export const redriveScript = defineScript({
  name: "redrive",
  args: z.object({
    queue: z.string(),
    digest: z.string(),
    outcomeId: z.string(),
    /** Ids and digests, in order. */
    candidates: z.array(z.tuple([z.string(), z.string()])),
    campaign: z.string().optional(),
    /** Whether a person's word that it happened refuses it. */
    heeds: z.boolean(),
    ledgerDays: z.number(),
  }),
  keys: (keys, { digest }) => [keys.redriven(digest), keys.resolved(digest), keys.job(digest), keys.unknownWrites],
  reply: z.tuple([z.enum(["new", "again", "known", "none", "campaign_cancelled", "happened"]), z.string()]),
});
