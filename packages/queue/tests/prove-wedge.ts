/**
 * People and programs that reach into BullMQ past us: jobs, those of campaigns too, are edited, moved, removed, added again, finished by others
 * and drained, in any order, while accounts are away or rest, campaigns are paused, and the service is braked. No account stays stuck for it, no
 * campaign stands still, every job that was accepted and every recipient has an outcome, and none has two.
 */
import { JobData } from "@linkup-queue/contracts";
import { fromNow, testPrefix } from "@linkup-queue/testkit";
import { type Job, Queue, Worker } from "bullmq";
import fc from "fast-check";
import { expect } from "vitest";
import { campaignJobData } from "../src/campaigns/feed/campaign-job.ts";
import { noteAccepted } from "../src/door/note-accepted.ts";
import { CampaignDefinition, type JobMeta } from "../src/index.ts";
import { namesIn } from "../src/job/job-meta.ts";
import { campaignJobId } from "../src/job/recipient-job-id.ts";
import { CampaignRig, people } from "./campaign-rig.ts";
import { type CallEnd, type Rig, type RigJob, startRig } from "./rig.ts";

const ACCOUNTS = ["ada", "bob", "cyd"] as const;
const TOKEN = "a-worker";
/** Of somebody else's worker. */
const OTHER = "somebody";
const JOBS = 8;

const CAMPAIGNS = ["spring", "autumn"] as const;
/** Of each campaign. */
const RECIPIENTS = 4;
/** Of settling down. */
const ROUNDS = 14;
const HOUR_MS = 3_600_000;
const FAR_MS = 365 * 86_400_000;

export type WedgeRig = { rig: Rig; queue: Queue; worker: Worker; close: () => Promise<void> };

export async function startWedgeRig(): Promise<WedgeRig> {
  const rig = await startRig({ rateLimit: 1_000 });
  const at = { connection: rig.client, prefix: rig.engine.scripts.tag };
  const queue = new Queue("messages", at);
  // It fetches when it is told to.
  const worker = new Worker("messages", null, { ...at, autorun: false, name: testPrefix("wedge") });
  await worker.waitUntilReady();
  const close = async () => {
    await worker.close();
    await queue.close();
    await rig.close();
  };
  return { rig, queue, worker, close };
}

const ENDS = ["ok", "ok", "token_dead", "not_left", "service_refused", "family_limited", "linkedin_limited", "dies"] as const;
/** The producers' own jobs, and behind them those of the campaigns. */
const ANY_JOB = fc.nat(JOBS + CAMPAIGNS.length * RECIPIENTS - 1);
const ACCOUNT = fc.nat(ACCOUNTS.length - 1);
const STEP = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("add" as const), job: ANY_JOB, account: ACCOUNT }) },
  { weight: 10, arbitrary: fc.record({ kind: fc.constant("fetch" as const), end: fc.constantFrom(...ENDS) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("feed" as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("edit" as const), job: ANY_JOB, account: fc.option(ACCOUNT), strip: fc.boolean() }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        "promote" as const,
        "delay" as const,
        "reprioritize" as const,
        "remove" as const,
        "finish" as const,
        "fail" as const,
      ),
      job: ANY_JOB,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("drain" as const, "obliterate" as const, "take" as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("away" as const, "back" as const), account: ACCOUNT }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom("pause" as const, "resume" as const), campaign: fc.nat(CAMPAIGNS.length - 1) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("sweep" as const), afterMs: fc.constantFrom(0, 6_000, 61_000, HOUR_MS) }) },
);
type Step = typeof STEP extends fc.Arbitrary<infer S> ? S : never;
type End = (typeof ENDS)[number];

const RECIPIENT_JOBS = CAMPAIGNS.flatMap((campaignId) =>
  people(RECIPIENTS, campaignId).map((recipient) => ({ campaignId, recipient, jobId: campaignJobId(campaignId, recipient.id) })),
);
const idOf = (job: number) => RECIPIENT_JOBS[job - JOBS]?.jobId ?? `wedge-${job}`;

const definitionOf = (campaignId: string) =>
  CampaignDefinition.parse({
    name: campaignId,
    operation: "message.send",
    accountIds: ACCOUNTS,
    input: { linkedin_url: "{{linkedin_url}}", message_text: "Hello" },
    handover: campaignId === "spring",
  });

/** A fetched job as the gate is asked for it: by what its data says now. */
function fetched(job: Job): RigJob | null {
  const { accountId, campaignId, recipientId } = namesIn(job.data);
  if (accountId === null) return null;
  const meta: JobMeta = { operation: "message.send", accountId, campaignId, recipientId, redriveOf: null, enqueuedAtMs: job.timestamp };
  const ref = { queue: "messages" as const, id: job.id ?? "", timestamp: job.timestamp };
  return { ref, accountId, priority: job.priority, price: 1, meta, expiresAtMs: null, target: ref.id };
}

/** One schedule on an empty Redis. */
class Schedule {
  readonly #rig: Rig;
  readonly #queue: Queue;
  readonly #worker: Worker;
  readonly #campaigns: CampaignRig;
  /** Jobs that a door accepted: each of them is owed an outcome, whatever was done to it. */
  readonly accepted = new Set<string>();

  constructor({ rig, queue, worker }: WedgeRig) {
    this.#rig = rig;
    this.#queue = queue;
    this.#worker = worker;
    this.#campaigns = new CampaignRig(rig);
  }

  async begin(): Promise<void> {
    await this.#rig.reset();
    await this.#rig.open();
    for (const account of ACCOUNTS) await this.#rig.account(account);
    for (const id of CAMPAIGNS) await this.#campaigns.start(id, ACCOUNTS, { count: RECIPIENTS, ...definitionOf(id) });
  }

  async close(): Promise<void> {
    await this.#campaigns.close();
    expect(this.#campaigns.errors).toEqual([]);
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case "add":
        if (step.job < JOBS) await this.#add(idOf(step.job), step.account);
        else await this.#addAgain(step.job - JOBS, step.account);
        break;
      case "fetch":
        await this.#runNext(step.end);
        break;
      case "feed":
        await this.#campaigns.feed();
        break;
      case "away":
        await this.#rig.engine.accounts.pause(ACCOUNTS[step.account] ?? "");
        break;
      case "back":
        await this.#back(ACCOUNTS[step.account] ?? "");
        break;
      case "pause":
      case "resume":
        await this.#changeCampaign(CAMPAIGNS[step.campaign] ?? "", step.kind);
        break;
      case "sweep":
        await this.#rig.advance(step.afterMs);
        await this.#rig.swept();
        break;
      default:
        await this.#reachIn(step).catch(() => undefined);
    }
  }

  /** Everybody is back, and all that is left runs to its end. Expects nothing to be stuck, and each account to be at work. */
  async finish(): Promise<void> {
    for (const account of ACCOUNTS) await this.#back(account);
    for (const campaign of CAMPAIGNS) await this.#changeCampaign(campaign, "resume");
    await this.#settleDown();
    await this.#expectNothingHeld();
    for (const id of CAMPAIGNS) {
      const { state, recipients } = await this.#campaigns.read(id);
      expect({ id, state, recipients }).toMatchObject({ state: "ended", recipients: { ended: RECIPIENTS, unsent: 0 } });
    }
    for (const [at, account] of ACCOUNTS.entries()) await this.#add(`last-${account}`, at);
    await this.#settleDown();
    expect(await this.#rig.engine.keys.read()).toMatchObject({ state: "open", brakes: [], openGrants: 0 });
    const results = await this.#rig.results();
    for (const account of ACCOUNTS) expect(results.get(`last-${account}`), account).toBe("succeeded");
    const owed = [...this.accepted, ...RECIPIENT_JOBS.map(({ jobId }) => jobId)];
    expect(
      owed.filter((id) => !results.has(id)),
      "accepted, and without an outcome",
    ).toEqual([]);
  }

  async #expectNothingHeld(): Promise<void> {
    const { client } = this.#rig;
    for (const account of ACCOUNTS) {
      for (const set of ["flying", "next"])
        expect(await client.smembers(this.#rig.key(`${set}:${account}`)), `${set} of ${account}`).toEqual([]);
      for (const set of ["lane", "ahead"])
        expect(await client.zrange(this.#rig.key(`${set}:${account}`), "0", "-1"), `${set} of ${account}`).toEqual([]);
    }
    for (const campaign of CAMPAIGNS) {
      expect(await client.zrange(this.#rig.key(`held:${campaign}`), "0", "-1"), `held of ${campaign}`).toEqual([]);
    }
    expect(await client.zrange(this.#rig.key("braked:message.send"), "0", "-1"), "braked").toEqual([]);
  }

  async #add(id: string, account: number): Promise<void> {
    const data = JobData.parse({ accountId: ACCOUNTS[account], input: {} });
    await this.#queue.add("message.send", data, { jobId: id, priority: 10 });
    await noteAccepted(this.#rig.engine.scripts, [{ queue: "messages", id, operation: "message.send", data, isNew: true }]);
    this.accepted.add(id);
  }

  /** Somebody adds a campaign's job by hand, as it was fed or will be, to an account of their choice. */
  async #addAgain(recipientJob: number, account: number): Promise<void> {
    const { campaignId, recipient, jobId } = RECIPIENT_JOBS[recipientJob] as (typeof RECIPIENT_JOBS)[number];
    const text = { id: campaignId, definition: definitionOf(campaignId), revision: 1 };
    await this.#queue.add("message.send", campaignJobData(text, recipient, { accountId: ACCOUNTS[account] ?? "" }), {
      jobId,
      priority: 100,
    });
  }

  async #next(token: string): Promise<Job | undefined> {
    return (await this.#worker.getNextJob(token, { block: false })) as Job | undefined;
  }

  /** The doing of our worker with the next job; false when there is none. `dies`: it does nothing more for it, and BullMQ gives it away again. */
  async #runNext(end: End): Promise<boolean> {
    const job = await this.#next(TOKEN);
    if (job === undefined) return false;
    const ours = fetched(job);
    if (end === "dies") await job.moveToWait(TOKEN);
    else if (ours === null) await this.#endWrong(job);
    else await this.#run(job, ours, end);
    return true;
  }

  /** A job whose data is wrong ends free, and the ledger's entry may know another account. */
  async #endWrong(job: Job): Promise<void> {
    const ref = { queue: "messages" as const, id: job.id ?? "", timestamp: job.timestamp };
    const names = { accountId: null, campaignId: null, recipientId: null, redriveOf: null };
    const meta = { operation: "message.send", ...names, enqueuedAtMs: job.timestamp };
    await this.#rig.endUncalled({ ref, meta, accountId: "", priority: 10, price: 0, expiresAtMs: null, target: ref.id });
    await job.moveToFailed(new Error("invalid_input: no account"), TOKEN);
  }

  async #run(job: Job, ours: RigJob, end: CallEnd): Promise<void> {
    const { gate } = this.#rig;
    const callId = this.#rig.newCall();
    const answer = await this.#rig.ask(ours, callId);
    let becomes: string = answer.kind;
    if (answer.kind === "granted") {
      const left = await gate.markLeft(ours.ref, callId);
      becomes = (await this.#rig.settle(ours, { callId, epoch: answer.epoch }, left ? end : "not_left")).kind;
    }
    if (becomes === "parked") {
      await job.moveToDelayed(fromNow(FAR_MS).getTime(), TOKEN);
      await gate.confirmPark(ours.ref);
    } else if (becomes === "refused") {
      await this.#rig.endUncalled(ours);
      await job.moveToFailed(new Error("refused"), TOKEN);
    } else if (becomes === "ended" || becomes === "settled") await job.moveToCompleted({ status: "succeeded" }, TOKEN, false);
    else await job.moveToWait(TOKEN);
  }

  /** BullMQ refuses much of this by turns, as a job is in no state for it. */
  async #reachIn(step: Step): Promise<void> {
    const job = "job" in step ? await this.#queue.getJob(idOf(step.job)) : undefined;
    switch (step.kind) {
      case "edit": {
        const accountId = step.account === null ? null : ACCOUNTS[step.account];
        await job?.updateData(step.strip ? { accountId } : { ...job.data, accountId });
        break;
      }
      case "promote":
        await job?.promote();
        break;
      case "delay":
        await job?.changeDelay(0);
        break;
      case "reprioritize":
        await job?.changePriority({ priority: 1 });
        break;
      case "remove":
        await job?.remove();
        break;
      case "finish":
      case "fail":
        if (job !== undefined) await this.#overByAnother(job, step.kind);
        break;
      case "drain":
        await this.#queue.drain(true);
        break;
      case "obliterate":
        await this.#queue.obliterate({ force: true });
        break;
      case "take":
        await (await this.#next(OTHER))?.moveToCompleted("done", OTHER, false);
        break;
      default:
        break;
    }
  }

  /** Somebody's own worker finishes or fails this very job. */
  async #overByAnother(job: Job, how: "finish" | "fail"): Promise<void> {
    await job.promote().catch(() => undefined);
    for (let tries = 0; tries < JOBS; tries++) {
      const next = await this.#next(OTHER);
      if (next === undefined) return;
      if (next.id !== job.id) await next.moveToWait(OTHER);
      else if (how === "finish") await next.moveToCompleted("done", OTHER, false);
      else await next.moveToFailed(new Error("theirs"), OTHER);
    }
  }

  async #back(account: string): Promise<void> {
    await this.#rig.engine.accounts.resume(account).catch(() => undefined);
    await this.#rig.account(account);
  }

  /** Refused by turns: it is paused already, or over. */
  async #changeCampaign(id: string, action: "pause" | "resume"): Promise<void> {
    await this.#campaigns.campaigns.change(id, action).catch(() => undefined);
  }

  async #settleDown(): Promise<void> {
    // Brakes are probed and rests are over within hours; notes of accepted jobs are looked at within the hour.
    for (let round = 0; round < ROUNDS; round++) {
      await this.#rig.advance(round % 2 === 0 ? 61_000 : HOUR_MS);
      await this.#rig.swept();
      await this.#campaigns.feed();
      for (let calls = 0; calls < 40 && (await this.#runNext("ok")); calls++);
    }
  }
}

/** Fails with the schedule after which something was stuck, and what replays it. */
export async function proveWedge(rig: WedgeRig, schedules: number): Promise<void> {
  const run = async (steps: readonly Step[]) => {
    const schedule = new Schedule(rig);
    await schedule.begin();
    for (const step of steps) await schedule.take(step);
    await schedule.finish();
    await schedule.close();
  };
  const property = fc.asyncProperty(fc.array(STEP, { minLength: 10, maxLength: 60 }), run);
  await fc.assert(property, { numRuns: schedules, endOnFailure: true });
}
