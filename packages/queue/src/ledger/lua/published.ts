/** Outcomes that are on the results queue; see published.lua. */
import { z } from "zod";
import { defineScript } from "../../redis/script.ts";

export const publishedScript = defineScript({
  name: "published",
  args: z.object({
    digests: z.array(z.string()).readonly(),
    ledgerDays: z.number(),
    outcomeDays: z.number(),
    /** Only of those whose outcome is kept nowhere. */
    isLost: z.boolean().optional(),
  }),
  keys: (keys, { digests }) => [keys.outbox, ...(digests ?? []).map(keys.job)],
  /** How many marks were dropped. */
  reply: z.number(),
});
