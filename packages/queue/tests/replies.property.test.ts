/**
 * Stop on reply under random schedules: campaigns are made and edited, their jobs come, are granted, wait for their mark and die in between, while people answer: now, or at
 * a moment that is told late. At each mark a model apart from the scripts says whether a reply stops that campaign for that person; nobody else is stopped.
 */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CampaignDefinition } from "../src/index.ts";
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
import { type Rig, startRig } from "./rig.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await startRig({ accountConcurrency: 10, timeoutMs: 20_000 });
});
afterAll(async () => await rig.close());

const PEOPLE = ["ada", "bob", "carol"] as const;
const CAMPAIGNS = ["spring", "autumn", "winter"] as const;
const OPERATIONS = { ...REACHING, "profile.scrape": "profiles" } as const;
const spelled = (name: string, way: number) =>
  [`https://www.linkedin.com/in/${name}`, `linkedin.com/in/${name.toUpperCase()}/`, `http://de.linkedin.com/mwlite/in/${name}?x=1`][
    way % 3
  ] ?? "";

const STEP = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("add"),
      to: fc.constantFrom(...PEOPLE),
      way: fc.nat(2),
      account: fc.constantFrom(...ACCOUNTS),
      campaignId: fc.constantFrom(undefined, ...CAMPAIGNS, ...CAMPAIGNS),
      operation: fc.constantFrom<keyof typeof OPERATIONS>(...(Object.keys(REACHING) as Reaching[]), "message.send", "profile.scrape"),
    }),
  },
  { weight: 6, arbitrary: CALL_STEPS },
  { weight: 2, arbitrary: settleStep("ok", "timed_out", "not_found") },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("reply"),
      who: fc.constantFrom(...PEOPLE),
      way: fc.nat(2),
      agoMs: fc.constantFrom(null, 0, 1, 1_000, 25_000, 3_600_000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("campaign"), id: fc.constantFrom(...CAMPAIGNS), stops: fc.constantFrom(true, true, false) }),
  },
  // Between a grant and its mark: the person of a call that is out answers, or its campaign is made or edited.
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("reply_out", "campaign_out"), pick: fc.nat(30), stops: fc.boolean() }) },
  { weight: 3, arbitrary: advanceStep(1, 999, 15_000, 21_000, 3_600_000) },
  { weight: 1, arbitrary: SWEEP_STEP },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("end_waiting") }) },
);
type Step = typeof STEP extends fc.Arbitrary<infer S> ? S : never;
type Named = Waiting & { campaignId: string | undefined };

class Schedule extends PeopleSchedule<Named> {
  readonly #campaigns = new Map<string, { madeMs: number; stops: boolean }>();
  /** Every reply that was told, by person: when they answered, ms. */
  readonly #replies: { who: string; atMs: number }[] = [];

  #isStopped({ to, job, campaignId }: Named): boolean {
    const campaign = this.#campaigns.get(campaignId ?? "");
    if (campaign?.stops !== true || job.meta.operation === "profile.scrape") return false;
    return this.#replies.some(({ who, atMs }) => who === to && atMs >= campaign.madeMs);
  }

  protected granted(out: Out<Named>): void {
    expect(this.#isStopped(out), `${out.to} answered and is granted`).toBe(false);
  }

  protected refused(one: Named, code: string): void {
    expect([code, this.#isStopped(one)]).toEqual(["replied", true]);
  }

  protected left(out: Out<Named>): void {
    expect(this.#isStopped(out), `${out.to} answered and is reached`).toBe(false);
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case "add": {
        const { to, way, account, campaignId, operation } = step;
        const named = campaignId === undefined ? {} : { campaignId };
        const job = await rig.job(account, { operation, queue: OPERATIONS[operation], to: spelled(to, way), ...named });
        this.ready.push({ job, to, campaignId });
        return;
      }
      case "reply":
        return await this.#reply(step);
      case "campaign":
        return await this.#putCampaign(step.id, step.stops);
      case "reply_out":
      case "campaign_out": {
        const out = this.unmarked(step.pick);
        if (out === undefined) return;
        if (step.kind === "reply_out") return await this.#reply({ who: out.to, way: 0, agoMs: null });
        return out.campaignId === undefined ? undefined : await this.#putCampaign(out.campaignId, step.stops);
      }
      case "end_waiting":
        return await this.endWaiting("replied", (one) => this.#isStopped(one));
      default:
        return await this.call(step);
    }
  }

  async #reply({ who, way, agoMs }: { who: string; way: number; agoMs: number | null }): Promise<void> {
    const atMs = rig.nowMs - (agoMs ?? 0);
    const known = this.#replies.filter((one) => one.who === who).map((one) => one.atMs);
    const reply = await rig.engine.people.replies.put({ address: spelled(who, way), ...(agoMs === null ? {} : { atMs }) });
    this.#replies.push({ who, atMs });
    expect(reply.isNews).toBe(atMs > Math.max(0, ...known));
  }

  /** Makes a campaign, or edits it. */
  async #putCampaign(id: string, stopOnReply: boolean): Promise<void> {
    const { campaigns } = rig.engine;
    const input = { linkedin_url: "{{url}}", message_text: "Hi" };
    const definition = CampaignDefinition.parse({ name: id, operation: "message.send", accountIds: [...ACCOUNTS], input, stopOnReply });
    const was = this.#campaigns.get(id);
    if (was === undefined) await campaigns.create(id, definition);
    else await campaigns.edit(id, definition);
    this.#campaigns.set(id, { madeMs: was?.madeMs ?? rig.nowMs, stops: stopOnReply });
  }

  /** With campaigns that go on whoever answers whoever still waits goes. */
  async finish(): Promise<void> {
    for (const [id, { stops }] of this.#campaigns) if (stops) await this.#putCampaign(id, false);
    expect(await this.goOn()).toEqual([]);
  }
}

test("nothing leaves for a campaign that stops on a reply to a person who answered since it was made, and nobody is stopped for nothing", async () => {
  const follow = async (steps: readonly Step[]) => {
    const schedule = new Schedule(rig);
    for (const step of steps) await schedule.take(step);
    await schedule.finish();
  };
  await followSchedules(rig, STEP, { least: 20, most: 90, follow });
});
