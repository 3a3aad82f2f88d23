/**
 * One touch under random schedules: accounts and campaigns write to the same few people, who answer now and then, workers die before and after their mark, answers of all
 * kinds come early, late or never, and the clock moves by moments and by gaps. A model apart from the scripts keeps all calls that may have reached somebody, each as an
 * interval of moments.
 */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CampaignDefinition, jobDigest } from "../src/index.ts";
import {
  ACCOUNTS,
  advanceStep,
  CALL_STEPS,
  followSchedules,
  type Out,
  PeopleSchedule,
  REACHING,
  type Reaching,
  SWEEP_STEP,
  settleStep,
  type Waiting,
} from "./people-schedule.ts";
import { type CallEnd, type Rig, startRig } from "./rig.ts";

let rig: Rig;
const DAY_MS = 86_400_000;
const GAP_DAYS = 2;
const CAMPAIGN_GAP_DAYS = 5;

beforeAll(async () => {
  rig = await startRig({ accountConcurrency: 10, timeoutMs: 20_000, contactGapDays: GAP_DAYS });
});
afterAll(async () => await rig.close());

const PEOPLE = ["ada", "bob"] as const;
const address = (name: string) => `https://www.linkedin.com/in/${name}`;

const STEP = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("add"),
      to: fc.constantFrom(...PEOPLE),
      account: fc.constantFrom(...ACCOUNTS),
      operation: fc.constantFrom(...(Object.keys(REACHING) as Reaching[])),
      campaignId: fc.constantFrom(undefined, "spring"),
    }),
  },
  { weight: 9, arbitrary: CALL_STEPS },
  { weight: 5, arbitrary: settleStep("ok", "ok", "not_found", "timed_out", "doubtful", "server_error") },
  { weight: 4, arbitrary: advanceStep(1, 4_000, 5_000, 19_000, 26_000, DAY_MS, GAP_DAYS * DAY_MS, CAMPAIGN_GAP_DAYS * DAY_MS) },
  { weight: 2, arbitrary: SWEEP_STEP },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("reply"), who: fc.constantFrom(...PEOPLE) }) },
);
type Step = typeof STEP extends fc.Arbitrary<infer S> ? S : never;
type Named = Waiting & { campaignId: string | undefined };
/** A call that left: it reached the person by `toMs`, if it did. */
type Reach = { to: string; toMs: number };

const gapMs = ({ campaignId }: Named) => (campaignId === undefined ? GAP_DAYS : CAMPAIGN_GAP_DAYS) * DAY_MS;

class Schedule extends PeopleSchedule<Named> {
  #reaches: Reach[] = [];
  readonly #reachOf = new Map<string, Reach>();
  /** Bookings that were taken back only once a later call to the same person was out: where that one reaches nobody either, they stand again. */
  readonly #late: Reach[] = [];
  /** Calls that answer somebody: they are no touch. */
  readonly #answers = new Set<string>();
  readonly #repliedMs = new Map<string, number>();

  /** All that may have reached the person within the gap: calls that left, or ones of dead workers that no sweep has looked at. */
  #near(one: Named): Reach[] {
    const fromMs = rig.nowMs - gapMs(one);
    const unmarked = this.out
      .filter(({ callId, left }) => !left && !this.#answers.has(callId))
      .map(({ to, deadlineMs }) => ({ to, toMs: deadlineMs }));
    return [...this.#reaches, ...this.#late, ...unmarked].filter(({ to, toMs }) => to === one.to && toMs > fromMs);
  }

  #wouldAnswer({ job, to, campaignId }: Named, { toMs }: Reach): boolean {
    return job.meta.operation === "message.send" && campaignId === undefined && (this.#repliedMs.get(to) ?? 0) > toMs;
  }

  protected async granted(out: Out<Named>): Promise<void> {
    const isTouch = (await rig.client.hexists(rig.key(`job:${jobDigest(out.job.ref)}`), "touched")) === 1;
    if (isTouch) return;
    this.#answers.add(out.callId);
    expect(
      this.#near(out).some((reach) => this.#wouldAnswer(out, reach)),
      `${out.to} is written to as if they were answered`,
    ).toBe(true);
    const later = this.#reaches.filter((reach) => reach.to === out.to && !this.#wouldAnswer(out, reach));
    expect(later, `${out.to} is answered a second time`).toEqual([]);
  }

  protected refused(one: Named, code: string): void {
    expect(code).toBe("contacted_recently");
    expect(
      this.#near(one).some((reach) => !this.#wouldAnswer(one, reach)),
      `${one.to} is refused for nothing`,
    ).toBe(true);
  }

  protected left(out: Out<Named>): void {
    if (this.#answers.has(out.callId)) return;
    const fromMs = rig.nowMs - gapMs(out);
    const near = this.#reaches.filter(({ to, toMs }) => to === out.to && toMs > fromMs);
    expect(near, `${out.to} is written to again`).toEqual([]);
    const reach = { to: out.to, toMs: out.deadlineMs };
    this.#reaches.push(reach);
    this.#reachOf.set(out.callId, reach);
  }

  protected override takenBack({ to, deadlineMs, callId }: Out<Named>): void {
    if (this.#answers.has(callId)) return;
    if (this.out.some((later) => later.to === to && later.deadlineMs > deadlineMs)) this.#late.push({ to, toMs: deadlineMs });
  }

  protected override settled(out: Out<Named>, end: CallEnd): void {
    const reach = this.#reachOf.get(out.callId);
    if (reach === undefined) return;
    if (end === "not_found" || end === "server_error") {
      this.#reaches = this.#reaches.filter((one) => one !== reach);
      this.takenBack(out);
    } else if (end === "ok") reach.toMs = Math.min(rig.nowMs, out.deadlineMs);
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case "add": {
        const { to, account, operation, campaignId } = step;
        const named = campaignId === undefined ? {} : { campaignId };
        const job = await rig.job(account, { operation, queue: REACHING[operation], to: address(to), ...named });
        this.ready.push({ job, to, campaignId });
        return;
      }
      case "reply": {
        await rig.engine.people.replies.put({ address: address(step.who) });
        this.#repliedMs.set(step.who, rig.nowMs);
        return;
      }
      default:
        return await this.call(step);
    }
  }
}

test("nobody is written to twice within the gap unless they are answered, and nobody is refused for nothing", async () => {
  const follow = async (steps: readonly Step[]) => {
    const input = { linkedin_url: "{{url}}", message_text: "Hi" };
    const campaign = { name: "Spring", operation: "message.send", accountIds: [...ACCOUNTS], input, contactGapDays: CAMPAIGN_GAP_DAYS };
    await rig.engine.campaigns.create("spring", CampaignDefinition.parse(campaign));
    const schedule = new Schedule(rig);
    for (const step of steps) await schedule.take(step);
  };
  await followSchedules(rig, STEP, { least: 30, most: 120, follow });
});
