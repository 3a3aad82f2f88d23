/** The name of the job that does an ended one again; see redrive.lua. */
import { z } from "zod";
import { defineScript } from "../../redis/script.ts";

export const redriveScript = defineScript({
  name: "redrive",
  args: z.object({
    queue: z.string(),
    digest: z.string(),
    /** Ids and digests, in order. */
    candidates: z.array(z.tuple([z.string(), z.string()])),
    campaign: z.string().optional(),
    ledgerDays: z.number(),
  }),
  keys: (keys, { digest }) => [keys.redriven(digest), keys.job(digest)],
  reply: z.tuple([z.enum(["new", "again", "known", "none", "campaign_cancelled"]), z.string()]),
});
