/** Outcomes that go onto the results queue; see publish.lua. */
import { z } from "zod";
import { defineScript } from "../../redis/script.ts";
import { ResultJob } from "../result-job.ts";

export const publishScript = defineScript({
  name: "publish",
  args: z.object({
    ...ResultJob.shape,
    /** `digest`: of the job; `id` and `name` of the result's job; `doubt`: a write whose effect nobody knows. */
    items: z.array(z.object({ digest: z.string(), id: z.string(), name: z.string(), doubt: z.boolean().optional() })).readonly(),
    ledgerDays: z.number(),
    outcomeDays: z.number(),
  }),
  keys: (keys, { items }) => [
    keys.outbox,
    keys.owed,
    keys.outcomeFeed,
    keys.unknownWrites,
    ...items.flatMap(({ digest, id }) => [keys.job(digest), keys.outcome(id)]),
  ],
  reply: z.tuple([z.number(), z.number()]).transform(([count, waiting]) => ({ count, waiting })),
});
