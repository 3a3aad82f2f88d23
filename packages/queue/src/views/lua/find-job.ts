/** A job as it is found; see find-job.lua. */
import { CallQueue } from "@linkup-queue/contracts";
import { z } from "zod";
import { madeAtMs } from "../../job/job-ref.ts";
import { defineScript, jsonReply, type ReplyOf } from "../../redis/script.ts";

const Entry = z.looseObject({ state: z.string(), status: z.string().optional(), meta: z.string().optional() });

export const findJobScript = defineScript({
  name: "find_job",
  args: z.object({ jobs: z.array(z.tuple([CallQueue, z.string(), z.string()])), ledgerDays: z.number(), mostData: z.number() }),
  keys: (keys, { jobs }) => (jobs ?? []).map(([, , digest]) => keys.job(digest)),
  reply: jsonReply(
    z.array(
      z.object({
        queue: CallQueue,
        where: z.enum(["", "delayed", "prioritized", "completed", "failed", "active", "wait"]),
        name: z.string().optional(),
        data: z.string().optional(),
        timestamp: z.string().transform(madeAtMs).optional(),
        priority: z.coerce.number().optional(),
        entry: Entry.optional(),
        used: z.string().optional(),
      }),
    ),
  ),
});
export type Found = ReplyOf<typeof findJobScript>[number];
