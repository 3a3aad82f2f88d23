/** A campaign as it is answered: its definition, how far it is, what it cost, and what is to come of it. */
import { OperationName, OUTCOME_CODES, OUTCOME_STATUSES } from "@linkup-queue/contracts";
import {
  ACCOUNT_STATES,
  CAMPAIGN_REASONS,
  CAMPAIGN_STATES,
  type Campaign,
  CampaignStep,
  campaignView,
  type Load,
  OUT_OF_REACH_CODES,
  type OutOfReachCode,
  STALL_CAUSES,
} from "@linkup-queue/queue";
import { z } from "zod";
import { oneOf } from "../http/one-of.ts";

const ByStatus = z.record(oneOf(OUTCOME_STATUSES), z.int());

export const EstimateResponse = z
  .object({
    creditsPerRecipient: z.int(),
    recipients: z.int().describe("without an outcome"),
    credits: z.int().describe("for those recipients, as far as prices are known"),
    finishAt: z.string().nullable().describe("when those that can be sent will be done, at today's load; null when nothing can move"),
    cannotSend: z.array(
      z.object({
        accountId: z.string(),
        state: oneOf([...ACCOUNT_STATES, "gone"]).describe("the account's, or `gone`"),
        recipients: z.int(),
        why: z.string(),
      }),
    ),
    outOfReach: z
      .object({
        recipients: z.int(),
        byCode: z.object(Object.fromEntries(OUT_OF_REACH_CODES.map((code) => [code, z.int()])) as Record<OutOfReachCode, z.ZodInt>),
        looked: z.int().describe("how many were looked at; where there are more, the numbers are estimates"),
      })
      .nullable()
      .describe(
        "of those that are left: who would not be written to as of now, so that their jobs end free of charge. Null where nobody looked: the estimate and a dry run do, for campaigns that write to people",
      ),
    notes: z.array(z.string()).describe("warnings for a person"),
  })
  .meta({ id: "CampaignEstimate" });

/** A part of a text that is probably not meant to be sent as it stands. */
export const DoubtResponse = z.object({ path: z.string(), message: z.string() });

export const CampaignResponse = z
  .object({
    campaignId: z.string(),
    name: z.string(),
    state: z.enum(CAMPAIGN_STATES),
    why: oneOf(CAMPAIGN_REASONS).describe("why it is paused, cancelled or ended"),
    first: z.int().nullable().describe("with how many recipients of its list it was started, after which it pauses; null for all"),
    firstLeft: z.int().nullable().describe("how many of these were not put into a call queue yet; null for all"),
    stalled: z.boolean().describe("it runs, and nothing of it can move"),
    stalledWhy: oneOf([...STALL_CAUSES, ""]).describe(
      "`accounts_resting`: LinkedIn limits them; `brake`: LinkUp refuses its operation; empty when it is not stalled",
    ),
    operation: OperationName,
    accountIds: z.array(z.string()),
    input: z.record(z.string(), z.unknown()),
    priority: z.enum(["urgent", "normal", "bulk"]),
    maxCredits: z.int().nullable(),
    startAt: z.string().nullable(),
    expiresAt: z.string().nullable(),
    handover: z.boolean(),
    contactGapDays: z.int().nullable().describe("null: LINKUP_CONTACT_GAP_DAYS alone holds"),
    stopOnReply: z.boolean().describe("whether a person who answers is written to no more, see `POST /v1/people/replied`"),
    createdAt: z.string(),
    startedAt: z.string().nullable(),
    endedAt: z.string().nullable(),
    recipients: z.object({
      accepted: z.int(),
      queued: z.int().describe("put into a call queue and without an outcome"),
      waiting: z.int().describe("between two steps of a sequence"),
      ended: z.int().describe("have their outcome"),
      unsent: z.int().describe("not put into a call queue; those of a campaign that is over get no outcome"),
    }),
    steps: z
      .array(
        CampaignStep.extend({ waiting: z.int().describe("people who wait for it"), byStatus: ByStatus }).meta({ id: "CampaignStepCounts" }),
      )
      .nullable()
      .describe("of a sequence, whose `operation` and `input` are those of its first step; null for a campaign of one operation"),
    byStatus: ByStatus,
    byCode: z.record(oneOf(OUTCOME_CODES), z.int()),
    resolved: z
      .object({ happened: z.int(), notHappened: z.int() })
      .describe("of the unknown ones, those on which a person gave a word; they stay among the unknown"),
    byAccount: z.array(z.object({ accountId: z.string(), unsent: z.int(), byStatus: ByStatus })),
    credits: z.object({
      charged: z.int(),
      uncertain: z.int(),
      wasted: z.int(),
      redriven: z.int().describe("of what was charged: for jobs that did others again"),
      held: z.int().describe("of calls that are out now"),
    }),
    ratePerMinute: z.int().describe("outcomes within the last 60 s"),
    estimate: EstimateResponse,
    doubts: z
      .array(DoubtResponse)
      .describe("parts of its text that are probably placeholders of another notation, and would be sent as they stand"),
  })
  .meta({ id: "Campaign" });

/** A campaign under the load of now. */
export const campaignResponse = (campaign: Campaign, load: Load): z.input<typeof CampaignResponse> => campaignView(campaign, load);
