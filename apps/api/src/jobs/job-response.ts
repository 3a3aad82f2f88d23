/** Jobs and the answers about them, as schemas. */
import { CALL_QUEUES, EVIDENCE, OperationName, Outcome, WAIT_WORDS, WaitsFor } from "@linkup-queue/contracts";
import { JOB_STATES } from "@linkup-queue/queue";
import { z } from "zod";

const REASONS = Object.entries(WAIT_WORDS).map(([reason, words]) => `\`${reason}\`: ${words}`);

const WaitsResponse = WaitsFor.meta({
  id: "WaitsFor",
  description: `Why it makes no call now, as far as is known at this moment; left out when it has ended, and while its call is out. More reasons may come. ${REASONS.join(". ")}.`,
});

const NAMES = {
  queue: z.enum(CALL_QUEUES),
  jobId: z.string(),
  state: z.enum(JOB_STATES).describe("BullMQ's own, and `parked`: held until its account is back or free; `active`: its call is out"),
  operation: z.string().nullable(),
  accountId: z.string().nullable(),
  campaignId: z.string().nullable(),
  recipientId: z.string().nullable(),
  enqueuedAt: z.string().nullable(),
  waitsFor: WaitsResponse.optional(),
};

export const JobRow = z.object(NAMES).meta({ id: "JobRow" });

export const JobResponse = z
  .object({
    ...NAMES,
    outcome: Outcome.nullable().describe("once it has ended, for LINKUP_OUTCOME_DAYS, and for good with an archive"),
  })
  .meta({ id: "JobState" });

export const Accepted = z
  .object({
    queue: z.enum(CALL_QUEUES),
    jobId: z.string(),
    duplicate: z.boolean().describe("the key was seen before, with the same job; nothing was added"),
  })
  .meta({ id: "Accepted" });

export const Cost = z
  .object({
    dryRun: z.literal(true),
    queue: z.enum(CALL_QUEUES),
    operation: OperationName,
    credits: z.number().describe("the known cost of one successful call"),
    price: z.object({ rule: z.string(), evidence: z.enum(EVIDENCE) }),
    suppressed: z.boolean().describe("whether the job would end `suppressed`, as its person is not to be contacted"),
    replied: z.boolean().describe("whether it would end `replied`, as its person answered and its campaign stops on a reply"),
  })
  .meta({ id: "Cost" });
