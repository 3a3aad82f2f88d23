/** What the ledger keeps of a job while it is alive, so that an outcome can be written when BullMQ's own record of it is gone. */
import { z } from "zod";

export const JobMeta = z.object({
  operation: z.string(),
  accountId: z.string().nullable(),
  campaignId: z.string().nullable(),
  recipientId: z.string().nullable(),
  redriveOf: z.string().nullable(),
  enqueuedAtMs: z.number(),
  /** Its producer asked that an unknown call of it be made again; reads only. */
  rerun: z.boolean().optional(),
  /** For an auth job: what it serves. */
  auth: z.object({ state: z.enum(["refreshing", "awaiting_code"]), epoch: z.number(), turn: z.number() }).optional(),
});
export type JobMeta = z.infer<typeof JobMeta>;
