/** Outcomes with a person's word on their way onto the results queue; see publish-resolved.lua. */
import { z } from "zod";
import { defineScript } from "../../redis/script.ts";
import { ResultJob } from "../result-job.ts";

export const publishResolvedScript = defineScript({
  name: "publish_resolved",
  args: z.object({
    ...ResultJob.shape,
    /** `id`: of the outcome; `digest`: of its job; `name` of the result's job. */
    items: z.array(z.object({ digest: z.string(), id: z.string(), name: z.string() })).readonly(),
    /** Outcomes that are kept nowhere any more. */
    gone: z.array(z.string()).readonly(),
    outcomeDays: z.number(),
  }),
  keys: (keys) => [keys.resolvedOutbox, keys.outbox, keys.owed],
  /** How many were looked at. */
  reply: z.number(),
});
