/**
 * The deeds of the fixture's writer, job by job, with how each must end; and the ways in which jobs, campaigns and accounts are made, all of
 * them the product's own. In the end it becomes the table beside the fixture.
 */
import { OPERATIONS, type OperationName, PRIORITIES } from "@linkup-queue/contracts";
import { jobDigest, outcomeIdOf } from "@linkup-queue/queue";
import { CallQueues, campaignJobId, readOutcome } from "@linkup-queue/queue/inside";
import { waitFor } from "@linkup-queue/testkit";
import { inputOf, personOf, sendLines } from "./upgrade-requests.ts";
import type { RowOf } from "./upgrade-rows.ts";
import type { UpgradeSystem } from "./upgrade-system.ts";

/** How a job ends, and how many of its calls are still to come when the fixture is opened. */
export type After = { ends: string | null; callsLeft: number };
export const DONE: After = { ends: "succeeded", callsLeft: 0 };
export const TO_BE_SENT: After = { ends: "succeeded", callsLeft: 1 };
export const NEVER_SENT: After = { ends: null, callsLeft: 0 };
export const ends = (end: string): After => ({ ends: end, callsLeft: 0 });

type Noted = Pick<RowOf<"job">, "name" | "queue" | "id" | "outcomeId" | "operation" | "account" | "campaign" | "door" | "target"> & After;

/** A job to be: its name, its account, and what becomes of it. */
export type Planned = { name: string; account: string; after: After; operation?: OperationName };
type PlainMore = { jobId?: string; priority?: keyof typeof PRIORITIES; expiresAt?: string; onUnknown?: "rerun"; input?: unknown };
export type CampaignPlan = { id: string; account: string; after: readonly After[]; more?: Readonly<Record<string, unknown>> };

export class FixtureBook {
  readonly system: UpgradeSystem;
  readonly queues: CallQueues;
  readonly #noted: Noted[] = [];

  constructor(system: UpgradeSystem) {
    this.system = system;
    this.queues = new CallQueues(system.api.engine.scripts.client, system.settings.keyId);
  }

  until(what: string, look: () => Promise<boolean> | boolean): Promise<unknown> {
    return waitFor(look, { timeoutMs: 20_000, what });
  }

  /** A job that a plain producer of BullMQ adds; without an id BullMQ numbers it. */
  async plain({ name, account, after, operation = "message.send" }: Planned, more: PlainMore = {}): Promise<void> {
    const { jobId, priority = "normal", ...data } = more;
    const { target, input } = inputOf(operation, name);
    const opts = { priority: PRIORITIES[priority], ...(jobId === undefined ? {} : { jobId }) };
    const job = await this.queues.of(OPERATIONS[operation].queue).add(operation, { v: 1, accountId: account, input, ...data }, opts);
    this.note({ name, id: job.id ?? "", operation, account, target, ...after }, { timestamp: job.timestamp });
  }

  /** A job that a producer sends over HTTP under a key of its own. */
  async door({ name, account, after, operation = "message.send" }: Planned, more: { runAt?: string } = {}): Promise<void> {
    const { target, input } = inputOf(operation, name);
    const body = { operation, accountId: account, input, idempotencyKey: name, ...more };
    const { jobId } = await this.system.ask("producer", "POST /v1/jobs", body);
    this.note({ name, id: String(jobId), operation, account, target, ...after }, { door: { key: name, line: null, body } });
  }

  /** Jobs that a producer sends as the lines of a batch under one key. */
  async batch(key: string, planned: readonly Planned[]): Promise<void> {
    const lines = planned.map(({ name, account, operation = "message.send" }) => {
      return { operation, accountId: account, input: inputOf(operation, name).input };
    });
    const answers = await sendLines(this.system, "/v1/jobs/batch", { lines, key });
    for (const [at, { name, account, after }] of planned.entries()) {
      const body = lines[at];
      const { jobId, line } = answers[at] ?? { line: 0 };
      if (body === undefined || jobId === undefined) throw new Error(`line ${at + 1} of ${key} was not taken`);
      const { target } = inputOf(body.operation, name);
      this.note({ name, id: jobId, operation: body.operation, account, target, ...after }, { door: { key, line, body } });
    }
  }

  /** An ended job done again as `<id>~2`. */
  async redrive(name: string, after: After): Promise<void> {
    const { id, operation, account, target, queue } = this.job(name);
    const { jobId } = await this.system.ask("producer", `POST /v1/jobs/${id}/redrive`, { queue });
    this.note({ name: `${name}~2`, id: String(jobId), operation: operation as OperationName, account, target, ...after });
  }

  /** A draft of one account with a recipient for each of `after`. */
  async campaign({ id, account, after, more = {} }: CampaignPlan): Promise<void> {
    const input = { linkedin_url: "{{linkedin_url}}", message_text: "Hello {{first_name|there}}" };
    const definition = { name: id, operation: "message.send", accountIds: [account], input, ...more };
    await this.system.ask("producer", "POST /v1/campaigns", { campaignId: id, ...definition });
    const names = after.map((_one, at) => `${id}-${at}`);
    const lines = names.map((name, at) => {
      return { recipientId: name, linkedin_url: personOf(name), first_name: at % 2 === 0 ? name : "" };
    });
    await sendLines(this.system, `/v1/campaigns/${id}/recipients`, { lines });
    for (const [at, name] of names.entries()) {
      const target = personOf(name);
      const job = { name, id: campaignJobId(id, name), operation: "message.send", account, target, ...(after[at] ?? NEVER_SENT) } as const;
      this.note(job, { campaign: id });
    }
  }

  /** Notes a job; those that no method above adds are added by whoever notes them. */
  note(
    job: Pick<Noted, "name" | "id" | "account" | "target"> & After & { operation: OperationName },
    { campaign = null, door = null, timestamp = 0 }: Partial<Pick<Noted, "campaign" | "door">> & { timestamp?: number } = {},
  ): void {
    const { queue } = OPERATIONS[job.operation];
    this.#noted.push({ ...job, queue, outcomeId: outcomeIdOf(jobDigest({ queue, id: job.id, timestamp })), campaign, door });
  }

  job(name: string): Noted {
    const found = this.#noted.find((noted) => noted.name === name);
    if (found === undefined) throw new Error(`no job ${name}`);
    return found;
  }

  /** The ledger's word for a job, with its mark. */
  async ledger(name: string): Promise<string> {
    const { scripts } = this.system.api.engine;
    const digest = this.job(name).outcomeId.slice("o-".length);
    const [state, left] = await scripts.client.hmget(scripts.key(`job:${digest}`), "state", "left");
    return state === "open" && left === "1" ? "open and left" : (state ?? "none");
  }

  async ledgerIs(state: string, ...names: string[]): Promise<void> {
    for (const name of names) await this.until(`${name} to be ${state}`, async () => (await this.ledger(name)) === state);
  }

  /** Waits until jobs have ended as they are noted to. */
  async ended(...names: string[]): Promise<void> {
    for (const name of names) {
      const { ends: end } = this.job(name);
      await this.until(`${name} to end ${end}, not ${await this.endOf(name)}`, async () => (await this.endOf(name)) === end);
    }
  }

  async endOf(name: string): Promise<string | null> {
    const outcome = await readOutcome(this.system.api.engine.scripts, this.job(name).outcomeId);
    return outcome === null ? null : [outcome.status, ...(outcome.code === null ? [] : [outcome.code])].join(" ");
  }

  /** Whether a consumer has the outcome of every job that ended. */
  async allTaken(): Promise<boolean> {
    for (const { name, outcomeId } of this.#noted) {
      if ((await this.endOf(name)) !== null && !this.system.outcomes.some((outcome) => outcome.outcomeId === outcomeId)) return false;
    }
    return true;
  }

  async account(...ids: string[]): Promise<void> {
    for (const id of ids) {
      await this.system.ask("admin", `PUT /v1/accounts/${id}`, { email: `${id}@example.com`, password: `password-of-${id}` });
    }
  }

  async accountIs(state: string, ...ids: string[]): Promise<void> {
    const { accounts } = this.system.api.engine;
    for (const id of ids) await this.until(`${id} to be ${state}`, async () => (await accounts.read(id))?.state === state);
  }

  /** Waits until a call with this target, or a log-in with this e-mail, is at the provider and has no answer yet. */
  async isOut(what: string): Promise<void> {
    const { sandbox } = this.system;
    await this.until(`a call of ${what} to be out`, () =>
      sandbox.journal().some(({ target, account, answeredMs }) => answeredMs === null && (target === what || account === what)),
    );
  }

  /** The table's rows of all jobs, from what the provider, the ledger, the consumer and the webhooks know of them. */
  async rows(): Promise<RowOf<"job">[]> {
    const { sandbox, outcomes, receiver } = this.system;
    const calls = sandbox.journal();
    const rows: RowOf<"job">[] = [];
    for (const { ends: end, callsLeft, ...noted } of this.#noted) {
      const own = calls.filter(({ target }) => target === noted.target);
      const job = await this.queues.of(noted.queue).getJob(noted.id);
      const posts = receiver.posts.filter(({ messageId, answered }) => messageId === noted.outcomeId && answered < 300);
      rows.push({
        kind: "job",
        ...noted,
        was: `${await this.ledger(noted.name)}, ${(await job?.getState()) ?? "gone"}`,
        calls: own.length,
        done: own.filter(({ effect }) => effect === "done").length,
        ended: await this.endOf(noted.name),
        taken: outcomes.some(({ outcomeId }) => outcomeId === noted.outcomeId),
        posted: [...new Set(posts.map(({ hook }) => hook))].sort(),
        ends: end,
        callsLeft,
      });
    }
    return rows;
  }
}
