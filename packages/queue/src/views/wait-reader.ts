/** Reads why jobs wait: one script and one look at Redis's memory for a hundred of them. It writes nothing. */
import { isOperation, jsonWithinBounds, type PriceTable, scopesOf, type WaitsFor } from "@linkup-queue/contracts";
import { z } from "zod";
import { type JobRef, jobDigest } from "../job/job-ref.ts";
import type { EngineConfig } from "../redis/engine-config.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import { redisShortage } from "../redis/suitability.ts";
import { waitFactsScript } from "./lua/wait-facts.ts";
import { waitsFor } from "./waits-for.ts";

/** A job that has not ended, by what its data says of itself. */
export type AskedJob = { ref: JobRef; operation: string; accountId: string | null; campaignId: string | null };

/** Jobs of one script: a short time for Redis. */
const BATCH = 200;
/** Longer data is not brought to know a job's price; its operation's least price is taken. */
const MOST_DATA_BYTES = 16_384;

const Priced = z.looseObject({ input: z.record(z.string(), z.unknown()) });

export class WaitReader {
  readonly #scripts: RedisScripts;
  readonly #config: EngineConfig;
  readonly #prices: PriceTable;

  constructor(scripts: RedisScripts, config: EngineConfig, prices: PriceTable) {
    this.#scripts = scripts;
    this.#config = config;
    this.#prices = prices;
  }

  /** The reason why each of these jobs waits; null for one that ended, or whose call is out. */
  async read(jobs: readonly AskedJob[]): Promise<(WaitsFor | null)[]> {
    if (jobs.length === 0) return [];
    const { redisReplicas: replicas } = this.#config;
    const shortage = await redisShortage(this.#scripts.client, { replicas });
    const found: (WaitsFor | null)[] = [];
    for (let at = 0; at < jobs.length; at += BATCH) {
      for (const one of await this.#readBatch(jobs.slice(at, at + BATCH), shortage)) found.push(one);
    }
    return found;
  }

  async #readBatch(jobs: readonly AskedJob[], shortage: Awaited<ReturnType<typeof redisShortage>>): Promise<(WaitsFor | null)[]> {
    const { rateLimit, rateWindowMs, maxCreditsPerDay, accountConcurrency } = this.#config;
    const facts = await this.#scripts.run(waitFactsScript, {
      jobs: jobs.map(({ ref, operation, accountId, campaignId }) => ({
        queue: ref.queue,
        id: ref.id,
        digest: jobDigest(ref),
        operation,
        scopes: isOperation(operation) ? scopesOf(operation, {}).join() : undefined,
        ...(accountId === null ? {} : { account: accountId }),
        ...(campaignId === null ? {} : { campaign: campaignId }),
      })),
      limit: rateLimit,
      windowMs: rateWindowMs,
      priced: maxCreditsPerDay !== null,
      mostData: MOST_DATA_BYTES,
    });
    const shared = { ...facts, maxCreditsPerDay, accountConcurrency, redisShortage: shortage };
    return jobs.map(({ operation }, index) => {
      const job = facts.jobs[index];
      if (job === undefined) throw new Error("a script answered fewer jobs than it was asked for");
      const { account: accountId = null, campaign: campaignId = null } = job;
      return waitsFor(
        {
          ...job,
          accountId,
          price: priceOf(this.#prices, operation, job.data),
          account: accountId === null ? undefined : facts.accounts.get(accountId),
          campaign: campaignId === null ? undefined : facts.campaigns.get(campaignId),
          brake: facts.brakes.get(operation),
        },
        shared,
      );
    });
  }
}

/** The price of a job, by its data as it lies there. */
function priceOf(prices: PriceTable, operation: string, data: string | undefined): number {
  if (!isOperation(operation)) return 0;
  const priced = Priced.safeParse(data === undefined ? null : jsonWithinBounds(data));
  return prices[operation].credits(priced.data?.input ?? {});
}
