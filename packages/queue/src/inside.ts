/**
 * How things lie in Redis, for the tests, benchmarks and the simulation of other workspaces: what a record holds, which layout it has, how a job is named. No product
 * code imports it: the engine answers the same questions.
 */

export { AccountState } from "./accounts/accounts.ts";
export { JobCancels } from "./again/cancels.ts";
export { type RedriveManyRequest, Redrives } from "./again/redrive.ts";
export { unpackRecipients } from "./campaigns/campaign-recipients.ts";
export { campaignJobData } from "./campaigns/feed/campaign-job.ts";
export { campaignForgetScript } from "./campaigns/lua/campaign-forget.ts";
export { JobDoor } from "./door/job-door.ts";
export type { JobRef } from "./job/job-ref.ts";
export { campaignJobId } from "./job/recipient-job-id.ts";
export { Gate } from "./ledger/gate.ts";
export { packOutcome, readOutcome, readStored, unpackOutcome } from "./ledger/outcome-store.ts";
export { CallQueues } from "./redis/call-queues.ts";
export type { EngineConfig } from "./redis/engine-config.ts";
export { LAYOUT } from "./redis/layout.ts";
export { resealAll } from "./redis/reseal.ts";
export { aclLine } from "./redis/rights.ts";
export { inspectRedis } from "./redis/suitability.ts";
export { tickJobRef } from "./schedules/schedule-ticks.ts";
export { JobPages } from "./views/job-pages.ts";
export { JobViews } from "./views/job-views.ts";
export { carryOut } from "./work/carry-out.ts";
