/** Outcomes that go onto the results queue; see publish.lua. */
import { z } from "zod";
import { defineScript } from "../../redis/script.ts";

export const publishScript = defineScript({
  name: "publish",
  args: z.object({
    queue: z.string(),
    /** `digest`: of the job; `id` and `name` of the result's job. */
    items: z.array(z.object({ digest: z.string(), id: z.string(), name: z.string() })).readonly(),
    /** JSON of an object. */
    opts: z.string(),
    timestamp: z.number(),
    max: z.number(),
    ledgerDays: z.number(),
    outcomeDays: z.number(),
  }),
  keys: (keys, { items }) => [keys.outbox, keys.owed, ...items.flatMap(({ digest, id }) => [keys.job(digest), keys.outcome(id)])],
  reply: z.tuple([z.number(), z.number()]).transform(([count, waiting]) => ({ count, waiting })),
});
