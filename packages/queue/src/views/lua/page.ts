/** A batch of one of BullMQ's sets or lists; see page.lua. */
import { z } from "zod";
import { madeAtMs } from "../../job/job-ref.ts";
import { defineScript, jsonReply, type ReplyOf } from "../../redis/script.ts";

const optionalText = z.string().optional();

export const pageScript = defineScript({
  name: "page",
  args: z.object({
    queue: z.string(),
    source: z.enum(["active", "prioritized", "wait", "paused", "delayed", "failed", "completed"]),
    newestFirst: z.boolean(),
    skip: z.number(),
    score: optionalText,
    count: z.number(),
    mostData: z.number(),
  }),
  keys: () => [],
  reply: jsonReply(
    z.array(
      z.object({
        id: z.string(),
        score: optionalText,
        name: optionalText,
        timestamp: z.string().transform(madeAtMs).optional(),
        account: optionalText,
        campaign: optionalText,
        recipient: optionalText,
      }),
    ),
  ),
});
export type PageRow = ReplyOf<typeof pageScript>[number];
