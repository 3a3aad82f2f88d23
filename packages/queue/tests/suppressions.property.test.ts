/**
 * Suppression under random schedules: jobs come, are granted, wait for their mark and die in between, while people go onto the list and off it and its ends pass. At each
 * mark a model apart from the scripts says whether that person may be reached by that account for that campaign; and whoever may be is, in the end.
 */
import { personKey } from "@linkup-queue/contracts";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  ACCOUNTS,
  advanceStep,
  CALL_STEPS,
  followSchedules,
  type Out,
  PeopleSchedule,
  REACHING,
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
const CAMPAIGNS = [undefined, "spring", "autumn"] as const;
const SCOPES = ["all", "account:acc-1", "account:acc-2", "campaign:spring"] as const;
const OPERATIONS = { ...REACHING, "profile.scrape": "profiles" } as const;
const spelled = (name: string, way: number) =>
  [`https://www.linkedin.com/in/${name}`, `linkedin.com/in/${name.toUpperCase()}/`, `http://de.linkedin.com/mwlite/in/${name}?x=1`][
    way % 3
  ] ?? "";

const PERSON = fc.constantFrom(...PEOPLE);
const STEP = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("add"),
      to: PERSON,
      way: fc.nat(2),
      account: fc.constantFrom(...ACCOUNTS),
      campaignId: fc.constantFrom(...CAMPAIGNS),
      operation: fc.constantFrom(...(Object.keys(OPERATIONS) as (keyof typeof OPERATIONS)[])),
    }),
  },
  { weight: 4, arbitrary: CALL_STEPS },
  { weight: 2, arbitrary: settleStep("ok") },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("suppress"),
      who: PERSON,
      way: fc.nat(2),
      scope: fc.constantFrom(...SCOPES),
      forMs: fc.constantFrom(null, 1_000, 30_000, 3_600_000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("remove"), who: PERSON, scope: fc.constantFrom(undefined, ...SCOPES) }) },
  { weight: 2, arbitrary: advanceStep(1, 999, 15_000, 21_000, 3_600_000) },
  { weight: 1, arbitrary: SWEEP_STEP },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("end_waiting") }) },
);
type Step = typeof STEP extends fc.Arbitrary<infer S> ? S : never;
type Named = Waiting & { campaignId: string | undefined };

class Schedule extends PeopleSchedule<Named> {
  /** Until when, ms; by person and scope. */
  readonly listed = new Map<string, number>();

  #mayReach({ to, job, campaignId }: Named): boolean {
    if (job.meta.operation === "profile.scrape") return true;
    const scopes = ["all", `account:${job.accountId}`, `campaign:${campaignId}`];
    return scopes.every((scope) => (this.listed.get(`${to} ${scope}`) ?? 0) <= rig.nowMs);
  }

  protected granted(out: Out<Named>): void {
    expect(this.#mayReach(out), `${out.to} is granted`).toBe(true);
  }

  protected refused(one: Named, code: string): void {
    expect([code, this.#mayReach(one)]).toEqual(["suppressed", false]);
  }

  protected left(out: Out<Named>): void {
    expect(this.#mayReach(out), `${out.to} is reached`).toBe(true);
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
      case "suppress": {
        const until = step.forMs === null ? null : new Date(rig.nowMs + step.forMs).toISOString();
        const entry = { people: [personKey(spelled(step.who, step.way))], scope: step.scope, reason: "", until };
        await rig.engine.people.suppressions.put([entry]);
        this.listed.set(`${step.who} ${step.scope}`, until === null ? Number.POSITIVE_INFINITY : Date.parse(until));
        return;
      }
      case "remove": {
        await rig.engine.people.suppressions.remove({ key: personKey(spelled(step.who, 0)) }, step.scope);
        for (const scope of step.scope === undefined ? SCOPES : [step.scope]) this.listed.delete(`${step.who} ${scope}`);
        return;
      }
      case "end_waiting":
        return await this.endWaiting("suppressed", (one) => !this.#mayReach(one));
      default:
        return await this.call(step);
    }
  }

  /** With the list empty whoever still waits goes. */
  async finish(): Promise<void> {
    for (const who of PEOPLE) await this.take({ kind: "remove", who, scope: undefined });
    expect(await this.goOn()).toEqual([]);
  }
}

test("nobody who is on the list is reached at any moment, and everybody else is", async () => {
  const follow = async (steps: readonly Step[]) => {
    const schedule = new Schedule(rig);
    for (const step of steps) await schedule.take(step);
    await schedule.finish();
  };
  await followSchedules(rig, STEP, { least: 20, most: 80, follow });
});
