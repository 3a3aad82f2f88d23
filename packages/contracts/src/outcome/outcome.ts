/** The one thing that every accepted job ends in, delivered at least once under one `outcomeId`. */
import { z } from "zod";
import { OutcomeCode, OutcomeStatus } from "./codes.ts";
import { StepNumber } from "./step.ts";

/** A person's word on an outcome that is `unknown`, or a read's that was asked for afterwards. */
export const Resolution = z
  .object({
    /** Whether the call had its effect. */
    happened: z.boolean(),
    /** The name of the token with which the api was asked, or a name that was given on the command line; of a read, its operation. */
    by: z.string(),
    /** ISO. */
    at: z.string(),
  })
  .meta({ id: "Resolution" });
export type Resolution = z.infer<typeof Resolution>;

/** A read's word on a write that nobody knew the effect of. */
export const Reconciled = z
  .object({
    /** The operation of the read. */
    by: z.string(),
    /** ISO. */
    at: z.string(),
  })
  .meta({ id: "Reconciled" });
export type Reconciled = z.infer<typeof Reconciled>;

export const Outcome = z
  .object({
    v: z.literal(1),
    outcomeId: z.string(),
    queue: z.string(),
    jobId: z.string(),
    operation: z.string(),
    /** Null when the job's data did not name one. */
    accountId: z.string().nullable(),
    campaignId: z.string().nullable(),
    recipientId: z.string().nullable(),
    /** Of a campaign that is a sequence: which of its steps, from 1; null for all others. Outcomes of before have none. */
    step: StepNumber.nullable().default(null),
    status: OutcomeStatus,
    /** Null exactly when `status` is `succeeded`. */
    code: OutcomeCode.nullable(),
    /** For a person. Never a secret. */
    message: z.string(),
    /** True: an invitation that went, or may have gone, without its note, as its account's notes were used up; left out of all others. */
    withoutNote: z.boolean().optional(),
    /** The provider's last HTTP status; null when nothing was answered. */
    httpStatus: z.number().int().nullable(),
    /** The provider's answer; null unless `succeeded`. Integers above 2^53 arrive as strings of their digits. */
    output: z.unknown(),
    /** Calls that reached or may have reached the provider for this job. */
    calls: z.number().int().nonnegative(),
    credits: z.object({ charged: z.number().int().nonnegative(), uncertain: z.number().int().nonnegative() }),
    redriveOf: z.string().nullable(),
    /** The read that settled it, before it was published or after; null for nearly all. Outcomes of before have none. */
    reconciled: Reconciled.nullable().default(null),
    /** A person's word on it, in which `status` and `code` stay; null while nobody said anything. Outcomes of before have none. */
    resolved: Resolution.nullable().default(null),
    enqueuedAt: z.string(),
    /** Null when no call was made. */
    startedAt: z.string().nullable(),
    finishedAt: z.string(),
  })
  .meta({ id: "Outcome" });
export type Outcome = z.infer<typeof Outcome>;
