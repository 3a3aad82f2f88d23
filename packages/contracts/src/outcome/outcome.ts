/** The one thing that every accepted job ends in, delivered at least once under one `outcomeId`. */
import { z } from "zod";
import { OutcomeCode, OutcomeStatus } from "./codes.ts";

export const Outcome = z.object({
  v: z.literal(1),
  outcomeId: z.string(),
  queue: z.string(),
  jobId: z.string(),
  operation: z.string(),
  /** Null when the job's data did not name one. */
  accountId: z.string().nullable(),
  campaignId: z.string().nullable(),
  recipientId: z.string().nullable(),
  status: OutcomeStatus,
  /** Null exactly when `status` is `succeeded`. */
  code: OutcomeCode.nullable(),
  /** For a person. Never a secret. */
  message: z.string(),
  /** The provider's last HTTP status; null when nothing was answered. */
  httpStatus: z.number().int().nullable(),
  /** The provider's answer; null unless `succeeded`. Integers above 2^53 arrive as strings of their digits. */
  output: z.unknown(),
  /** Calls that reached or may have reached the provider for this job. */
  calls: z.number().int().nonnegative(),
  credits: z.object({ charged: z.number().int().nonnegative(), uncertain: z.number().int().nonnegative() }),
  redriveOf: z.string().nullable(),
  enqueuedAt: z.string(),
  /** Null when no call was made. */
  startedAt: z.string().nullable(),
  finishedAt: z.string(),
});
export type Outcome = z.infer<typeof Outcome>;
