/**
 * Puts campaigns' recipients into the call queues: at most half a minute of work and two jobs for an account ahead, in turns by weight.
 * It may crash at any point, and another may be at the same work: a recipient's job id never changes, the ledger knows those used, and a
 * cursor moves on from where it was read or not at all.
 */
import { CALL_QUEUES, type CallQueue, OPERATIONS, type OperationName, queuePrefix } from "@linkup-queue/contracts";
import { Queue } from "bullmq";
import type { JobMeta } from "../../job/job-meta.ts";
import { jobDigest } from "../../job/job-ref.ts";
import { peopleOfJob } from "../../job/job-subjects.ts";
import { campaignJobId } from "../../job/recipient-job-id.ts";
import type { EngineConfig } from "../../redis/engine-config.ts";
import type { RedisScripts } from "../../redis/scripts.ts";
import { CampaignCache } from "../campaign-cache.ts";
import { type CampaignDefinition, campaignPriority } from "../campaign-definition.ts";
import { isForgotten, type Recipient } from "../campaign-recipients.ts";
import { campaignForgetScript } from "../lua/campaign-forget.ts";
import { LOOK, signAsked } from "../step-looks.ts";
import { campaignJobData, lookJobData, operationOfStep } from "./campaign-job.ts";
import type { CampaignEvent, CampaignPlan } from "./campaign-plan.ts";
import { dealTurns, type Feedable, type FollowUp, type Turn } from "./campaign-turns.ts";
import {
  campaignFedScript,
  campaignPlanScript,
  campaignPrepareScript,
  type FedFollowUp,
  type FedJob,
  type FedStep,
} from "./lua/feed-scripts.ts";
import { followUpOf, type Progress, rowOf } from "./progress.ts";

export type CampaignFeederOptions = {
  onError: (error: unknown) => void;
  /** Tells what happened, in order, at least once; the process that feeds is the one that tells. */
  onEvent?: (event: CampaignEvent) => void | Promise<void>;
};

/** `again`: another round may feed more at once; otherwise nothing changes by itself within `waitMs`. */
export type FeedingRound = { fed: number; again: boolean; waitMs: number };

const WORK_AHEAD_MS = 30_000;
const JOBS_AHEAD_PER_ACCOUNT = 2;
const MOST_CAMPAIGNS = 200;
const MOST_PER_ROUND = 500;
/** Finished campaigns are forgotten this often, one at a time, ms. */
const FORGET_EVERY_MS = 10_000;
const DAY_MS = 86_400_000;
/** Beyond LINKUP_LEDGER_DAYS after its last job, so that all their ids are free again: that is at most seven days more (`free_on`, used-ids.lua). */
const FORGOTTEN_AFTER_DAYS = 14;

type Fed = Feedable & { edition: string; definition: CampaignDefinition; revision: number };
/** A turn with its recipient, in a chunk of `size`, and the recipient's job; null for one who was erased. `progress`: in a sequence. */
type Serving = Turn<Fed> & { recipient: Recipient; size: number; job: ServedJob | null; progress: Progress | null };
type ServedJob = { id: string; operation: OperationName; data: ReturnType<typeof campaignJobData | typeof lookJobData>; note: FedJob };

export class CampaignFeeder {
  readonly #scripts: RedisScripts;
  readonly #config: EngineConfig;
  readonly #options: CampaignFeederOptions;
  readonly #queues: ReadonlyMap<CallQueue, Queue>;
  readonly #cache: CampaignCache;
  #forgotAtMs = 0;

  constructor(scripts: RedisScripts, config: EngineConfig, options: CampaignFeederOptions) {
    this.#scripts = scripts;
    this.#config = config;
    this.#options = options;
    this.#cache = new CampaignCache(scripts, options.onError);
    const connection = { connection: scripts.client, prefix: queuePrefix(config.keyId) };
    this.#queues = new Map(CALL_QUEUES.map((name) => [name, new Queue(name, connection).on("error", options.onError)]));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
  }

  /** One round: what may be fed now is fed, what happened is told. */
  async feedOnce(): Promise<FeedingRound> {
    await this.#forget();
    for (let from = 0; ; from += MOST_CAMPAIGNS) {
      const plan = await this.#plan(from);
      const told = await this.#announce(plan.events);
      const dealt = this.#deal(plan);
      const servings = await this.#serve(dealt);
      await this.#prepare(servings);
      await this.#enqueue(servings);
      if (servings.length > 0 || told !== null) await this.#commit(servings, told);
      const fed = servings.length;
      // A page that can't be fed, as its accounts are full, holds up none behind it.
      if (fed === 0 && dealt.length === 0 && plan.more) continue;
      const unfinished = fed === MOST_PER_ROUND || (fed > 0 && fed < plan.most && (plan.more || fed < dealt.length));
      return { fed, again: unfinished || plan.again, waitMs: plan.waitMs };
    }
  }

  async #plan(from: number): Promise<CampaignPlan> {
    const { rateLimit, rateWindowMs, maxCreditsPerDay } = this.#config;
    return await this.#scripts.run(campaignPlanScript, {
      from,
      mostCampaigns: MOST_CAMPAIGNS,
      mostPerRound: MOST_PER_ROUND,
      mostAhead: Math.max(2, Math.floor((rateLimit * WORK_AHEAD_MS) / rateWindowMs)),
      aheadPerAccount: JOBS_AHEAD_PER_ACCOUNT,
      maxCreditsPerDay,
    });
  }

  /** The number of the last event that was told; null for none. An event that can't be announced now is announced later, and holds up no feeding. */
  async #announce(events: readonly CampaignEvent[]): Promise<number | null> {
    let told: number | null = null;
    try {
      for (const event of events) {
        await this.#options.onEvent?.(event);
        told = event.seq;
      }
    } catch (error) {
      this.#options.onError(error);
    }
    return told;
  }

  #deal(plan: CampaignPlan): Turn<Fed>[] {
    const campaigns = plan.campaigns.flatMap(({ definition: text, todo, followUps, ...campaign }): Fed[] => {
      const definition = this.#cache.definition(text);
      if (definition === null) return [];
      const readable = Object.entries(todo).filter(([account, { chunk }]) => !this.#cache.isUnreadable({ campaign, account, chunk }));
      const due = followUps.length === 0 ? {} : { followUps: byAccount(followUps) };
      return [{ ...campaign, definition, todo: new Map(readable), ...due }];
    });
    const { ahead, away, served, last, most, turn: virtual } = plan;
    return dealTurns(campaigns, { ahead, away, served, last, most, virtual, aheadPerAccount: JOBS_AHEAD_PER_ACCOUNT });
  }

  /** Turns with their recipients. A share's turns end with its first chunk; the next one is for another round. */
  async #serve(turns: readonly Turn<Fed>[]): Promise<Serving[]> {
    const servings: Serving[] = [];
    for (const turn of turns) {
      const { campaign, from, accountId, followUp } = turn;
      const progress = followUp === undefined ? begun(turn) : followUpOf(followUp, accountId);
      const chunk =
        followUp === undefined || progress === null
          ? await this.#cache.firstChunk({ campaign, account: from, chunk: turn.chunk })
          : await this.#cache.fedChunk({ campaign, account: progress.from, chunk: progress.chunk });
      const recipient = chunk?.[progress?.index ?? turn.index];
      if (chunk === null || recipient === undefined) continue;
      const job = isForgotten(recipient) ? null : servedJob(campaign, recipient, { accountId, progress });
      servings.push({ ...turn, recipient, size: chunk.length, job, progress });
    }
    return servings;
  }

  async #forget(): Promise<void> {
    const now = performance.now();
    if (this.#forgotAtMs !== 0 && now - this.#forgotAtMs < FORGET_EVERY_MS) return;
    this.#forgotAtMs = now;
    const { ledgerDays, outcomeDays } = this.#config;
    await this.#scripts.run(campaignForgetScript, {
      resultsMs: (outcomeDays + 1) * DAY_MS,
      keepMs: (Math.max(ledgerDays, outcomeDays) + FORGOTTEN_AFTER_DAYS) * DAY_MS,
    });
  }

  /** Whoever settles a job of a sequence must find the row of its person, so it is noted before. */
  async #prepare(servings: readonly Serving[]): Promise<void> {
    const jobs = servings.flatMap(({ campaign, job, progress }) =>
      job === null || progress === null ? [] : [{ campaign: campaign.id, job: job.note }],
    );
    if (jobs.length > 0) await this.#scripts.run(campaignPrepareScript, { jobs, ledgerDays: this.#config.ledgerDays });
  }

  async #enqueue(servings: readonly Serving[]): Promise<void> {
    const byQueue = new Map<CallQueue, Parameters<Queue["addBulk"]>[0]>();
    for (const { campaign, job } of servings) {
      if (job === null) continue;
      const { operation, data, id } = job;
      const { queue } = OPERATIONS[operation];
      const jobs = byQueue.get(queue) ?? [];
      jobs.push({ name: operation, data, opts: { jobId: id, priority: campaignPriority(campaign.definition) } });
      byQueue.set(queue, jobs);
    }
    for (const [name, jobs] of byQueue) await this.#queues.get(name)?.addBulk(jobs);
  }

  /** Moves the cursors on, takes those whose further step was fed out of their lines, and drops the events that were announced. */
  async #commit(servings: readonly Serving[], told: number | null): Promise<void> {
    await this.#scripts.run(campaignFedScript, {
      steps: this.#steps(servings),
      followUps: servings.flatMap(fedFollowUp),
      turn: servings.reduce((latest, { began }) => Math.max(latest, began), 0),
      served: servings.map(({ accountId, campaign }): [string, string] => [accountId, campaign.id]),
      told: told ?? 0,
      ledgerDays: this.#config.ledgerDays,
    });
  }

  /** One step of a cursor for each chunk that was read. */
  #steps(servings: readonly Serving[]): FedStep[] {
    const steps = new Map<string, FedStep>();
    for (const { campaign, from, at, chunk, size, turn, job, followUp } of servings) {
      if (followUp !== undefined) continue;
      const key = `${campaign.id}\n${from}`;
      const keeps = campaign.definition.steps === undefined ? {} : { keeps: true };
      const step = steps.get(key) ?? { campaign: campaign.id, from, at, next: at, size, chunk, turn, jobs: [], ...keeps };
      if (job !== null) step.jobs.push(job.note);
      step.next += 1;
      step.turn = Math.max(step.turn, turn);
      steps.set(key, step);
      if (step.next >= size) this.#cache.drop({ campaign, account: from, chunk });
    }
    return [...steps.values()];
  }
}

/** About so many people who wait for a step lie together, so that Redis packs them tightly. */
const SHARD = 100;

/** How far somebody is who begins a sequence; null in a campaign of one operation. */
function begun({ campaign: { definition, todo }, from, chunk, index }: Turn<Fed>): Progress | null {
  if (definition.steps === undefined) return null;
  const place = (todo.get(from)?.base ?? 0) + index;
  return { step: 1, attempt: 1, touchedMs: 0, shard: String(Math.floor(place / SHARD)), chunk, index, from };
}

function byAccount(followUps: CampaignPlan["campaigns"][number]["followUps"]): Map<string, FollowUp[]> {
  const found = new Map<string, FollowUp[]>();
  for (const { account, step, waits } of followUps) {
    found.set(account, [...(found.get(account) ?? []), ...waits.map((one) => ({ ...one, step }))]);
  }
  return found;
}

function fedFollowUp({ campaign, accountId: account, followUp, turn, job }: Serving): FedFollowUp[] {
  if (followUp === undefined) return [];
  return [{ campaign: campaign.id, account, ...followUp, turn, ...(job === null ? {} : { job: job.note }) }];
}

/** Whether it is a look before the step. Nobody comes to a step that asks for a sign without one. */
function isLook({ definition }: Fed, { step, signMs }: Progress): boolean {
  return signAsked(definition.steps?.[step - 1]) !== undefined && signMs === undefined;
}

type ServedBy = { accountId: string; progress: Progress | null };

function servedJob(campaign: Fed, recipient: Recipient, { accountId, progress }: ServedBy): ServedJob {
  const { definition } = campaign;
  const step = progress?.step;
  const looks = progress !== null && isLook(campaign, progress);
  const operation = looks ? LOOK : operationOfStep(definition, step);
  const data = looks
    ? lookJobData(campaign, recipient, { accountId, step: progress.step })
    : campaignJobData(campaign, recipient, { accountId, step, signMs: progress?.signMs });
  const id = campaignJobId(campaign.id, recipient.id, progress ?? undefined);
  const { queue } = OPERATIONS[operation];
  const about = peopleOfJob(data);
  const names = { operation, accountId, campaignId: campaign.id, recipientId: recipient.id, ...(step === undefined ? {} : { step }) };
  const meta: JobMeta = { ...names, redriveOf: null, enqueuedAtMs: Date.now(), ...(about.length === 0 ? {} : { about }) };
  const digest = jobDigest({ queue, id, timestamp: 0 });
  const isForSilent = step !== undefined && definition.steps?.[step - 1]?.onlyIf === "no_reply";
  const row = progress === null ? {} : { row: rowOf(progress), ...(isForSilent ? { noReply: true } : {}) };
  return { id, operation, data, note: { digest, queue, id, account: accountId, meta: JSON.stringify(meta), ...row } };
}
