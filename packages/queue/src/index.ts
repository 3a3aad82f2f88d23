/** All that touches Redis or BullMQ, behind one entry: the names that others use, by room. A name that nobody uses any more goes. */
export type { AccountEvent } from "./accounts/account-event.ts";
export { ACCOUNT_STATES, type Account, AccountState, Accounts, type AuthNeed, authJobId, type Registration } from "./accounts/accounts.ts";
export { AUTH_OPERATIONS, AuthJobData } from "./accounts/auth-jobs.ts";

export { JobCancels } from "./again/cancels.ts";
export { REDRIVE_REFUSALS, type RedriveManyAnswer, type RedriveManyRequest, RedrivePlace, Redrives } from "./again/redrive.ts";

export { ArchiveStream, isArchiving } from "./archive/archive-stream.ts";
export type { AcceptBatch, Accepted } from "./campaigns/accept-recipients.ts";
export { type FieldCounts, fieldUses, RecipientCheck } from "./campaigns/campaign-check.ts";
export { CAMPAIGN_STATES, CampaignDefinition, CampaignId, type CampaignState } from "./campaigns/campaign-definition.ts";
export { type Estimate, estimate, type Load } from "./campaigns/campaign-estimate.ts";
export type { CampaignOutcome } from "./campaigns/campaign-outcomes.ts";
export { charactersOf, packRecipients, Recipient, unpackRecipients } from "./campaigns/campaign-recipients.ts";
export type { Campaign } from "./campaigns/campaign-record.ts";
export { type CampaignView, campaignView, type EstimateView, estimateView, missingForStart } from "./campaigns/campaign-view.ts";
export { type CampaignAction, Campaigns, type StartOptions } from "./campaigns/campaigns.ts";
export { SAMPLES, type Sample } from "./campaigns/draw-samples.ts";
export { CampaignFeeder } from "./campaigns/feed/campaign-feeder.ts";
export { campaignJobData } from "./campaigns/feed/campaign-job.ts";
export { CampaignEvent } from "./campaigns/feed/campaign-plan.ts";
export { CampaignWorker } from "./campaigns/feed/campaign-worker.ts";
export { campaignForgetScript } from "./campaigns/lua/campaign-forget.ts";
export { campaignTextDoubts } from "./campaigns/text-doubts.ts";
export { type Unsent, type UnsentPage, UnsentPlace } from "./campaigns/unsent.ts";

export { BatchLines } from "./door/batch-lines.ts";
export { type DoorAnswer, type DoorJob, JobDoor, type LineConflict } from "./door/job-door.ts";
export { IdempotencyKey, JobRequest, readJob } from "./door/read-job.ts";

export { createEngine, type Engine, type EngineJobs } from "./engine.ts";

export { accountAdvice } from "./findings/account-advice.ts";
export { FINDING_CHECKS, type Finding, fail, LEVELS, type Level, ok, warn, worstOf } from "./findings/finding.ts";
export { keyAdvice } from "./findings/key-advice.ts";

export { type CallHistory, NO_HISTORY } from "./job/call-history.ts";
export type { Decision } from "./job/decision.ts";
export { JobMeta, namesIn } from "./job/job-meta.ts";
export { type JobRef, jobDigest, outcomeIdOf } from "./job/job-ref.ts";
export { peopleOfJob } from "./job/job-subjects.ts";
export { jobTarget } from "./job/job-target.ts";
export { type Ending, INTERRUPTED, outcomeOf } from "./job/outcome.ts";
export { campaignJobId } from "./job/recipient-job-id.ts";

export type { CreditReport, CreditSums } from "./ledger/credits.ts";
export { type DayBudget, dayBudgetView } from "./ledger/day-budget.ts";
export { Gate, type GateAnswer, type GateRequest, newCallId, type SettleAnswer } from "./ledger/gate.ts";
export type { KeyState } from "./ledger/key-state.ts";
export { packOutcome, readOutcome, readStored, unpackOutcome, unpackStored } from "./ledger/outcome-store.ts";
export { type End, endOf, type Next, type SettledCall, type Settlement, settlementOf } from "./ledger/settlement.ts";
export { differenceText, type SettingDifference } from "./ledger/worker-bounds.ts";

export { type AttachedReplicas, attachedReplicas, checkAttached, tooFewAsked } from "./redis/attached-replicas.ts";
export { CallQueues } from "./redis/call-queues.ts";
export type { Confirmed } from "./redis/confirmer.ts";
export { connectRedis } from "./redis/connection.ts";
export { type EngineConfig, PROBE_EVERY_MS, windowMarginMs } from "./redis/engine-config.ts";
export { LAYOUT, type Layout, type LayoutStep } from "./redis/layout.ts";
export { checkLayout, openLayout } from "./redis/open-layout.ts";
export type { RedisLook } from "./redis/redis-health.ts";
export { resealAll } from "./redis/reseal.ts";
export { aclLine } from "./redis/rights.ts";
export { type RedisClient, RedisScripts } from "./redis/scripts.ts";
export { Secrets } from "./redis/secrets.ts";
export {
  checkRedis,
  inspectRedis,
  type RedisFacts,
  type RedisSetting,
  type RedisShortage,
  redisRemedy,
  redisShortage,
} from "./redis/suitability.ts";
export { errorOf, redisTrouble } from "./redis/trouble.ts";

export { type Brake, brakeId, brakeView, operationOfBrake } from "./safety/brakes.ts";
export { REST_LADDERS, type Rest, type RestRequest, restOfId, restUntil, restView, type StoredRest } from "./safety/rests.ts";
export { StateEvent } from "./safety/state-event.ts";

export { defineSchedule, Overlap, ScheduledJob, ScheduleId, ScheduleRequest } from "./schedules/schedule-definition.ts";
export { type Tick, tickJobRef } from "./schedules/schedule-ticks.ts";
export { type Schedule, TICK_JOB_STATUSES } from "./schedules/schedule-view.ts";
export { ScheduleWorker } from "./schedules/schedule-worker.ts";

export { type Backlog, readBacklog } from "./views/backlog.ts";
export { BOARD_QUEUES, type BoardQueue, BoardQueues } from "./views/board-queues.ts";
export { JobPages, JobPlace, type JobRow, LOOKED_AT } from "./views/job-pages.ts";
export { type FoundJob, JOB_STATES, JobState, type JobView, JobViews } from "./views/job-views.ts";

export { WEBHOOK_EVENTS, type WebhookEvent, WebhookId, WebhookRequest } from "./webhooks/webhook-definition.ts";
export { type Claimed, DELIVERY_PACE, type DeliveryPace, WebhookDeliveries } from "./webhooks/webhook-deliveries.ts";
export { MOST_WEBHOOKS } from "./webhooks/webhooks.ts";

export { type AskAnswer, type AskedJob, askGate, type CheckedJob } from "./work/ask-gate.ts";
export { CallWorker, type FetchedJob, type Processor, type Progress } from "./work/call-worker.ts";
export { readMeta } from "./work/read-meta.ts";
export { interruptedAuthEvent, Sweep, type SweepReport } from "./work/sweep.ts";
export { WaitingLine, type WaitingLineAnswer } from "./work/waiting-line.ts";
