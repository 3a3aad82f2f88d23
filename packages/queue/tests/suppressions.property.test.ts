/**
 * Suppression under random schedules: jobs come, are granted, wait for their mark and die in between, while people go onto the list and off it and its ends pass. At each
 * mark a model apart from the scripts says whether that person may be reached by that account for that campaign; and whoever may be is, in the end.
 */
import { personKey } from "@linkup-queue/contracts";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Rig, type RigJob, startRig } from "./rig.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await startRig({ accountConcurrency: 10, timeoutMs: 20_000 });
});
afterAll(async () => await rig.close());

const PEOPLE = ["ada", "bob", "carol"] as const;
const ACCOUNTS = ["acc-1", "acc-2"] as const;
const CAMPAIGNS = [undefined, "spring", "autumn"] as const;
const SCOPES = ["all", "account:acc-1", "account:acc-2", "campaign:spring"] as const;
const OPERATIONS = { "invitation.send": "network", "message.send": "messages", "profile.scrape": "profiles" } as const;
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
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom("ask", "leave", "settle"), pick: fc.nat(30) }) },
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
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("advance"), ms: fc.constantFrom(1, 999, 15_000, 21_000, 3_600_000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("sweep", "end_waiting") }) },
);
const picked = <One>(list: readonly One[], pick: number): One | undefined => list[pick % Math.max(1, list.length)];
type Step = typeof STEP extends fc.Arbitrary<infer S> ? S : never;
type Named = { job: RigJob; to: string; campaignId: string | undefined };
type Out = Named & { callId: string; left: boolean };

class Schedule {
  /** Until when, ms; by person and scope. */
  readonly listed = new Map<string, number>();
  readonly #ready: Named[] = [];
  readonly #out: Out[] = [];

  #mayReach({ to, job, campaignId }: Named): boolean {
    if (job.meta.operation === "profile.scrape") return true;
    const scopes = ["all", `account:${job.accountId}`, `campaign:${campaignId}`];
    return scopes.every((scope) => (this.listed.get(`${to} ${scope}`) ?? 0) <= rig.nowMs);
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case "add": {
        const { to, way, account, campaignId, operation } = step;
        const named = campaignId === undefined ? {} : { campaignId };
        const job = await rig.job(account, { operation, queue: OPERATIONS[operation], to: spelled(to, way), ...named });
        this.#ready.push({ job, to, campaignId });
        return;
      }
      case "ask":
        return await this.#ask(step.pick);
      case "leave":
        return await this.#leave(
          picked(
            this.#out.filter(({ left }) => !left),
            step.pick,
          ),
        );
      case "settle":
        return await this.#settle(
          picked(
            this.#out.filter(({ left }) => left),
            step.pick,
          ),
        );
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
      case "advance":
        return await rig.advance(step.ms);
      case "sweep":
        return await this.#sweep();
      case "end_waiting":
        return await this.#endWaiting();
    }
  }

  async #ask(pick: number): Promise<void> {
    const [one] = this.#ready.splice(pick % Math.max(1, this.#ready.length), 1);
    if (one === undefined) return;
    const callId = rig.newCall();
    const answer = await rig.ask(one.job, callId);
    if (answer.kind === "granted") {
      expect(this.#mayReach(one), `${one.to} is granted`).toBe(true);
      this.#out.push({ ...one, callId, left: false });
    } else if (answer.kind === "refused") {
      expect([answer.code, this.#mayReach(one)]).toEqual(["suppressed", false]);
    } else this.#ready.push(one);
  }

  async #leave(out: Out | undefined): Promise<void> {
    if (out === undefined) return;
    const isPast = (await rig.stateOf(out.job)) !== "open";
    if (await rig.gate.markLeft(out.job.ref, out.callId)) {
      expect(this.#mayReach(out), `${out.to} is reached`).toBe(true);
      out.left = true;
      return;
    }
    this.#out.splice(this.#out.indexOf(out), 1);
    if (!isPast) await rig.settle(out.job, { callId: out.callId, epoch: 1 }, "not_left");
    this.#ready.push(out);
  }

  async #settle(out: Out | undefined): Promise<void> {
    if (out === undefined) return;
    this.#out.splice(this.#out.indexOf(out), 1);
    await rig.settle(out.job, { callId: out.callId, epoch: 1 }, "ok");
  }

  async #sweep(): Promise<void> {
    await rig.swept();
    for (const out of [...this.#out]) {
      if ((await rig.stateOf(out.job)) === "open") continue;
      this.#out.splice(this.#out.indexOf(out), 1);
      if (!out.left) this.#ready.push(out);
    }
  }

  async #endWaiting(): Promise<void> {
    const before = this.#ready.filter((one) => !this.#mayReach(one));
    await rig.engine.people.suppressedJobs.end();
    for (const one of before) this.#ready.splice(this.#ready.indexOf(one), 1);
    for (const { job } of this.#ready)
      expect((await rig.engine.jobs.views.find(job.ref.id, job.ref.queue as never))[0]?.view.outcome).toBeNull();
    for (const { job } of before)
      expect((await rig.engine.jobs.views.find(job.ref.id, job.ref.queue as never))[0]?.view.outcome).toMatchObject({ code: "suppressed" });
  }

  /** With the list empty whoever still waits goes. */
  async finish(): Promise<void> {
    for (const who of PEOPLE) await this.take({ kind: "remove", who, scope: undefined });
    for (let turn = 0; turn < 300 && this.#ready.length + this.#out.length > 0; turn++) {
      await rig.advance(21_000);
      await this.#sweep();
      await this.#ask(0);
      for (const out of this.#out.filter(({ left }) => !left)) await this.#leave(out);
      for (const out of this.#out.filter(({ left }) => left)) await this.#settle(out);
    }
    expect(this.#ready.map(({ job }) => job.ref.id)).toEqual([]);
  }
}

test("nobody who is on the list is reached at any moment, and everybody else is", async () => {
  const follow = async (steps: readonly Step[]) => {
    await rig.reset();
    await rig.open();
    for (const account of ACCOUNTS) await rig.account(account);
    const schedule = new Schedule();
    for (const step of steps) await schedule.take(step);
    await schedule.finish();
  };
  await fc.assert(fc.asyncProperty(fc.array(STEP, { minLength: 20, maxLength: 80 }), follow), { numRuns: 40, endOnFailure: true });
});
