/** Sequences on the rig: a feeder that is asked round by round, and the jobs of all their steps, to be taken by hand. */
import { CALL_QUEUES, OPERATIONS, type OperationName } from "@linkup-queue/contracts";
import { definitionOf } from "../src/campaigns/campaign-definition.ts";
import { CampaignFeeder } from "../src/campaigns/feed/campaign-feeder.ts";
import { endOf, NO_HISTORY, type Recipient, settlementOf } from "../src/index.ts";
import { readOutcomes } from "../src/ledger/outcome-store.ts";
import type { RedisScripts } from "../src/redis/scripts.ts";
import type { Rig, RigJob } from "./rig.ts";

export const DAY_MS = 86_400_000;

export const address = (name: string) => `https://www.linkedin.com/in/${name}`;
export const person = (name: string): Recipient => ({ id: name, fields: { linkedin_url: address(name) } });

const LETTER = { linkedin_url: "{{linkedin_url}}", message_text: "Hello" };
/** A message; `say`: its text. */
export const message = (more: object = {}, say = "Hello") => ({
  operation: "message.send",
  input: { ...LETTER, message_text: say },
  ...more,
});
export const invitation = (more: object = {}) => ({ operation: "invitation.send", input: { linkedin_url: "{{linkedin_url}}" }, ...more });
export const look = (more: object = {}) => ({ operation: "profile.scrape", input: { linkedin_url: "{{linkedin_url}}" }, ...more });

/** A job of a step as a worker would fetch it. */
export type StepJob = RigJob & { recipient: string; step: number; text: string };

export class SequenceRig {
  readonly rig: Rig;
  readonly feeder: CampaignFeeder;
  readonly errors: unknown[] = [];
  /** Of the looks at each person: what they find. */
  readonly signs = new Map<string, NonNullable<RigJob["sign"]>>();

  constructor(rig: Rig) {
    this.rig = rig;
    this.feeder = this.#newFeeder(rig.engine.scripts);
  }

  #newFeeder(scripts: RedisScripts): CampaignFeeder {
    return new CampaignFeeder(scripts, this.rig.engine.config, { onError: (error) => void this.errors.push(error) });
  }

  async create(id: string, steps: readonly object[], more: object = {}): Promise<void> {
    await this.rig.engine.campaigns.create(id, definitionOf({ name: id, accountIds: ["ada"], steps, ...more }));
  }

  /** A sequence with these people, started. */
  async start(
    id: string,
    steps: readonly object[],
    { names, ...more }: { names: readonly string[]; accountIds?: string[] } & object,
  ): Promise<void> {
    await this.create(id, steps, more);
    const { campaigns } = this.rig.engine;
    const { definition } = await this.read(id);
    await campaigns.accept(id, { accountIds: definition.accountIds, recipients: names.map(person) });
    await campaigns.change(id, "start");
  }

  async read(id: string) {
    const campaign = await this.rig.engine.campaigns.read(id);
    if (campaign === null) throw new Error(`no campaign ${id}`);
    return campaign;
  }

  /** Rounds until nothing is due; how many jobs were fed. */
  async feed(): Promise<number> {
    for (let total = 0; ; ) {
      const { fed, again } = await this.feeder.feedOnce();
      total += fed;
      if (!again) return total;
    }
  }

  /** A round of a feeder that dies before it runs this script. */
  async feedAndDie(at: "campaign_prepare" | "campaign_fed"): Promise<void> {
    const { scripts } = this.rig.engine;
    const run: RedisScripts["run"] = async (script, ...rest) => {
      if (script.name === at) throw new Error("died");
      return await scripts.run(script, ...rest);
    };
    const feeder = this.#newFeeder({ client: scripts.client, keys: scripts.keys, run } as RedisScripts);
    await feeder.feedOnce().catch((error: unknown) => {
      if (!(error instanceof Error) || error.message !== "died") throw error;
    });
    await feeder.close();
  }

  /** The jobs that wait in the queues. */
  async waiting(): Promise<StepJob[]> {
    const jobs: StepJob[] = [];
    for (const queue of CALL_QUEUES) {
      for (const id of await this.rig.client.zrange(this.rig.bull(queue, "prioritized"), "0", "-1")) jobs.push(await this.#job(queue, id));
    }
    return jobs;
  }

  async #job(queue: (typeof CALL_QUEUES)[number], id: string): Promise<StepJob> {
    const [text, timestamp, name] = await this.rig.client.hmget(this.rig.bull(queue, id), "data", "timestamp", "name");
    const data = JSON.parse(text ?? "{}") as {
      accountId: string;
      campaignId: string;
      recipientId: string;
      step: number;
      expiresAt?: string;
      input: { message_text?: string; linkedin_url: string };
    };
    const { accountId, campaignId, recipientId, step, input, expiresAt } = data;
    const operation = name as OperationName;
    if (OPERATIONS[operation].queue !== queue) throw new Error(`${operation} lies in ${queue}`);
    // A worker makes a job of an edited campaign anew.
    const { revision } = await this.read(campaignId);
    return {
      ref: { queue, id, timestamp: Number(timestamp) },
      accountId,
      priority: 100,
      price: 1,
      expiresAtMs: expiresAt === undefined ? null : Date.parse(expiresAt),
      target: id,
      to: input.linkedin_url,
      revision,
      meta: { operation, accountId, campaignId, recipientId, step, redriveOf: null, enqueuedAtMs: Number(timestamp) },
      ...(operation === "invitation.status" ? { sign: this.signs.get(recipientId) ?? "not_accepted" } : {}),
      recipient: recipientId,
      step,
      text: input.message_text ?? "",
    };
  }

  /** A worker fetches the job: it is not in the queue's line any more. */
  async take<Job extends RigJob>(job: Job): Promise<Job> {
    await this.rig.client.zrem(this.rig.bull(job.ref.queue, "prioritized"), job.ref.id);
    return job;
  }

  /** All that may be sent now is, and is answered; what was, as `<recipient> <step>`. */
  async sendAll(end: Parameters<Rig["call"]>[1] = "ok"): Promise<string[]> {
    const sent: string[] = [];
    for (;;) {
      await this.feed();
      const jobs = await this.waiting();
      if (jobs.length === 0) return sent;
      for (const job of jobs) {
        sent.push(`${job.recipient} ${job.sign === undefined ? "" : "look "}${job.step}`);
        await this.rig.call(await this.take(job), end);
      }
    }
  }

  /** Sends the jobs of one queue that may leave now, up to so many; answers which. */
  async sendSome(queue: string, most: number): Promise<string[]> {
    await this.feed();
    const jobs = (await this.waiting()).filter(({ ref }) => ref.queue === queue).slice(0, most);
    for (const job of jobs) await this.rig.call(await this.take(job));
    return jobs.map(({ recipient, step }) => `${recipient} ${step}`);
  }

  /** The job ends as the gate said, without a call. */
  async refuse(job: StepJob, code: "replied" | "suppressed" | "contacted_recently"): Promise<void> {
    const answer = await this.rig.ask(job);
    if (answer.kind !== "refused" || answer.code !== code) throw new Error(`expected ${code}, not ${JSON.stringify(answer)}`);
    const ending = { status: "cancelled", code, message: code, httpStatus: null, output: null } as const;
    const { outcome, end } = endOf(job.ref, job.meta, { ending, history: NO_HISTORY });
    await this.rig.gate.settle(settlementOf(job.ref, job.meta, { next: { kind: "end", ...end }, publishes: outcome }));
  }

  /** The outcomes of a campaign in their order, as `<recipient> <step> <status>`. */
  async outcomes(id: string): Promise<string[]> {
    const { scripts } = this.rig.engine;
    const ids = await scripts.client.lrange(scripts.keys.campaignOutcomes(id), 0, -1);
    return (await readOutcomes(scripts, ids)).map(
      (outcome) => `${outcome?.recipientId} ${outcome?.step} ${outcome?.code ?? outcome?.status}`,
    );
  }

  async close(): Promise<void> {
    await this.feeder.close();
  }
}
