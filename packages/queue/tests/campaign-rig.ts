/** Campaigns on the rig: a feeder that is asked round by round, and the jobs that it put into the queue, to be taken by hand. */
import { OPERATIONS } from "@linkup-queue/contracts";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { CampaignFeeder } from "../src/campaigns/feed/campaign-feeder.ts";
import { CampaignDefinition, type CampaignEvent, type Campaigns, type Recipient } from "../src/index.ts";
import { type Rig, type RigJob, startRig } from "./rig.ts";

const OPERATION = "profile.scrape";
const { queue: QUEUE } = OPERATIONS[OPERATION];

export const person = (id: string): Recipient => ({ id, fields: { linkedin_url: `https://www.linkedin.com/in/${id}` } });
export const people = (count: number, prefix = "p"): Recipient[] => Array.from({ length: count }, (_none, n) => person(`${prefix}-${n}`));

/** How many recipients, and what is not as usual. */
export type DraftOptions = { count: number } & Partial<CampaignDefinition>;

export class CampaignRig {
  readonly rig: Rig;
  readonly campaigns: Campaigns;
  readonly told: CampaignEvent[] = [];
  readonly errors: unknown[] = [];
  readonly feeder: CampaignFeeder;

  constructor(rig: Rig) {
    this.rig = rig;
    this.campaigns = rig.engine.campaigns;
    this.feeder = this.newFeeder();
  }

  newFeeder(onEvent: (event: CampaignEvent) => void = (event) => void this.told.push(event)): CampaignFeeder {
    return new CampaignFeeder(this.rig.engine.scripts, this.rig.engine.config, {
      onError: (error) => void this.errors.push(error),
      onEvent,
    });
  }

  /** A campaign with its recipients, started. */
  async start(id: string, accountIds: readonly string[], given: number | DraftOptions): Promise<void> {
    await this.draft(id, accountIds, given);
    await this.campaigns.change(id, "start");
  }

  async draft(id: string, accountIds: readonly string[], options: number | DraftOptions): Promise<void> {
    const { count, ...more } = typeof options === "number" ? { count: options } : options;
    const given = { name: id, operation: OPERATION, accountIds, input: { linkedin_url: "{{linkedin_url}}" }, ...more };
    await this.campaigns.create(id, CampaignDefinition.parse(given));
    if (count > 0) await this.campaigns.accept(id, { accountIds, recipients: people(count, id) });
  }

  /** Rounds until nothing is due; how many recipients were fed. */
  async feed(): Promise<number> {
    for (let total = 0; ; ) {
      const { fed, again } = await this.feeder.feedOnce();
      total += fed;
      if (!again) return total;
    }
  }

  /** The jobs that wait in the queue, as a worker would fetch them. */
  async waiting(campaignId?: string): Promise<RigJob[]> {
    const jobs: RigJob[] = [];
    for (const id of await this.waitingIds()) jobs.push(await this.job(id));
    return jobs.filter(({ meta }) => campaignId === undefined || meta.campaignId === campaignId);
  }

  /** The ids of these, also of those whose data is nothing that could be read. */
  async waitingIds(): Promise<string[]> {
    return await this.rig.client.zrange(this.rig.bull(QUEUE, "prioritized"), "0", "-1");
  }

  /** A job as BullMQ has it. */
  async job(id: string): Promise<RigJob> {
    const [data, timestamp, priority, name] = await this.rig.client.hmget(
      this.rig.bull(QUEUE, id),
      "data",
      "timestamp",
      "priority",
      "name",
    );
    const { accountId, campaignId, recipientId } = JSON.parse(data ?? "{}") as Record<string, string>;
    const ref = { queue: QUEUE, id, timestamp: Number(timestamp) };
    return {
      ref,
      accountId: accountId ?? "",
      priority: Number(priority),
      price: 1,
      expiresAtMs: null,
      target: id,
      meta: {
        operation: name ?? OPERATION,
        accountId: accountId ?? null,
        campaignId: campaignId ?? null,
        recipientId: recipientId ?? null,
        redriveOf: null,
        enqueuedAtMs: ref.timestamp,
      },
    };
  }

  /** A worker fetches the job: it is not in the queue's line any more. */
  async take(job: RigJob): Promise<RigJob> {
    await this.rig.client.zrem(this.rig.bull(QUEUE, "prioritized"), job.ref.id);
    return job;
  }

  /** All that waits is fetched and held, as when its accounts are away. */
  async parkAll(campaignId?: string): Promise<RigJob[]> {
    const jobs = await this.waiting(campaignId);
    for (const job of jobs) await this.rig.park(await this.take(job));
    return jobs;
  }

  /** All that waits is called and answered. */
  async callAll(campaignId?: string): Promise<void> {
    for (const job of await this.waiting(campaignId)) await this.rig.call(await this.take(job));
  }

  /** An operator takes a job out of the queue; BullMQ keeps nothing of it. */
  async remove({ ref }: RigJob): Promise<void> {
    for (const state of ["prioritized", "delayed"]) await this.rig.client.zrem(this.rig.bull(QUEUE, state), ref.id);
    await this.rig.client.del(this.rig.bull(QUEUE, ref.id));
  }

  async read(id: string) {
    const campaign = await this.campaigns.read(id);
    if (campaign === null) throw new Error(`no campaign ${id}`);
    return campaign;
  }

  async close(): Promise<void> {
    await this.feeder.close();
  }
}

type EachTest = { accounts?: readonly string[]; config?: Parameters<typeof startRig>[0] };

/** Gives each test of a file an empty Redis with an open key and these accounts, and campaigns on it; closes all. */
export function campaignsEachTest(give: (rig: Rig, system: CampaignRig) => void, { accounts = [], config = {} }: EachTest = {}): void {
  let rig: Rig;
  let system: CampaignRig;
  beforeAll(async () => {
    rig = await startRig(config);
  });
  afterAll(async () => await rig.close());
  beforeEach(async () => {
    await rig.reset();
    await rig.open();
    system = new CampaignRig(rig);
    for (const id of accounts) await rig.account(id);
    give(rig, system);
  });
  afterEach(async () => await system.close());
}
