/**
 * One touch under random schedules: accounts and campaigns write to the same few people, workers die before and after their mark, answers of all kinds come early, late or
 * never, and the clock moves by moments and by gaps. A model apart from the scripts keeps all calls that may have reached somebody, each as an interval of moments.
 */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CampaignDefinition } from "../src/index.ts";
import { type CallEnd, type Rig, type RigJob, startRig } from "./rig.ts";

let rig: Rig;
const DAY_MS = 86_400_000;
const GAP_DAYS = 2;
const CAMPAIGN_GAP_DAYS = 5;
const TIMEOUT_MS = 20_000;

beforeAll(async () => {
  rig = await startRig({ accountConcurrency: 10, timeoutMs: TIMEOUT_MS, contactGapDays: GAP_DAYS });
});
afterAll(async () => await rig.close());

const PEOPLE = ["ada", "bob"] as const;
const ACCOUNTS = ["acc-1", "acc-2"] as const;
const OPERATIONS = { "invitation.send": "network", "message.send": "messages" } as const;
const ENDS = ["ok", "ok", "not_found", "timed_out", "doubtful", "server_error", "no_connection"] as const satisfies CallEnd[];

const STEP = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("add"),
      to: fc.constantFrom(...PEOPLE),
      account: fc.constantFrom(...ACCOUNTS),
      operation: fc.constantFrom(...(Object.keys(OPERATIONS) as (keyof typeof OPERATIONS)[])),
      campaignId: fc.constantFrom(undefined, "spring"),
    }),
  },
  { weight: 9, arbitrary: fc.record({ kind: fc.constantFrom("ask", "leave"), pick: fc.nat(30) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("settle"), pick: fc.nat(30), end: fc.constantFrom(...ENDS) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("advance"),
      ms: fc.constantFrom(1, 4_000, 5_000, 19_000, 26_000, DAY_MS, GAP_DAYS * DAY_MS, CAMPAIGN_GAP_DAYS * DAY_MS),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("sweep") }) },
);
const picked = <One>(list: readonly One[], pick: number): One | undefined => list[pick % Math.max(1, list.length)];
type Step = typeof STEP extends fc.Arbitrary<infer S> ? S : never;
/** A call that left: it reached the person by `toMs`, if it did. */
type Reach = { to: string; toMs: number };
type Waiting = { job: RigJob; to: string; gapDays: number };
/** `deadlineMs`: counted from the grant; whatever leaves is cut off there. */
type Out = Waiting & { callId: string; deadlineMs: number; reach: Reach | null };

class Schedule {
  #reaches: Reach[] = [];
  /** Bookings that were taken back only once a later call to the same person was out: where that one reaches nobody either, they stand again. */
  readonly #late: Reach[] = [];
  readonly #ready: Waiting[] = [];
  readonly #out: Out[] = [];

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case "add": {
        const { to, account, operation, campaignId } = step;
        const named = campaignId === undefined ? {} : { campaignId };
        const job = await rig.job(account, { operation, queue: OPERATIONS[operation], to: `https://www.linkedin.com/in/${to}`, ...named });
        this.#ready.push({ job, to, gapDays: campaignId === undefined ? GAP_DAYS : CAMPAIGN_GAP_DAYS });
        return;
      }
      case "ask":
        return await this.#ask(step.pick);
      case "leave":
        return await this.#leave(
          picked(
            this.#out.filter(({ reach }) => reach === null),
            step.pick,
          ),
        );
      case "settle":
        return await this.#settle(
          picked(
            this.#out.filter(({ reach }) => reach !== null),
            step.pick,
          ),
          step.end,
        );
      case "advance":
        return await rig.advance(step.ms);
      case "sweep":
        return await this.#sweep();
    }
  }

  async #ask(pick: number): Promise<void> {
    const [one] = this.#ready.splice(pick % Math.max(1, this.#ready.length), 1);
    if (one === undefined) return;
    const callId = rig.newCall();
    const answer = await rig.ask(one.job, callId);
    if (answer.kind === "granted") this.#out.push({ ...one, callId, deadlineMs: rig.nowMs + TIMEOUT_MS, reach: null });
    else if (answer.kind !== "refused") this.#ready.push(one);
    // Whoever is refused was written to, or may have been: by a call that left, or by one of a dead worker that no sweep has looked at.
    else if (answer.code === "contacted_recently") {
      const fromMs = rig.nowMs - one.gapDays * DAY_MS;
      const near = [...this.#reaches, ...this.#late, ...this.#out.filter(({ reach }) => reach === null)].filter(({ to }) => to === one.to);
      expect(
        near.some((reach) => !("toMs" in reach) || reach.toMs > fromMs),
        `${one.to} is refused for nothing`,
      ).toBe(true);
    } else throw new Error(answer.code);
  }

  async #leave(out: Out | undefined): Promise<void> {
    if (out === undefined) return;
    if (await rig.gate.markLeft(out.job.ref, out.callId)) {
      const fromMs = rig.nowMs - out.gapDays * DAY_MS;
      const near = this.#reaches.filter(({ to, toMs }) => to === out.to && toMs > fromMs);
      expect(near, `${out.to} is written to again`).toEqual([]);
      out.reach = { to: out.to, toMs: out.deadlineMs };
      this.#reaches.push(out.reach);
      return;
    }
    this.#out.splice(this.#out.indexOf(out), 1);
    await rig.settle(out.job, { callId: out.callId, epoch: 1 }, "not_left");
    this.#takeBack(out);
    this.#ready.push(out);
  }

  #takeBack({ to, deadlineMs }: Out): void {
    if (this.#out.some((later) => later.to === to && later.deadlineMs > deadlineMs)) this.#late.push({ to, toMs: deadlineMs });
  }

  async #settle(out: Out | undefined, end: CallEnd): Promise<void> {
    if (out === undefined || out.reach === null) return;
    this.#out.splice(this.#out.indexOf(out), 1);
    const answer = await rig.settle(out.job, { callId: out.callId, epoch: 1 }, end === "no_connection" ? "ok" : end);
    if (answer.kind === "already") return;
    const { reach } = out;
    if (end === "not_found" || end === "server_error") {
      this.#reaches = this.#reaches.filter((one) => one !== reach);
      this.#takeBack(out);
    } else if (end === "ok" || end === "no_connection") reach.toMs = Math.min(rig.nowMs, out.deadlineMs);
    if (answer.kind === "retry" || answer.kind === "again") this.#ready.push(out);
  }

  async #sweep(): Promise<void> {
    await rig.swept();
    for (const out of [...this.#out]) {
      if ((await rig.stateOf(out.job)) === "open") continue;
      this.#out.splice(this.#out.indexOf(out), 1);
      if (out.reach !== null) continue;
      this.#takeBack(out);
      this.#ready.push(out);
    }
  }
}

test("nobody is written to twice within the gap, and nobody is refused for nothing", async () => {
  const follow = async (steps: readonly Step[]) => {
    await rig.reset();
    await rig.open();
    for (const account of ACCOUNTS) await rig.account(account);
    const input = { linkedin_url: "{{url}}", message_text: "Hi" };
    const campaign = { name: "Spring", operation: "message.send", accountIds: [...ACCOUNTS], input, contactGapDays: CAMPAIGN_GAP_DAYS };
    await rig.engine.campaigns.create("spring", CampaignDefinition.parse(campaign));
    const schedule = new Schedule();
    for (const step of steps) await schedule.take(step);
  };
  await fc.assert(fc.asyncProperty(fc.array(STEP, { minLength: 30, maxLength: 120 }), follow), { numRuns: 40, endOnFailure: true });
});
