/** All that touches Redis or BullMQ, behind one entry: the names that others use, by room. A name that nobody uses any more goes. */
export type { AccountEvent } from "./accounts/account-event.ts";
export { accountWhy } from "./accounts/account-why.ts";
export {
  ACCOUNT_STATES,
  type Account,
  type AuthNeed,
  type Credentials,
  INVITATION_EFFECTS,
  type InvitationsUse,
  type Registration,
  type RulesUse,
  SECRET_UNREADABLE,
} from "./accounts/accounts.ts";
export { AUTH_OPERATIONS, AuthJobData } from "./accounts/auth-jobs.ts";
export { REDRIVE_REFUSALS, type RedriveManyAnswer, RedrivePlace } from "./again/redrive.ts";
export { ArchiveStream, isArchiving } from "./archive/archive-stream.ts";
export { AUDIT_WAYS, type Audit, type AuditEntry, type AuditedEntry, AuditPlace } from "./audit/audit.ts";
export { filterWords } from "./audit/filter-words.ts";
export type { AcceptBatch, Accepted } from "./campaigns/accept-recipients.ts";
export { type FieldCounts, fieldUses, RecipientCheck } from "./campaigns/campaign-check.ts";
export {
  CAMPAIGN_REASONS,
  CAMPAIGN_STATES,
  type CampaignChange,
  CampaignDefinition,
  CampaignId,
  CampaignMembers,
  type CampaignState,
  changedDefinition,
  definitionOf,
  STALL_CAUSES,
} from "./campaigns/campaign-definition.ts";
export type { Load } from "./campaigns/campaign-estimate.ts";
export type { CampaignHead } from "./campaigns/campaign-heads.ts";
export type { CampaignOutcome } from "./campaigns/campaign-outcomes.ts";
export { charactersOf, Recipient } from "./campaigns/campaign-recipients.ts";
export type { Campaign } from "./campaigns/campaign-record.ts";
export { CampaignStep, CONDITION_WORDS } from "./campaigns/campaign-steps.ts";
export { renderInput } from "./campaigns/campaign-template.ts";
export { type CampaignView, campaignView, type EstimateView, estimateView, missingForStart } from "./campaigns/campaign-view.ts";
export { campaignWhy } from "./campaigns/campaign-why.ts";
export { type CampaignAction, Campaigns, type StartOptions } from "./campaigns/campaigns.ts";
export { SAMPLES, type Sample } from "./campaigns/draw-samples.ts";
export { CampaignEvent } from "./campaigns/feed/campaign-plan.ts";
export { CampaignWorker } from "./campaigns/feed/campaign-worker.ts";
export { OUT_OF_REACH_CODES, type OutOfReachCode } from "./campaigns/out-of-reach-code.ts";
export { type ListedRecipient, RECIPIENT_STATES, RecipientPlace } from "./campaigns/recipients-page.ts";
export { renameFields } from "./campaigns/rename-fields.ts";
export { STEP_CONDITIONS } from "./campaigns/step-looks.ts";
export { campaignTextDoubts } from "./campaigns/text-doubts.ts";
export type { Unsent, UnsentPlace } from "./campaigns/unsent.ts";
export { BatchLines } from "./door/batch-lines.ts";
export type { DoorAnswer, DoorJob, LineConflict } from "./door/job-door.ts";
export { IdempotencyKey, JobRequest, readJob } from "./door/read-job.ts";
export { createEngine, type Engine, type EngineJobs } from "./engine.ts";
export { accountAdvice } from "./findings/account-advice.ts";
export type { Examined } from "./findings/examine.ts";
export { FINDING_CHECKS, type Finding, fail, LEVELS, type Level, ok, size, warn, worstOf } from "./findings/finding.ts";
export { keyAdvice } from "./findings/key-advice.ts";

export { type CallHistory, NO_HISTORY } from "./job/call-history.ts";
export type { Decision } from "./job/decision.ts";
export { COMMAND_LINE_CALLER, idOfOwnKey } from "./job/job-key.ts";
export { JobMeta, namesIn } from "./job/job-meta.ts";
export { jobDigest, outcomeIdOf } from "./job/job-ref.ts";
export { peopleOfJob } from "./job/job-subjects.ts";
export { jobTarget } from "./job/job-target.ts";
export { type Ending, INTERRUPTED, STATE_LOST } from "./job/outcome.ts";
export type { Look } from "./job/plan-look.ts";
export { afterLostLook, beginReconciling, endingInDoubt, type Reconciling, textDigest } from "./job/reconciling.ts";

export type { AccountDay, CreditReport, CreditSums } from "./ledger/credits.ts";
export { type DayBudget, dayBudgetView } from "./ledger/day-budget.ts";
export { endInDoubt } from "./ledger/end-in-doubt.ts";
export { type GateRequest, newCallId, type SettleAnswer } from "./ledger/gate.ts";
export { type OutcomeCounts, QUARTER_MS, type WindowHistory } from "./ledger/history.ts";
export type { InvitationSign } from "./ledger/invitation-sign.ts";
export { KeptEnds } from "./ledger/kept-ends.ts";
export type { WorkerSeen } from "./ledger/key-state.ts";
export { DOUBTFUL, type Doubtful, KEY_REASONS, KEY_STATES, type KeyState, LOST_CAPS, type LostCaps } from "./ledger/key-state.ts";
export { EndLine } from "./ledger/noted-end.ts";
export { OUTCOMES_LOOKED_AT, OutcomePlace } from "./ledger/outcome-feed.ts";
export type { Found } from "./ledger/resolutions.ts";
export { isLostCall, Seen } from "./ledger/seen-state.ts";
export { type End, endOf, type Next, type SettledCall, type Settlement, settlementOf } from "./ledger/settlement.ts";
export { UnknownPlace } from "./ledger/unknown-writes.ts";
export { BOUND_SETTINGS, differenceText, type SettingDifference } from "./ledger/worker-bounds.ts";

export { countedBy } from "./people/count-job.ts";
export type { PageTold } from "./people/inbox-watch.ts";
export type { CountFound } from "./people/invitation-counts.ts";
export type { InboxAsk, Reading } from "./people/lua/inbox-watch.ts";
export type { PersonFacts } from "./people/person-facts.ts";
export { type HeardReply, ReplyMoment } from "./people/replies.ts";
export { STOP_WORDS, type StoppedEnds } from "./people/stopped-jobs.ts";
export { type Suppression, SuppressionRequest, SuppressionScope } from "./people/suppression.ts";
export { PERSON_DIGEST, type SuppressionCounts, type SuppressionRow } from "./people/suppressions.ts";
export { watchedBy } from "./people/watch-job.ts";

export { checkAttached } from "./redis/attached-replicas.ts";
export type { Confirmed } from "./redis/confirmer.ts";
export { connectRedis } from "./redis/connection.ts";
export { lookGapMs, PROBE_EVERY_MS } from "./redis/engine-config.ts";
export { daysLeft, daysText, memoryBound, memoryLine } from "./redis/memory-history.ts";
export { checkLayout, openLayout } from "./redis/open-layout.ts";
export type { RedisLook } from "./redis/redis-health.ts";
export type { RedisClient } from "./redis/scripts.ts";
export { Secrets } from "./redis/secrets.ts";
export { checkRedis, FULL_SHARE, type RedisFacts, type RedisShortage } from "./redis/suitability.ts";
export { errorOf, redisTrouble } from "./redis/trouble.ts";
export { announceChanges } from "./safety/announce-changes.ts";
export { brakeView } from "./safety/brakes.ts";
export { type RestRequest, restLadder, restView } from "./safety/rests.ts";

export { defineSchedule, Overlap, ScheduledJob, ScheduleId, ScheduleRequest } from "./schedules/schedule-definition.ts";
export type { Tick } from "./schedules/schedule-ticks.ts";
export { type Schedule, TICK_JOB_STATUSES } from "./schedules/schedule-view.ts";
export { ScheduleWorker } from "./schedules/schedule-worker.ts";

export type { Backlog } from "./views/backlog.ts";
export { BOARD_QUEUES, type BoardQueue, BoardQueues } from "./views/board-queues.ts";
export { isJobOf, JobPlace, type JobRow, LOOKED_AT } from "./views/job-pages.ts";
export { type FoundJob, JOB_STATES, JobState, type JobView } from "./views/job-views.ts";
export type { PastState } from "./views/state-history.ts";

export { ACCOUNT_WORDS, BRAKE_WORDS, KEY_WORDS, PERSON_WORDS } from "./webhooks/change-body.ts";
export { deliveryWords } from "./webhooks/delivery-words.ts";
export { CAMPAIGN_WORDS, WEBHOOK_EVENTS, type WebhookEvent, WebhookId, WebhookRequest } from "./webhooks/webhook-definition.ts";
export { type Claimed, DELIVERY_PACE, type DeliveryPace, WebhookDeliveries } from "./webhooks/webhook-deliveries.ts";
export { type DeadLetter, DeadLetterPlace, MOST_WEBHOOKS } from "./webhooks/webhooks.ts";

export { type AskAnswer, type AskedJob, askGate, type CheckedJob } from "./work/ask-gate.ts";
export { CallWorker, type FetchedJob, type Processor, type Progress } from "./work/call-worker.ts";
export { readMeta } from "./work/read-meta.ts";
export { interruptedAuthEvent, Sweep } from "./work/sweep.ts";
export { UrgentWatch } from "./work/urgent-watch.ts";
export { WaitingLine } from "./work/waiting-line.ts";
