/** Outcomes that are on the results queue; see published.lua. */
import { z } from "zod";
import { defineScript } from "../../redis/script.ts";

export const publishedScript = defineScript({
  name: "published",
  args: z.object({ digests: z.array(z.string()).readonly(), ledgerDays: z.number(), outcomeDays: z.number() }),
  keys: (keys, { digests }) => [keys.outbox, ...(digests ?? []).map(keys.job)],
  /** How many marks there were. */
  reply: z.number(),
});
