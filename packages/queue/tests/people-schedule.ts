/**
 * Calls to people under random schedules: how a job is asked, how its call leaves, is answered, or is taken back from a dead worker. A property of such calls extends it by
 * its rule: a model apart from the scripts, which is told of each of these moments.
 */
import fc from "fast-check";
import { expect } from "vitest";
import type { SettleAnswer } from "../src/index.ts";
import type { CallEnd, Rig, RigJob } from "./rig.ts";

export const ACCOUNTS = ["acc-1", "acc-2"] as const;
export const REACHING = { "invitation.send": "network", "message.send": "messages" } as const;
export type Reaching = keyof typeof REACHING;

export type Waiting = { job: RigJob; to: string };
/** `deadlineMs`: counted from the grant; whatever leaves is cut off there. */
export type Out<One extends Waiting> = One & { callId: string; deadlineMs: number; left: boolean };

/** Steps that any such schedule is made of. */
export const CALL_STEPS = fc.record({ kind: fc.constantFrom("ask", "leave"), pick: fc.nat(30) });
export const settleStep = (...ends: readonly [CallEnd, ...CallEnd[]]) =>
  fc.record({ kind: fc.constant("settle"), pick: fc.nat(30), end: fc.constantFrom(...ends) });
export const advanceStep = (...moments: readonly [number, ...number[]]) =>
  fc.record({ kind: fc.constant("advance"), ms: fc.constantFrom(...moments) });
export const SWEEP_STEP = fc.record({ kind: fc.constant("sweep") });

type StepOf<One> = One extends fc.Arbitrary<infer Step> ? Step : never;
export type CallStep =
  | StepOf<typeof CALL_STEPS>
  | StepOf<ReturnType<typeof settleStep>>
  | StepOf<ReturnType<typeof advanceStep>>
  | StepOf<typeof SWEEP_STEP>;

const picked = <One>(list: readonly One[], pick: number): One | undefined => list[pick % Math.max(1, list.length)];

export abstract class PeopleSchedule<One extends Waiting> {
  protected readonly rig: Rig;
  protected readonly ready: One[] = [];
  protected readonly out: Out<One>[] = [];

  constructor(rig: Rig) {
    this.rig = rig;
  }

  /** An answer of the gate. */
  protected abstract granted(out: Out<One>): void | Promise<void>;
  protected abstract refused(one: One, code: string): void;
  /** Its mark passed: from now on it may reach the person. */
  protected abstract left(out: Out<One>): void;
  /** It did not leave, and does not any more. */
  protected takenBack(_out: Out<One>): void {}
  /** The end of a call that left is known, as far as it ever is. */
  protected settled(_out: Out<One>, _end: CallEnd, _answer: SettleAnswer): void {}

  async call(step: CallStep): Promise<void> {
    switch (step.kind) {
      case "ask":
        return await this.ask(step.pick);
      case "leave":
        return await this.leave(step.pick);
      case "settle":
        return await this.settle(step.pick, step.end);
      case "advance":
        return await this.rig.advance(step.ms);
      case "sweep":
        return await this.sweep();
    }
  }

  async ask(pick: number): Promise<void> {
    const { rig, ready, out } = this;
    const [one] = ready.splice(pick % Math.max(1, ready.length), 1);
    if (one === undefined) return;
    const callId = rig.newCall();
    const answer = await rig.ask(one.job, callId);
    if (answer.kind === "granted") {
      const granted = { ...one, callId, deadlineMs: rig.nowMs + rig.engine.config.timeoutMs, left: false };
      out.push(granted);
      await this.granted(granted);
    } else if (answer.kind === "refused") this.refused(one, answer.code);
    else ready.push(one);
  }

  /** One of the calls that were granted and have not left. */
  protected unmarked(pick: number): Out<One> | undefined {
    return picked(
      this.out.filter(({ left }) => !left),
      pick,
    );
  }

  /** One of the calls that were granted and have not left comes to its mark. */
  async leave(pick: number): Promise<void> {
    const { rig } = this;
    const out = this.unmarked(pick);
    if (out === undefined) return;
    if (await rig.gate.markLeft(out.job.ref, out.callId)) {
      this.left(out);
      out.left = true;
      return;
    }
    this.#drop(out);
    await rig.settle(out.job, { callId: out.callId, epoch: 1 }, "not_left");
    this.takenBack(out);
    this.ready.push(out);
  }

  async settle(pick: number, end: CallEnd): Promise<void> {
    const out = picked(
      this.out.filter(({ left }) => left),
      pick,
    );
    if (out === undefined) return;
    this.#drop(out);
    const answer = await this.rig.settle(out.job, { callId: out.callId, epoch: 1 }, end);
    if (answer.kind === "already") return;
    this.settled(out, end, answer);
    if (answer.kind === "retry" || answer.kind === "again") this.ready.push(out);
  }

  async sweep(): Promise<void> {
    const { rig } = this;
    await rig.swept();
    for (const out of [...this.out]) {
      if ((await rig.stateOf(out.job)) === "open") continue;
      this.#drop(out);
      if (out.left) continue;
      this.takenBack(out);
      this.ready.push(out);
    }
  }

  /** The walk that ends waiting jobs ends those that `isStopped` says, with `code`, and no other. */
  async endWaiting(code: "suppressed" | "replied", isStopped: (one: One) => boolean): Promise<void> {
    const { rig, ready } = this;
    const stopped = ready.filter(isStopped);
    await rig.engine.people.stoppedJobs.end(code);
    for (const one of stopped) ready.splice(ready.indexOf(one), 1);
    const outcomeOf = async ({ job }: One) =>
      (await rig.engine.jobs.views.find(job.ref.id, job.ref.queue as never))[0]?.view.outcome?.code ?? null;
    for (const one of ready) expect(await outcomeOf(one)).toBeNull();
    for (const one of stopped) expect(await outcomeOf(one)).toBe(code);
  }

  /** Whoever waits goes where nothing holds them back any more; answers the jobs that wait all the same. */
  async goOn(turns = 300): Promise<string[]> {
    for (let turn = 0; turn < turns && this.ready.length + this.out.length > 0; turn++) {
      await this.rig.advance(this.rig.engine.config.timeoutMs + 1_000);
      await this.sweep();
      await this.ask(0);
      while (this.out.some(({ left }) => !left)) await this.leave(0);
      while (this.out.length > 0) await this.settle(0, "ok");
    }
    return this.ready.map(({ job }) => job.ref.id);
  }

  #drop(out: Out<One>): void {
    this.out.splice(this.out.indexOf(out), 1);
  }
}

const RUNS = 40;

/** Follows random schedules of these steps, each in a Redis that is empty, with two accounts. */
export async function followSchedules<Step>(
  rig: Rig,
  steps: fc.Arbitrary<Step>,
  { least, most, follow }: { least: number; most: number; follow: (steps: readonly Step[]) => Promise<void> },
): Promise<void> {
  const one = async (taken: readonly Step[]) => {
    await rig.reset();
    await rig.open();
    for (const account of ACCOUNTS) await rig.account(account);
    await follow(taken);
  };
  await fc.assert(fc.asyncProperty(fc.array(steps, { minLength: least, maxLength: most }), one), { numRuns: RUNS, endOnFailure: true });
}
