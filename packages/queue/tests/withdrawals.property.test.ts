/**
 * Invitations that are taken back, under random schedules: workers that die before they add a job, before and after its mark, and before they settle it; looks that fail or say nothing; people who accept or decline
 * meanwhile; an account that is away, or changes its mind; sweeps and clock steps. LinkedIn is kept apart from it: who was invited when, and whether that is still pending.
 */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CountFound, countedBy, jobDigest } from "../src/index.ts";
import { countDigest } from "../src/people/count-job.ts";
import { countClaimScript, countDueScript } from "../src/people/lua/invitation-count.ts";
import { type CallEnd, type Rig, type RigJob, startRig } from "./rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ timeoutMs: 20_000 });
});
afterAll(async () => await rig.close());

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const AFTER_DAYS = 14;
const WITHDRAW = "invitation.withdraw";

const STEP = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("invite") }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("due"), dies: fc.constantFrom(false, false, true) }) },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant("work"),
      dies: fc.constantFrom("no", "no", "no", "no", "granted", "left", "told"),
      says: fc.constantFrom("all", "all", "all", "nothing", "fails"),
      end: fc.constantFrom("ok", "ok", "ok", "not_found", "timed_out") satisfies fc.Arbitrary<CallEnd>,
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("answer"), pick: fc.nat(20), accepts: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("advance"),
      ms: fc.constantFrom(1_000, 25_000, HOUR_MS / 2, 3 * HOUR_MS, DAY_MS, 8 * DAY_MS),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("sweep") }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("pause", "resume", "never", "again") }) },
);
type Step = typeof STEP extends fc.Arbitrary<infer S> ? S : never;
type Work = Extract<Step, { kind: "work" }>;
/** `pendingAtMs`: when a look last found it pending. */
type Invited = { address: string; id: string; atMs: number; state: "pending" | "accepted" | "declined" | "withdrawn"; pendingAtMs: number };

class Schedule {
  readonly #invited: Invited[] = [];
  #isPatient = true;
  #withdrawn = 0;
  /** Jobs that the gate was asked for. */
  readonly #seen = new Set<string>();
  /** Jobs of a reading that was given up. */
  readonly #former = new Set<string>();

  get pendingTooLong(): Invited[] {
    return this.#invited.filter(({ state, atMs }) => state === "pending" && atMs <= rig.nowMs - AFTER_DAYS * DAY_MS);
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case "invite":
        return await this.#invite();
      case "due":
        return step.dies ? await this.#claimOnly() : await this.addDue();
      case "work":
        return await this.work(step);
      case "answer": {
        const pending = this.#invited.filter(({ state }) => state === "pending");
        const one = pending[step.pick % Math.max(1, pending.length)];
        if (one !== undefined) one.state = step.accepts ? "accepted" : "declined";
        return;
      }
      case "advance":
        return await rig.advance(step.ms);
      case "sweep":
        await rig.swept();
        return;
      case "pause":
      case "resume":
        return step.kind === "pause" ? await rig.engine.accounts.pause("ada") : void (await rig.engine.accounts.resume("ada"));
      case "never":
      case "again":
        return await this.wait(step.kind === "again");
    }
  }

  async wait(isPatient: boolean): Promise<void> {
    // With another word on it the account forgets whom it invited before.
    if (!isPatient) this.#invited.length = 0;
    if (!isPatient) for (const { ref } of await this.#jobs()) this.#former.add(ref.id);
    this.#isPatient = isPatient;
    await rig.engine.accounts.register("ada", { loginToken: "token-of-ada", autoWithdrawAfterDays: isPatient ? AFTER_DAYS : null });
  }

  async #invite(): Promise<void> {
    const number = 7_000_000 + this.#withdrawn + this.#invited.length + (rig.nowMs % 1_000_000);
    const address = `https://www.linkedin.com/in/person-${number}`;
    const job = await rig.job("ada", { operation: "invitation.send", queue: "network", to: address });
    const callId = rig.newCall();
    const answer = await rig.ask(job, callId);
    // Whoever may not invite now does so another time.
    if (answer.kind !== "granted") return void (await rig.endUncalled(job));
    await rig.gate.markLeft(job.ref, callId);
    await rig.settle(job, { callId, epoch: answer.epoch }, "ok");
    if (this.#isPatient) this.#invited.push({ address, id: String(number), atMs: rig.nowMs, state: "pending", pendingAtMs: 0 });
  }

  async addDue(): Promise<void> {
    await rig.engine.people.invitations.addDue(() => 0.5);
    const own = (await this.#jobs()).filter(({ ref }) => !this.#former.has(ref.id));
    expect(own.length, "reads and withdrawals that are not over").toBeLessThanOrEqual(1);
  }

  /** A worker that takes the next step and dies before it adds its job. */
  async #claimOnly(): Promise<void> {
    for (const latest of await rig.engine.scripts.run(countDueScript, {})) {
      const { account, turn } = latest;
      await rig.engine.scripts.run(countClaimScript, { account, turn, digest: countDigest(latest), ledgerDays: 30, draw: 0.5 });
    }
  }

  /** The jobs in BullMQ that have no outcome. */
  async #jobs(): Promise<(RigJob & { input: Record<string, unknown> })[]> {
    const found: (RigJob & { input: Record<string, unknown> })[] = [];
    for (const key of await rig.client.keys(rig.bull("network", "count~*"))) {
      const id = key.slice(rig.bull("network", "").length);
      const [operation, text] = await rig.client.hmget(key, "name", "data");
      if (operation === null || operation === undefined || countedBy({ id }) === null) continue;
      const data = JSON.parse(text ?? "{}") as { input: Record<string, unknown>; expiresAt?: string };
      const ref = { queue: "network", id, timestamp: rig.nowMs } as const;
      const state = await rig.client.hget(rig.key(`job:${jobDigest(ref)}`), "state");
      // The gate has seen it and the ledger knows it no more: the sweep ended it.
      if (state === "settled" || (state === null && this.#seen.has(id))) continue;
      const rerun = operation !== WITHDRAW;
      const meta = { operation, accountId: "ada", campaignId: null, recipientId: null, redriveOf: null, enqueuedAtMs: rig.nowMs, rerun };
      const expiresAtMs = data.expiresAt === undefined ? null : Date.parse(data.expiresAt);
      found.push({ ref, accountId: "ada", priority: 10, price: 1, meta, expiresAtMs, target: id, input: data.input });
    }
    return found;
  }

  async work({ dies, says, end }: Omit<Work, "kind">): Promise<void> {
    const [job] = await this.#jobs();
    if (job === undefined) return;
    const callId = rig.newCall();
    const answer = await rig.ask(job, callId);
    this.#seen.add(job.ref.id);
    if (answer.kind === "parked") {
      await rig.moveToDelayed(job);
      return void (await rig.gate.confirmPark(job.ref));
    }
    if (answer.kind === "refused") return void (await rig.endUncalled(job));
    if (answer.kind === "interrupted") {
      const lost = { callId: answer.callId, epoch: 1 };
      const settlement = rig.settlement(job, lost, "timed_out");
      if (settlement.next.kind !== "end") throw new Error(settlement.next.kind);
      // A read that may run again does; a withdrawal that may have been done ends in doubt.
      if (job.meta.operation !== WITHDRAW) {
        await rig.gate.settle({ ...settlement, next: { kind: "retry", exhausted: settlement.next } });
        return;
      }
      return void (await rig.gate.settle(rig.publishing(settlement)));
    }
    if (answer.kind !== "granted" || dies === "granted") return;
    if (!(await rig.gate.markLeft(job.ref, callId))) return void (await rig.settle(job, { callId, epoch: answer.epoch }, "not_left"));
    const wanted = job.meta.operation === WITHDRAW ? this.#takeBack(job, end) : null;
    if (dies === "left") return;
    const found = wanted === null ? this.#look(job, says) : null;
    if (found !== null) await rig.engine.people.invitations.told(job.ref, found, () => 0.5);
    if (dies === "told") return;
    const ends = wanted ?? (found === null ? "not_found" : "ok");
    await rig.gate.settle(rig.publishing(rig.settlement(job, { callId, epoch: answer.epoch }, ends)));
  }

  /** A withdrawal leaves: of an invitation that is old enough, by a look of the last hour. A doubtful one was done or not. */
  #takeBack({ input }: { input: Record<string, unknown> }, end: CallEnd): CallEnd {
    const one = this.#invited.find(({ id }) => id === input["invitation_id"]);
    if (one === undefined) return end;
    expect(rig.nowMs - one.atMs, "since the invitation").toBeGreaterThanOrEqual(AFTER_DAYS * DAY_MS);
    expect(rig.nowMs - one.pendingAtMs, "since the look").toBeLessThanOrEqual(HOUR_MS);
    // Each has a look of its own.
    one.pendingAtMs = 0;
    if (one.state !== "pending") return "not_found";
    if (end === "ok" || (end === "timed_out" && one.atMs % 2 === 0)) {
      one.state = "withdrawn";
      this.#withdrawn += 1;
    }
    return end;
  }

  #look({ input }: { input: Record<string, unknown> }, says: Work["says"]): CountFound | null {
    if (says === "fails") return null;
    const one = this.#invited.find(({ address }) => address === input["linkedin_url"]);
    if (one === undefined || says === "nothing") return {};
    if (one.state === "accepted") return { accepted: true };
    if (one.state !== "pending") return { accepted: false };
    one.pendingAtMs = rig.nowMs;
    return { accepted: false, pendingId: one.id };
  }

  /** With an account that is there, and looks that succeed, all that was pending for too long is taken back. */
  async finish(): Promise<void> {
    await rig.engine.accounts.resume("ada");
    if (!this.#isPatient) await this.wait(true);
    await rig.advance(AFTER_DAYS * DAY_MS);
    for (let turn = 0; turn < 400 && this.pendingTooLong.length > 0; turn++) {
      if (turn % 5 === 0) await rig.swept();
      await this.addDue();
      await this.work({ dies: "no", says: "all", end: "ok" });
      // Nothing is due before another day where no job is left.
      await rig.advance((await this.#jobs()).length === 0 && turn % 3 === 2 ? DAY_MS : 61_000);
    }
    expect(this.pendingTooLong).toEqual([]);
  }
}

async function follow(steps: readonly Step[]): Promise<void> {
  await rig.reset();
  await rig.open();
  const schedule = new Schedule();
  await schedule.wait(true);
  for (let invited = 0; invited < 3; invited++) await schedule.take({ kind: "invite" });
  await rig.advance(13 * DAY_MS);
  for (const step of steps) await schedule.take(step);
  await schedule.finish();
}

test("no invitation is taken back before its days are over, nor without a look of the last hour of its own, and none is left pending for ever", async () => {
  const property = fc.asyncProperty(fc.array(STEP, { minLength: 30, maxLength: 100 }), follow);
  await fc.assert(property, { numRuns: 25, endOnFailure: true });
});
