/** The ledger's record of a job while the job is alive, so that an outcome can be written when BullMQ's own record of it is gone. */
import { StepNumber } from "@linkup-queue/contracts";
import { z } from "zod";

export const JobMeta = z.object({
  operation: z.string(),
  accountId: z.string().nullable(),
  campaignId: z.string().nullable(),
  recipientId: z.string().nullable(),
  /** Of a campaign that is a sequence: which of its steps. */
  step: z.number().optional(),
  redriveOf: z.string().nullable(),
  enqueuedAtMs: z.number(),
  /** Its producer asked that an unknown call of it be made again; reads only. */
  rerun: z.boolean().optional(),
  /** Its producer asked that a read looks for it where its effect is unknown: a digest of its text, see `textDigest`; empty without one. */
  reconcile: z.string().optional(),
  /** Whom the job is about: digests, see `peopleOfJob`. So that its outcome can be found when one of them is to be forgotten. */
  about: z.array(z.string()).optional(),
  /** For an auth job: what it serves. */
  auth: z.object({ state: z.enum(["refreshing", "awaiting_code"]), epoch: z.number(), turn: z.number() }).optional(),
});
export type JobMeta = z.infer<typeof JobMeta>;

const short = z.string().max(200).nullable().catch(null).default(null);
const NamedData = z
  .object({
    accountId: short,
    campaignId: short,
    recipientId: z.string().max(2_048).nullable().catch(null).default(null),
    step: StepNumber.optional().catch(undefined),
    redriveOf: short,
  })
  .catch({ accountId: null, campaignId: null, recipientId: null, redriveOf: null });

/** The names in a job's data, which may be anything: what it does not say well is null. Bad data gets an outcome too. */
export function namesIn(data: unknown): z.infer<typeof NamedData> {
  return NamedData.parse(data);
}

/** Parses stored JSON; null for malformed text, a plain producer's mistake. */
export function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
