/** The feeder's questions and reports; see campaign-plan.lua, campaign-fed.lua and campaign-rest.lua. */
import { z } from "zod";
import { defineScript, jsonReply } from "../../../redis/script.ts";
import { CampaignPlan } from "../campaign-plan.ts";

export const campaignPlanScript = defineScript({
  name: "campaign_plan",
  args: z.object({
    /** How many campaigns were looked at before, in this round. */
    from: z.number(),
    mostCampaigns: z.number(),
    mostPerRound: z.number(),
    mostAhead: z.number(),
    aheadPerAccount: z.number(),
    maxCreditsPerDay: z.number().optional(),
  }),
  keys: (keys) => [keys.running, keys.resting, keys.scheduled, keys.expiring, keys.aheadLooks],
  reply: jsonReply(CampaignPlan),
});

/** `row`: of a sequence's recipient, `<step>|<try>|<touch>|<shard>|<chunk>|<index>|<account>`: how far they are, and their row in the list. `noReply`: only if they have not answered. */
const FedJob = z.object({
  digest: z.string(),
  queue: z.string(),
  id: z.string(),
  account: z.string(),
  meta: z.string(),
  row: z.string().optional(),
  noReply: z.boolean().optional(),
});
const Step = z.object({
  campaign: z.string(),
  from: z.string(),
  at: z.number(),
  next: z.number(),
  size: z.number(),
  chunk: z.number(),
  turn: z.number(),
  jobs: z.array(FedJob),
  /** Of a sequence: the chunk is kept for further steps. */
  keeps: z.boolean().optional(),
});
/** `job`: none for one who was erased. */
const FollowUp = z.object({
  campaign: z.string(),
  account: z.string(),
  step: z.number(),
  shard: z.string(),
  member: z.string(),
  turn: z.number(),
  job: FedJob.optional(),
});
export type FedFollowUp = z.infer<typeof FollowUp>;
/** The ledger's note of a job that is in its queue, so that the job gets its outcome also when somebody takes it out there. */
export type FedJob = z.infer<typeof FedJob>;
export type FedStep = z.infer<typeof Step>;

export const campaignFedScript = defineScript({
  name: "campaign_fed",
  args: z.object({
    steps: z.array(Step),
    followUps: z.array(FollowUp),
    turn: z.number(),
    /** Accounts and campaigns. */
    served: z.array(z.tuple([z.string(), z.string()])),
    /** The number of the last event that was announced; 0 for none. */
    told: z.number(),
    ledgerDays: z.number(),
  }),
  keys: (keys) => [keys.running, keys.fedAt, keys.fedLast, keys.campaignEvents, keys.turn],
  reply: z.number(),
});

/** Jobs of sequences, each with its campaign, before they are put into their queues. */
export const campaignPrepareScript = defineScript({
  name: "campaign_prepare",
  args: z.object({ jobs: z.array(z.object({ campaign: z.string(), job: FedJob })), ledgerDays: z.number() }),
  keys: () => [],
  reply: z.number(),
});

export const campaignRestScript = defineScript({
  name: "campaign_rest",
  args: z.object({}),
  keys: () => [],
  reply: z.number(),
});
