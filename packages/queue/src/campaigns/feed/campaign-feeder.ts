/**
 * Puts campaigns' recipients into the call queues: at most half a minute of work and two jobs for an account ahead, in turns by weight.
 * It may crash at any point, and another may be at the same work: a recipient's job id never changes, the ledger knows those used, and a
 * cursor moves on from where it was read or not at all.
 */
import { CALL_QUEUES, type CallQueue, OPERATIONS, queuePrefix } from "@linkup-queue/contracts";
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
import { campaignJobData } from "./campaign-job.ts";
import type { CampaignEvent, CampaignPlan } from "./campaign-plan.ts";
import { dealTurns, type Feedable, type Turn } from "./campaign-turns.ts";
import { campaignFedScript, campaignPlanScript, type FedJob, type FedStep } from "./lua/feed-scripts.ts";

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
/** A turn with its recipient, in a chunk of `size`, and the data of the recipient's job; null for one who was erased. */
type Serving = Turn<Fed> & { recipient: Recipient; size: number; data: ReturnType<typeof campaignJobData> | null };

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
    const campaigns = plan.campaigns.flatMap(({ definition: text, todo, ...campaign }): Fed[] => {
      const definition = this.#cache.definition(text);
      if (definition === null) return [];
      const readable = Object.entries(todo).filter(([account, { chunk }]) => !this.#cache.isUnreadable({ campaign, account, chunk }));
      return [{ ...campaign, definition, todo: new Map(readable) }];
    });
    const { ahead, away, served, last, most, turn: virtual } = plan;
    return dealTurns(campaigns, { ahead, away, served, last, most, virtual, aheadPerAccount: JOBS_AHEAD_PER_ACCOUNT });
  }

  /** Turns with their recipients. A share's turns end with its first chunk; the next one is for another round. */
  async #serve(turns: readonly Turn<Fed>[]): Promise<Serving[]> {
    const servings: Serving[] = [];
    for (const turn of turns) {
      const chunk = await this.#cache.firstChunk({ campaign: turn.campaign, account: turn.from, chunk: turn.chunk });
      const recipient = chunk?.[turn.index];
      if (chunk === null || recipient === undefined) continue;
      const data = isForgotten(recipient) ? null : campaignJobData(turn.campaign, recipient, turn.accountId);
      servings.push({ ...turn, recipient, size: chunk.length, data });
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

  async #enqueue(servings: readonly Serving[]): Promise<void> {
    const byQueue = new Map<CallQueue, Parameters<Queue["addBulk"]>[0]>();
    for (const { campaign, recipient, data } of servings) {
      if (data === null) continue;
      const { definition } = campaign;
      const { queue } = OPERATIONS[definition.operation];
      const jobs = byQueue.get(queue) ?? [];
      jobs.push({
        name: definition.operation,
        data,
        opts: { jobId: campaignJobId(campaign.id, recipient.id), priority: campaignPriority(definition) },
      });
      byQueue.set(queue, jobs);
    }
    for (const [name, jobs] of byQueue) await this.#queues.get(name)?.addBulk(jobs);
  }

  /** Moves the cursors on, one step for each chunk that was read, and drops the events that were announced. */
  async #commit(servings: readonly Serving[], told: number | null): Promise<void> {
    const steps = new Map<string, FedStep>();
    for (const { campaign, from, at, chunk, size, turn, data } of servings) {
      const key = `${campaign.id}\n${from}`;
      const step = steps.get(key) ?? { campaign: campaign.id, from, at, next: at, size, chunk, turn, jobs: [] };
      if (data !== null) step.jobs.push(fedJob(campaign, data));
      step.next += 1;
      step.turn = Math.max(step.turn, turn);
      steps.set(key, step);
      if (step.next >= size) this.#cache.drop({ campaign, account: from, chunk });
    }
    await this.#scripts.run(campaignFedScript, {
      steps: [...steps.values()],
      turn: servings.reduce((latest, { began }) => Math.max(latest, began), 0),
      served: servings.map(({ accountId, campaign }): [string, string] => [accountId, campaign.id]),
      told: told ?? 0,
      ledgerDays: this.#config.ledgerDays,
    });
  }
}

function fedJob(campaign: Fed, data: NonNullable<Serving["data"]>): FedJob {
  const { operation } = campaign.definition;
  const { queue } = OPERATIONS[operation];
  const { accountId, recipientId } = data;
  const id = campaignJobId(campaign.id, recipientId);
  const about = peopleOfJob(data);
  const names = { operation, accountId, campaignId: campaign.id, recipientId, redriveOf: null };
  const meta: JobMeta = { ...names, enqueuedAtMs: Date.now(), ...(about.length === 0 ? {} : { about }) };
  return { digest: jobDigest({ queue, id, timestamp: 0 }), queue, id, account: accountId, meta: JSON.stringify(meta) };
}
