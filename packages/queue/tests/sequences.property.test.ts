/**
 * Sequences under random schedules: feeders and workers die at any step, calls end in all ways, people answer and are suppressed, and the campaign is paused, edited and goes
 * on. A model apart from the scripts keeps what left for whom, and when by a clock that stands while the campaign does.
 */
import { personKey } from "@linkup-queue/contracts";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CampaignStep, changedDefinition } from "../src/index.ts";
import { type CallEnd, type Rig, startRig } from "./rig.ts";
import { address, DAY_MS, look, message, SequenceRig, type StepJob } from "./sequence-rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ accountConcurrency: 10, timeoutMs: 20_000 });
});
afterAll(async () => await rig.close());

const ACCOUNTS = ["ada", "bob"];
const PEOPLE = ["cyd", "dan", "eve", "fay"];
const LEAST_DAYS = [0, 1, 2];
const SIGNS = ["accepted", "not_accepted", "received", "none"] as const;
/** The last is for people who accepted, by a look before it. */
const ASKING = 3;
const steps = (say: string) => [message({}, say), look({ afterDays: [1, 1] }), message({ afterDays: [2, 4], onlyIf: "accepted" }, say)];
/** Ends of calls that are known to have done nothing: such a step is tried again. */
const NOT_SENT: ReadonlySet<CallEnd> = new Set(["server_error", "no_connection"]);

const STEP = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom("feed", "feed", "die before note", "die before commit") }) },
  { weight: 9, arbitrary: fc.record({ kind: fc.constantFrom("ask", "leave"), pick: fc.nat(30) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("settle"),
      pick: fc.nat(30),
      end: fc.constantFrom<CallEnd>("ok", "ok", "ok", "ok", "timed_out", "not_found", "server_error", "no_connection"),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("advance"), ms: fc.constantFrom(1_000, 30_000, DAY_MS / 2, DAY_MS, 3 * DAY_MS) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("pause", "resume", "edit", "sweep") }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("sign"), who: fc.constantFrom(...PEOPLE), sign: fc.constantFrom(...SIGNS) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("reply", "suppress"), who: fc.constantFrom(...PEOPLE) }) },
);
type Step = typeof STEP extends fc.Arbitrary<infer S> ? S : never;
type Out = { job: StepJob; callId: string; left: boolean };
/** How far somebody is: the step that succeeded last, when by the campaign's clock, and from which account. */
type Done = { step: number; atMs: number; account: string };

class Schedule {
  readonly #system: SequenceRig;
  readonly #ready: StepJob[] = [];
  #out: Out[] = [];
  /** Steps that left and may have been done, as `<person> <step>`. */
  readonly #left = new Set<string>();
  readonly #done = new Map<string, Done>();
  readonly #stopped = new Set<string>();
  /** When a look found that they accepted, ms. */
  readonly #signedMs = new Map<string, number>();
  #clockMs = 0;
  #isRunning = true;

  constructor(system: SequenceRig) {
    this.#system = system;
  }

  async take(step: Step): Promise<void> {
    const { campaigns, people } = rig.engine;
    switch (step.kind) {
      case "feed":
        await this.#system.feed();
        return;
      case "die before note":
        return await this.#system.feedAndDie("campaign_prepare");
      case "die before commit":
        return await this.#system.feedAndDie("campaign_fed");
      case "ask":
        return await this.#ask("pick" in step ? step.pick : 0);
      case "leave":
        return await this.#leave("pick" in step ? step.pick : 0);
      case "settle":
        return "end" in step ? await this.#settle(step.pick, step.end) : undefined;
      case "advance":
        return await this.#advance("ms" in step ? step.ms : 0);
      case "sweep":
        return await this.#sweep();
      case "pause":
      case "resume": {
        const isMeant = step.kind === "resume";
        if (this.#isRunning === isMeant || (await this.#system.read("spring")).state === "ended") return;
        await campaigns.change("spring", step.kind);
        this.#isRunning = isMeant;
        return;
      }
      case "edit": {
        if (this.#isRunning) return;
        const said = { steps: steps(`Now ${rig.nowMs}`) as CampaignStep[] };
        await campaigns.amend("spring", (definition) => changedDefinition(definition, said));
        return;
      }
      case "sign": {
        if ("sign" in step) this.#system.signs.set(step.who, step.sign);
        return;
      }
      case "reply": {
        if (!("who" in step)) return;
        await people.replies.put({ address: address(step.who) });
        this.#stopped.add(step.who);
        return;
      }
      case "suppress": {
        if (!("who" in step)) return;
        await people.suppressions.put([{ people: [personKey(address(step.who))], scope: "all", reason: "", until: null }]);
        this.#stopped.add(step.who);
        return;
      }
    }
  }

  async #advance(ms: number): Promise<void> {
    await rig.advance(ms);
    if (this.#isRunning) this.#clockMs += ms;
  }

  async #fetch(pick: number): Promise<StepJob | undefined> {
    const waiting = await this.#system.waiting();
    const all = [...this.#ready, ...waiting];
    const job = all[pick % Math.max(1, all.length)];
    if (job === undefined) return undefined;
    const at = this.#ready.indexOf(job);
    if (at !== -1) this.#ready.splice(at, 1);
    return await this.#system.take(job);
  }

  async #ask(pick: number): Promise<void> {
    const found = await this.#fetch(pick);
    if (found === undefined) return;
    const job = { ...found, revision: (await this.#system.read("spring")).revision };
    const callId = rig.newCall();
    const answer = await rig.ask(job, callId);
    switch (answer.kind) {
      case "granted":
        this.#out.push({ job, callId, left: false });
        return;
      case "refused":
        if (answer.code === "expired") {
          expect(job.step, "only a sign grows old").toBe(ASKING);
          await rig.endUncalled(job);
          return;
        }
        expect(["replied", "suppressed"]).toContain(answer.code);
        expect(this.#stopped, `${job.recipient} is refused for nothing`).toContain(job.recipient);
        return await this.#system.refuse(job, answer.code as "replied");
      case "parked":
        await rig.moveToDelayed(job);
        await rig.gate.confirmPark(job.ref);
        return;
      case "settled":
      case "interrupted":
        return;
      default:
        this.#ready.push(job);
    }
  }

  async #leave(pick: number): Promise<void> {
    const waiting = this.#out.filter(({ left }) => !left);
    const out = waiting[pick % Math.max(1, waiting.length)];
    if (out === undefined) return;
    const { job, callId } = out;
    if (await rig.gate.markLeft(job.ref, callId)) {
      this.#leaves(job);
      out.left = true;
      return;
    }
    this.#out = this.#out.filter((one) => one !== out);
    await rig.settle(job, { callId, epoch: 1 }, "not_left");
    this.#ready.push(job);
  }

  /** The rules. */
  #leaves({ recipient, step, accountId, sign }: StepJob): void {
    if (sign !== undefined) {
      expect(this.#stopped, `${recipient} is looked at after all`).not.toContain(recipient);
      return;
    }
    const name = `${recipient} ${step}`;
    if (step === ASKING) {
      const age = rig.nowMs - (this.#signedMs.get(recipient) ?? Number.NEGATIVE_INFINITY);
      expect(age, `${name} leaves without a fresh sign`).toBeLessThanOrEqual(DAY_MS);
    }
    expect(this.#left, `${name} leaves twice`).not.toContain(name);
    expect(this.#stopped, `${name} leaves after all`).not.toContain(recipient);
    const done = this.#done.get(recipient);
    expect(done?.step ?? 0, `${name} comes out of turn`).toBe(step - 1);
    if (done !== undefined) {
      expect(accountId, `${name} is handed to another account`).toBe(done.account);
      expect(this.#clockMs - done.atMs, `${name} is early`).toBeGreaterThanOrEqual((LEAST_DAYS[step - 1] ?? 0) * DAY_MS);
    }
    this.#left.add(name);
  }

  async #settle(pick: number, end: CallEnd): Promise<void> {
    const gone = this.#out.filter(({ left }) => left);
    const out = gone[pick % Math.max(1, gone.length)];
    if (out === undefined) return;
    const { job, callId } = out;
    this.#out = this.#out.filter((one) => one !== out);
    const answer = await rig.settle(job, { callId, epoch: 1 }, end);
    if (answer.kind === "already") return;
    if (job.sign !== undefined) {
      if (end === "ok" && job.sign === "accepted") this.#signedMs.set(job.recipient, rig.nowMs);
      else this.#signedMs.delete(job.recipient);
      if (answer.kind === "retry" || answer.kind === "again") this.#ready.push(job);
      return;
    }
    if (NOT_SENT.has(end)) this.#left.delete(`${job.recipient} ${job.step}`);
    if (end === "ok") this.#done.set(job.recipient, { step: job.step, atMs: this.#clockMs, account: job.accountId });
    if (answer.kind === "retry" || answer.kind === "again") this.#ready.push(job);
  }

  async #sweep(): Promise<void> {
    await rig.swept();
    for (const out of [...this.#out]) {
      if ((await rig.stateOf(out.job)) === "open") continue;
      this.#out = this.#out.filter((one) => one !== out);
      if (!out.left) this.#ready.push(out.job);
    }
  }

  /** Everything goes on until nothing moves any more: each person is at their end. */
  async finish(): Promise<void> {
    await this.take({ kind: "resume" });
    for (let turn = 0; turn < 120 && (await this.#system.read("spring")).state !== "ended"; turn++) {
      await this.#advance(DAY_MS / 2);
      await this.#sweep();
      await this.#system.feed();
      for (let asked = 0; asked < 6; asked++) await this.#ask(0);
      while (this.#out.some(({ left }) => !left)) await this.#leave(0);
      while (this.#out.length > 0) await this.#settle(0, "ok");
    }
    const { state, recipients, steps: counts } = await this.#system.read("spring");
    expect({ state, ended: recipients.ended, waiting: recipients.waiting }, "somebody is stuck").toEqual({
      state: "ended",
      ended: PEOPLE.length,
      waiting: 0,
    });
    expect(counts?.map(({ waiting }) => waiting)).toEqual([0, 0, 0]);
    expect((await rig.client.keys("*waits:*")).length).toBe(0);
    for (const [who, { step }] of this.#done)
      if (!this.#stopped.has(who)) expect([who, counts?.[step - 1]?.byStatus["succeeded"] ?? 0][1]).toBeGreaterThan(0);
  }
}

test("each person comes to each step once and in turn, nothing leaves after a reply or a suppression, and nobody is stuck", async () => {
  const follow = async (taken: readonly Step[]) => {
    await rig.reset();
    await rig.open();
    for (const account of ACCOUNTS) await rig.account(account);
    const system = new SequenceRig(rig);
    try {
      await system.start("spring", steps("Hello"), { names: PEOPLE, accountIds: ACCOUNTS });
      const schedule = new Schedule(system);
      for (const step of taken) await schedule.take(step);
      await schedule.finish();
      expect(system.errors).toEqual([]);
    } finally {
      await system.close();
    }
  };
  await fc.assert(fc.asyncProperty(fc.array(STEP, { minLength: 20, maxLength: 60 }), follow), { numRuns: 20, endOnFailure: true });
});
