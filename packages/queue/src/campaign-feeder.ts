/**
 * Puts campaigns' recipients into the call queues: at most half a minute of work and two jobs for an account ahead, in turns by weight.
 * One feeder works for a key at a time; it may crash at any point, since a recipient's job id never changes and the ledger knows those used.
 */
import { randomUUID } from "node:crypto";
import { CALL_QUEUES, type CallQueue, OPERATIONS, queuePrefix } from "@linkup-queue/contracts";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { z } from "zod";
import { CAMPAIGN_STATES, CampaignDefinition, campaignPriority } from "./campaign-definition.ts";
import { campaignJobId } from "./campaign-job-id.ts";
import { isForgotten, type Recipient, unpackRecipients } from "./campaign-recipients.ts";
import { renderInput } from "./campaign-template.ts";
import { dealTurns, type Feedable, type Share, type Turn } from "./campaign-turns.ts";
import type { EngineConfig } from "./engine-config.ts";
import type { JobMeta } from "./job-meta.ts";
import { jobDigest } from "./job-ref.ts";
import type { RedisScripts } from "./redis-scripts.ts";

/** Something that happened to a campaign: a new state, or `stalled` and `moving` again while it runs. */
export const CampaignMoment = z.object({
  seq: z.number(),
  campaign: z.string(),
  event: z.enum([...CAMPAIGN_STATES, "stalled", "moving"]),
  why: z.string(),
  /** By Redis's clock, ms since the epoch. */
  at: z.number(),
});
export type CampaignMoment = z.infer<typeof CampaignMoment>;

export type CampaignFeederOptions = {
  onError: (error: unknown) => void;
  /** Tells what happened, in order, at least once; the process that feeds is the one that tells. */
  onMoment?: (moment: CampaignMoment) => void | Promise<void>;
  /** Recipients that were put into queues just now. */
  onFed?: (count: number) => void;
};

/** The feeder's lock outlives several of its rounds, ms. */
const LOCK_MS = 5_000;
const IDLE_MS = 1_000;
const WORK_AHEAD_MS = 30_000;
const JOBS_AHEAD_PER_ACCOUNT = 2;
const MOST_CAMPAIGNS = 200;
const MOST_PER_ROUND = 500;
const CACHED_CHUNKS = 2_000;
/** Finished campaigns are forgotten this often, one at a time, ms. */
const FORGET_EVERY_MS = 10_000;
const DAY_MS = 86_400_000;
/** Beyond LINKUP_LEDGER_DAYS, so that the ids of all its jobs are free again: the ledger keeps whole weeks. */
const FORGOTTEN_AFTER_DAYS = 14;

const objects = <Value extends z.ZodType>(value: Value) =>
  z.preprocess((given) => (Array.isArray(given) ? {} : given), z.record(z.string(), value));
const lists = <Value extends z.ZodType>(value: Value) => z.preprocess((given) => (Array.isArray(given) ? given : []), z.array(value));
const PlanReply = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("elsewhere") }),
  z.object({
    kind: z.literal("plan"),
    now: z.number(),
    campaigns: lists(
      z.object({
        id: z.string(),
        definition: z.string(),
        weight: z.number(),
        turn: z.number(),
        erased: z.number(),
        todo: objects(z.object({ chunk: z.number(), at: z.number() })),
      }),
    ),
    ahead: objects(z.number()),
    away: objects(z.string()),
    news: lists(CampaignMoment),
    turn: z.number(),
  }),
]);

export class CampaignFeeder {
  readonly #scripts: RedisScripts;
  readonly #config: EngineConfig;
  readonly #options: CampaignFeederOptions;
  readonly #name = `feeder-${randomUUID()}`;
  readonly #queues: ReadonlyMap<CallQueue, Queue>;
  readonly #chunks = new Map<string, Recipient[]>();
  /** How often rows of a campaign were erased, as its chunks here know. */
  readonly #erased = new Map<string, number>();
  readonly #definitions = new Map<string, CampaignDefinition>();
  readonly #served = new Map<string, number>();
  #serves = 0;
  #told = 0;
  #forgotAtMs = 0;
  readonly #wakes: Redis | null;
  #wake: (() => void) | null = null;
  #woken = false;
  #stopped = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(scripts: RedisScripts, config: EngineConfig, options: CampaignFeederOptions) {
    this.#scripts = scripts;
    this.#config = config;
    this.#options = options;
    const connection = { connection: scripts.client, prefix: queuePrefix(config.keyId) };
    this.#queues = new Map(CALL_QUEUES.map((name) => [name, new Queue(name, connection).on("error", options.onError)]));
    this.#wakes = scripts.client instanceof Redis ? scripts.client.duplicate() : null;
    this.#wakes?.on("error", options.onError);
  }

  async start(): Promise<void> {
    if (this.#wakes !== null) {
      await this.#wakes.subscribe(this.#scripts.key("wake"));
      this.#wakes.on("message", () => {
        this.#woken = true;
        this.#wake?.();
      });
    }
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake?.();
    await this.#loop;
    this.#wakes?.disconnect();
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.#woken = false;
      const fed = await this.feedOnce().catch((error: unknown) => {
        this.#options.onError(error);
        return 0;
      });
      if (fed > 0) this.#options.onFed?.(fed);
      else await this.#sleep();
    }
  }

  async #sleep(): Promise<void> {
    if (this.#woken || this.#stopped) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, IDLE_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
  }

  /** One round: what may be fed now is fed, what happened is told. Returns how many recipients were fed. */
  async feedOnce(): Promise<number> {
    const reply = await this.#scripts.run("campaignPlan", {
      feeder: this.#name,
      lockMs: LOCK_MS,
      mostCampaigns: MOST_CAMPAIGNS,
      told: this.#told,
    });
    const plan = PlanReply.parse(JSON.parse(String(reply)));
    if (plan.kind === "elsewhere") return 0;
    for (const moment of plan.news) {
      await this.#options.onMoment?.(moment);
      this.#told = moment.seq;
    }
    await this.#forget();
    if (plan.campaigns.length === 0) return 0;
    const { rateLimit, rateWindowMs } = this.#config;
    // What waits for an account that is away leaves when that one is back, and must not hold up those that are here.
    const aheadNow = Object.entries(plan.ahead)
      .filter(([account]) => plan.away[account] === undefined || plan.away[account] === "gone")
      .reduce((sum, [, count]) => sum + count, 0);
    const mostAhead = Math.max(2, Math.floor((rateLimit * WORK_AHEAD_MS) / rateWindowMs));
    const campaigns: Feedable[] = [];
    for (const { definition: text, erased, ...campaign } of plan.campaigns) {
      this.#dropErased(campaign.id, erased);
      // One that this version can't read must not hold up the others.
      try {
        const definition = this.#definition(text);
        const todo = new Map<string, Share>();
        for (const [account, { chunk, at }] of Object.entries(campaign.todo)) {
          const recipients = await this.#chunk(campaign.id, account, chunk);
          if (recipients !== null) todo.set(account, { chunk, at, recipients });
        }
        campaigns.push({ ...campaign, definition, todo });
      } catch (error) {
        this.#options.onError(error);
      }
    }
    const turns = dealTurns(campaigns, {
      ahead: plan.ahead,
      away: plan.away,
      aheadPerAccount: JOBS_AHEAD_PER_ACCOUNT,
      most: Math.min(MOST_PER_ROUND, mostAhead - aheadNow),
      virtual: plan.turn,
      served: this.#served,
    });
    if (turns.length === 0) return 0;
    await this.#enqueue(turns);
    await this.#commit(turns);
    for (const { accountId } of turns) {
      this.#serves += 1;
      this.#served.set(accountId, this.#serves);
    }
    return turns.length;
  }

  #definition(text: string): CampaignDefinition {
    const known = this.#definitions.get(text);
    if (known !== undefined) return known;
    if (this.#definitions.size >= MOST_CAMPAIGNS) this.#definitions.clear();
    const definition = CampaignDefinition.parse(JSON.parse(text));
    this.#definitions.set(text, definition);
    return definition;
  }

  async #forget(): Promise<void> {
    const now = performance.now();
    if (this.#forgotAtMs !== 0 && now - this.#forgotAtMs < FORGET_EVERY_MS) return;
    this.#forgotAtMs = now;
    const { ledgerDays, outcomeDays } = this.#config;
    await this.#scripts.run("campaignForget", {
      resultsMs: (outcomeDays + 1) * DAY_MS,
      keepMs: (Math.max(ledgerDays, outcomeDays) + FORGOTTEN_AFTER_DAYS) * DAY_MS,
    });
  }

  async #enqueue(turns: readonly Turn[]): Promise<void> {
    const byQueue = new Map<CallQueue, Parameters<Queue["addBulk"]>[0]>();
    for (const { campaign, accountId, recipient } of turns) {
      if (isForgotten(recipient)) continue;
      const { definition } = campaign;
      const { queue } = OPERATIONS[definition.operation];
      const rendered = renderInput(definition.operation, definition.input, recipient.fields);
      const jobs = byQueue.get(queue) ?? [];
      jobs.push({
        name: definition.operation,
        data: {
          v: 1,
          accountId,
          // Rows were checked when they came and when the text was edited. Should one not fit after all, nothing is sent that was meant
          // as a template: the job ends `invalid_input`, free.
          input: rendered.ok ? rendered.input : null,
          campaignId: campaign.id,
          recipientId: recipient.id,
          ...(definition.expiresAt === undefined ? {} : { expiresAt: definition.expiresAt }),
        },
        opts: { jobId: campaignJobId(campaign.id, recipient.id), priority: campaignPriority(definition) },
      });
      byQueue.set(queue, jobs);
    }
    for (const [name, jobs] of byQueue) await this.#queues.get(name)?.addBulk(jobs);
  }

  /** Moves the cursors on, one step for each chunk that was read. */
  async #commit(turns: readonly Turn[]): Promise<void> {
    const steps = new Map<
      string,
      {
        campaign: string;
        from: string;
        at: number;
        next: number;
        size: number;
        chunk: number;
        turn: number;
        jobs: FedJob[];
      }
    >();
    for (const { campaign, accountId, from, at, chunk, size, turn, recipient } of turns) {
      const key = `${campaign.id}\n${from}`;
      const step = steps.get(key) ?? { campaign: campaign.id, from, at, next: at, size, chunk, turn, jobs: [] };
      if (!isForgotten(recipient)) step.jobs.push(fedJob(campaign, { accountId, recipientId: recipient.id }));
      step.next += 1;
      step.turn = Math.max(step.turn, turn);
      steps.set(key, step);
    }
    for (const { campaign, from, chunk, next, size } of steps.values())
      if (next >= size) this.#chunks.delete(chunkKey(campaign, from, chunk));
    await this.#scripts.run("campaignFed", {
      feeder: this.#name,
      steps: [...steps.values()],
      turn: Math.max(...turns.map(({ began }) => began)),
      ledgerDays: this.#config.ledgerDays,
    });
  }

  /** Chunks that were read before a recipient was erased are read again. */
  #dropErased(campaignId: string, erased: number): void {
    if ((this.#erased.get(campaignId) ?? 0) === erased) return;
    this.#erased.set(campaignId, erased);
    for (const key of this.#chunks.keys()) if (key.startsWith(`${campaignId}\n`)) this.#chunks.delete(key);
  }

  /** The first chunk of an account's share; `number` tells which one it is, counted from the first ever. */
  async #chunk(campaignId: string, account: string, number: number): Promise<Recipient[] | null> {
    const key = chunkKey(campaignId, account, number);
    const known = this.#chunks.get(key);
    if (known !== undefined) return known;
    const packed = await this.#scripts.client.lindexBuffer(this.#scripts.key(`todo:${campaignId}:${account}`), 0);
    if (packed === null) return null;
    const chunk = unpackRecipients(packed);
    if (this.#chunks.size >= CACHED_CHUNKS) this.#chunks.delete(this.#chunks.keys().next().value ?? "");
    this.#chunks.set(key, chunk);
    return chunk;
  }
}

/** What the ledger notes of a job that is in its queue, so that it gets its outcome also when somebody takes it out there. */
type FedJob = { d: string; queue: CallQueue; id: string; account: string; meta: string };

function fedJob(campaign: Feedable, { accountId, recipientId }: { accountId: string; recipientId: string }): FedJob {
  const { operation } = campaign.definition;
  const { queue } = OPERATIONS[operation];
  const id = campaignJobId(campaign.id, recipientId);
  const enqueuedAtMs = Date.now();
  const meta: JobMeta = { operation, accountId, campaignId: campaign.id, recipientId, redriveOf: null, enqueuedAtMs };
  return { d: jobDigest({ queue, id, timestamp: 0 }), queue, id, account: accountId, meta: JSON.stringify(meta) };
}

const chunkKey = (campaignId: string, account: string, number: number): string => `${campaignId}\n${account}\n${number}`;
