/**
 * The bounds of invitations under random schedules: invitations in any order, workers that die before and after their mark, counts that come, fail and grow old, bounds and caps that change, sweeps and clock
 * steps. LinkedIn's count is kept apart from it: what was counted, and each invitation that left since.
 */
import type { AccountPolicy } from "@linkup-queue/contracts";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { countClaimScript, countDueScript, countToldScript } from "../src/people/lua/invitation-count.ts";
import { type CallEnd, type Rig, type RigJob, startRig } from "./rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ accountConcurrency: 3, timeoutMs: 20_000 });
});
afterAll(async () => await rig.close());

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The digest of a read's job. */
const LOOK = "x".repeat(20);
/** A count holds for so long. */
const FRESH_MS = 4 * DAY_MS;

const BOUNDS = fc.record(
  { pendingMax: fc.integer({ min: 1, max: 6 }), halveBelow: fc.constant(20), stopBelow: fc.constant(15) },
  { requiredKeys: [] },
);
const POLICY: fc.Arbitrary<AccountPolicy> = fc.record(
  { invitations: BOUNDS, caps: fc.constant({ invite: { perDay: 4 } }) },
  { requiredKeys: [] },
);
const ENDS = ["ok", "ok", "ok", "not_found", "timed_out", "server_error", "no_connection"] as const satisfies CallEnd[];
const STEP = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("add") }) },
  {
    weight: 9,
    arbitrary: fc.record({
      kind: fc.constant("go"),
      pick: fc.nat(30),
      end: fc.constantFrom(...ENDS),
      stops: fc.constantFrom("granted", "left", "settled", "settled"),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("leave", "settle"), pick: fc.nat(30), end: fc.constantFrom(...ENDS) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("count"), gone: fc.nat(4), accepted: fc.constantFrom(0, 0, 1) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("advance"), ms: fc.constantFrom(1_000, 25_000, HOUR_MS, DAY_MS, 3 * DAY_MS) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("sweep") }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("put"), policy: POLICY }) },
);
type Step = typeof STEP extends fc.Arbitrary<infer S> ? S : never;
type Out = { job: RigJob; callId: string; left: boolean };

class Schedule {
  #policy: AccountPolicy = {};
  readonly #ready: RigJob[] = [];
  readonly #parked: RigJob[] = [];
  #out: Out[] = [];
  /** Invitations at LinkedIn that are pending, or may be. */
  #pending = 0;
  #counted: { atMs: number; pending: number; sentSince: number } | null = null;

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case "add":
        this.#ready.push(await rig.job("ada", { operation: "invitation.send", queue: "network" }));
        return;
      case "go":
        return await this.#go(step);
      case "leave": {
        const granted = this.#out.filter(({ left }) => !left);
        const out = granted[step.pick % granted.length];
        return out === undefined ? undefined : await this.#leave(out);
      }
      case "settle":
        return await this.#settle(this.#out[step.pick % this.#out.length], step.end);
      case "count":
        return await this.#count(step);
      case "advance":
        return await rig.advance(step.ms);
      case "sweep":
        return await this.sweep();
      case "put":
        return await this.put(step.policy);
    }
  }

  async put(policy: AccountPolicy): Promise<void> {
    if (policy.invitations === undefined || Object.keys(policy.invitations).length === 0) this.#counted = null;
    this.#policy = policy;
    await rig.account("ada", undefined, { policy });
  }

  /** Some were accepted or withdrawn; then a reading counts, and looks as often as the share needs. */
  async #count({ gone, accepted }: { gone: number; accepted: number }): Promise<void> {
    const { scripts } = rig.engine;
    this.#pending = Math.max(0, this.#pending - gone);
    const { invitations = {} } = this.#policy;
    if (Object.keys(invitations).length === 0) return;
    await rig.client.zadd(scripts.keys.counts, 0, "ada");
    await rig.client.hdel(scripts.keys.countOf("ada"), "turn", "out", "began");
    const [latest] = await scripts.run(countDueScript, {});
    if (latest === undefined) return;
    const claim = await scripts.run(countClaimScript, {
      account: "ada",
      turn: latest.turn,
      digest: LOOK,
      ledgerDays: 30,
      draw: 0.5,
    });
    if (claim.kind === "none") return;
    const atMs = rig.nowMs;
    expect(await scripts.run(countToldScript, { account: "ada", turn: claim.turn, digest: LOOK, pending: this.#pending, draw: 0.5 })).toBe(
      true,
    );
    this.#counted = { atMs, pending: this.#pending, sentSince: 0 };
    if (invitations.halveBelow === undefined && invitations.stopBelow === undefined) return;
    const seen = Array.from({ length: 20 }, () => `${atMs}:${accepted}`).join();
    await rig.client.hset(scripts.keys.countOf("ada"), { seen, operation: "invitation.status", out: "1" });
    await scripts.run(countToldScript, { account: "ada", turn: claim.turn, digest: LOOK, accepted, draw: 0.5 });
  }

  /** Whether what is known lets another invitation leave. */
  #mayLeave(): boolean {
    const { pendingMax } = this.#policy.invitations ?? {};
    const counted = this.#counted;
    if (pendingMax === undefined || counted === null || rig.nowMs >= counted.atMs + FRESH_MS) return true;
    return counted.pending + counted.sentSince < pendingMax;
  }

  async sweep(): Promise<void> {
    await rig.swept();
    for (const out of [...this.#out]) {
      if ((await rig.stateOf(out.job)) === "open") continue;
      this.#out = this.#out.filter((one) => one !== out);
      if (!out.left) this.#ready.push(out.job);
    }
    await this.#wake();
  }

  async #wake(): Promise<void> {
    for (const job of [...this.#parked]) {
      if ((await rig.stateOf(job)) !== "released") continue;
      this.#parked.splice(this.#parked.indexOf(job), 1);
      this.#ready.push(job);
    }
  }

  async #go({ pick, end, stops }: Extract<Step, { kind: "go" }>): Promise<void> {
    const [job] = this.#ready.splice(pick % Math.max(1, this.#ready.length), 1);
    if (job === undefined) return;
    const callId = rig.newCall();
    const answer = await rig.ask(job, callId);
    if (answer.kind === "parked") {
      await rig.moveToDelayed(job);
      await rig.gate.confirmPark(job.ref);
      this.#parked.push(job);
      return await this.#wake();
    }
    if (answer.kind !== "granted") {
      if (answer.kind === "snooze" || answer.kind === "wait") this.#ready.push(job);
      return;
    }
    const out: Out = { job, callId, left: false };
    this.#out.push(out);
    if (stops !== "granted") await this.#leave(out);
    if (stops === "settled") await this.#settle(out, end);
  }

  async #leave(out: Out): Promise<void> {
    if (!(await rig.gate.markLeft(out.job.ref, out.callId))) return await this.#settle(out, "not_left");
    expect(this.#mayLeave(), `an invitation leaves at ${rig.nowMs}`).toBe(true);
    out.left = true;
    this.#pending += 1;
    if (this.#counted !== null) this.#counted.sentSince += 1;
  }

  async #settle(out: Out | undefined, wanted: CallEnd): Promise<void> {
    if (out === undefined) return;
    this.#out = this.#out.filter((one) => one !== out);
    const end = out.left ? (wanted === "no_connection" ? "not_found" : wanted) : "not_left";
    const answer = await rig.settle(out.job, { callId: out.callId, epoch: 1 }, end);
    const isUndone = out.left && end === "server_error" && answer.kind !== "already";
    if (isUndone) {
      this.#pending = Math.max(0, this.#pending - 1);
      if (this.#counted !== null && this.#counted.sentSince > 0) this.#counted.sentSince -= 1;
    }
    if (answer.kind === "retry" || answer.kind === "again") this.#ready.push(out.job);
    if (answer.kind === "parked") this.#parked.push(out.job);
    await this.#wake();
  }

  /** With no further count each invitation goes within a month: what is known grows old. */
  async finish(): Promise<void> {
    for (let turn = 0; turn < 400 && this.#parked.length + this.#ready.length > 0; turn++) {
      await rig.advance(6 * HOUR_MS);
      await this.sweep();
      await this.take({ kind: "go", pick: 0, end: "ok", stops: "settled" });
    }
    expect([...this.#parked, ...this.#ready].map(({ ref }) => ref.id)).toEqual([]);
  }
}

async function follow(first: AccountPolicy, steps: readonly Step[]): Promise<void> {
  await rig.reset();
  await rig.open();
  const schedule = new Schedule();
  await schedule.put(first);
  for (const step of steps) await schedule.take(step);
  await schedule.finish();
}

test("no invitation leaves while as many are pending as may be, by a count that is known, and nobody waits for ever", async () => {
  const property = fc.asyncProperty(POLICY, fc.array(STEP, { minLength: 20, maxLength: 80 }), follow);
  await fc.assert(property, { numRuns: 40, endOnFailure: true });
});
