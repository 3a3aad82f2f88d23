/**
 * The line of inboxes that are read, under random schedules: reads are claimed and not added, die before and after their mark, and between what they tell and their settlement; sweeps, an account that is away,
 * campaigns that come and end, clock steps, and people who write meanwhile. LinkedIn is a list of messages apart from it, in pages of two.
 */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CampaignDefinition, jobDigest, watchedBy } from "../src/index.ts";
import { watchClaimScript, watchDueScript } from "../src/people/lua/inbox-watch.ts";
import { watchDigest } from "../src/people/watch-job.ts";
import { type Rig, type RigJob, type Sent, startRig } from "./rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ timeoutMs: 20_000 });
});
afterAll(async () => await rig.close());

const MINUTE_MS = 60_000;
const EVERY_MINUTES = 10;
const PAGE = 2;

const STEP = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("due"), dies: fc.constantFrom(false, false, true) }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("work"), dies: fc.constantFrom("no", "no", "no", "granted", "left", "told") }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("write") }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("advance"), ms: fc.constantFrom(1_000, 25_000, MINUTE_MS, EVERY_MINUTES * MINUTE_MS) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("sweep") }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("pause", "resume", "campaign", "over") }) },
);
type Step = typeof STEP extends fc.Arbitrary<infer S> ? S : never;

class Schedule {
  /** When each message came, the oldest first; those that were told of. */
  readonly messages: number[] = [];
  readonly told = new Set<number>();
  readonly #sinceMs: number[] = [];
  #campaigns = 0;

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case "due":
        return step.dies ? await this.#claimOnly() : await this.#addDue();
      case "work":
        return await this.#work(step.dies);
      case "write":
        this.messages.push(rig.nowMs);
        return;
      case "advance":
        return await rig.advance(step.ms);
      case "sweep":
        await rig.swept();
        return;
      case "pause":
      case "resume":
        return step.kind === "pause" ? await rig.engine.accounts.pause("ada") : void (await rig.engine.accounts.resume("ada"));
      case "campaign":
        return await this.campaign();
      case "over": {
        const [id] = await rig.client.zrange(rig.engine.scripts.keys.stopping, "0", "0");
        if (id !== undefined) await rig.engine.campaigns.change(id, "cancel");
        return;
      }
    }
  }

  async campaign(): Promise<void> {
    const id = `campaign-${++this.#campaigns}`;
    const startAt = new Date(rig.nowMs + 365 * 86_400_000).toISOString();
    const definition = {
      name: id,
      operation: "message.send",
      accountIds: ["ada"],
      input: { linkedin_url: "{{linkedin_url}}", message_text: "Hi" },
    };
    await rig.engine.campaigns.create(id, CampaignDefinition.parse({ ...definition, stopOnReply: true, startAt }));
    this.#sinceMs.push(rig.nowMs);
    await rig.engine.campaigns.change(id, "start", { allowDoubtfulText: true });
  }

  async #addDue(): Promise<void> {
    await rig.engine.people.inboxes.addDue(() => 0.5);
    expect((await this.#reads()).length, "reads that are not over").toBeLessThanOrEqual(1);
  }

  /** A worker that takes the next read and dies before it adds its job. */
  async #claimOnly(): Promise<void> {
    for (const latest of await rig.engine.scripts.run(watchDueScript, {})) {
      const { account, turn } = latest;
      await rig.engine.scripts.run(watchClaimScript, { account, turn, digest: watchDigest(latest), ledgerDays: 30, draw: 0.5 });
    }
  }

  /** The reads in BullMQ that have no outcome. */
  async #reads(): Promise<RigJob[]> {
    const keys = await rig.client.keys(rig.bull("*", "watch~*"));
    const found: RigJob[] = [];
    for (const key of keys) {
      const [queue = "", id = ""] = key.slice(rig.bull("", "").length - 1).split(":");
      const operation = (await rig.client.hget(key, "name")) ?? "";
      const ref = { queue: queue as "messages", id, timestamp: rig.nowMs };
      if (watchedBy(ref) === null || operation === "") continue;
      const state = await rig.client.hget(rig.key(`job:${jobDigest(ref)}`), "state");
      const meta = {
        operation,
        accountId: "ada",
        campaignId: null,
        recipientId: null,
        redriveOf: null,
        enqueuedAtMs: rig.nowMs,
        rerun: true,
      };
      if (state !== "settled") found.push({ ref, accountId: "ada", priority: 10, price: 1, meta, expiresAtMs: null, target: "ada" });
    }
    return found;
  }

  async #work(dies: string): Promise<void> {
    const [job] = await this.#reads();
    if (job === undefined) return;
    const callId = rig.newCall();
    const answer = await rig.ask(job, callId);
    if (answer.kind === "parked") {
      await rig.moveToDelayed(job);
      return void (await rig.gate.confirmPark(job.ref));
    }
    if (answer.kind === "interrupted") {
      const lost = { callId: answer.callId, epoch: 1 };
      const settlement = rig.settlement(job, lost, "timed_out");
      if (settlement.next.kind !== "end") throw new Error(settlement.next.kind);
      // A read that may run again does.
      await rig.gate.settle({ ...settlement, next: { kind: "retry", exhausted: settlement.next } });
      return;
    }
    if (answer.kind !== "granted" || dies === "granted") return;
    if (!(await rig.gate.markLeft(job.ref, callId)) || dies === "left") return;
    await this.#answered(job, { callId, epoch: answer.epoch }, dies);
  }

  async #answered(job: RigJob, sent: Sent, dies: string): Promise<void> {
    const { inboxes } = rig.engine.people;
    const reading = await inboxes.reading(job.ref);
    if (reading !== null) {
      const all = [...this.messages].reverse();
      const from = Number(reading.cursor || "0");
      const page = all.slice(from, from + PAGE);
      const isNew = page.filter((atMs) => atMs >= reading.sinceMs);
      if (reading.operation === "message.inbox") for (const atMs of isNew) this.told.add(atMs);
      const cursor = isNew.length > 0 && from + PAGE < all.length ? String(from + PAGE) : "";
      await inboxes.told(job.ref, reading.operation === "message.inbox" ? { cursor, asks: [] } : null, () => 0.5);
    }
    if (dies === "told") return;
    const self = job.meta.operation === "profile.me" ? { self: "name" } : {};
    await rig.gate.settle({ ...rig.publishing(rig.settlement(job, sent, "ok")), ...self });
    // As its worker takes it out of BullMQ.
    await rig.engine.jobs.queues.of(job.ref.queue as "messages").remove(job.ref.id);
  }

  /** With all well again, everything that was written since any campaign that lives was made is told of. */
  async finish(): Promise<void> {
    await rig.engine.accounts.resume("ada");
    await this.campaign();
    const liveFromMs = Number((await rig.client.zrange(rig.engine.scripts.keys.stopping, "0", "0", "WITHSCORES"))[1]);
    const endMs = rig.nowMs;
    for (let turn = 0; turn < 400; turn++) {
      const readAt = (await rig.engine.accounts.read("ada"))?.inboxReadAt;
      if (readAt != null && Number(await rig.client.hget(rig.engine.scripts.keys.watch("ada"), "mark")) >= endMs) break;
      await rig.advance(25_000);
      await rig.swept();
      await this.take({ kind: "due", dies: false });
      for (const _ of [1, 2]) await this.take({ kind: "work", dies: "no" });
    }
    expect(Number(await rig.client.hget(rig.engine.scripts.keys.watch("ada"), "mark")), "read up to now").toBeGreaterThanOrEqual(endMs);
    expect(this.messages.filter((atMs) => atMs >= liveFromMs && atMs <= endMs && !this.told.has(atMs))).toEqual([]);
  }
}

async function follow(steps: readonly Step[]): Promise<void> {
  await rig.reset();
  await rig.open();
  await rig.engine.accounts.register("ada", { loginToken: "token-of-ada", replyWatch: { everyMinutes: EVERY_MINUTES } });
  const schedule = new Schedule();
  await schedule.campaign();
  for (const step of steps) await schedule.take(step);
  await schedule.finish();
}

test("an account has one read at a time, none is lost, and whoever wrote while a campaign lives is told of, whatever dies in whatever order", async () => {
  await fc.assert(fc.asyncProperty(fc.array(STEP, { minLength: 10, maxLength: 60 }), follow), { numRuns: 30, endOnFailure: true });
});
