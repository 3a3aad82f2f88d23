/** Workers with unequal settings come, leave and die at random: no call leaves that the strictest of the workers that are alive would not have let go. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Engine } from "../src/index.ts";
import { type Rig, type RigJob, type Sent, startRig } from "./rig.ts";

const TIMEOUT_MS = 10_000;
const BEAT_MS = 5_000;
/** As in strictest.lua. */
const ALIVE_MS = 15_000;

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ timeoutMs: TIMEOUT_MS });
});
afterAll(async () => await rig.close());

type Worker = { name: string; engine: Engine; limit: number; windowMs: number; dies: boolean; lastBeatMs: number };
/** `lastMs`: the last moment at which its request may reach the provider. */
type Call = { job: RigJob; sent: Sent; engine: Engine; grantedMs: number; lastMs: number | null };

const STEP = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("start" as const),
      limit: fc.integer({ min: 1, max: 6 }),
      windowMs: fc.constantFrom(1_000, 6_000, 20_000, 60_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("leave" as const), pick: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("die" as const), pick: fc.nat(20) }) },
  { weight: 12, arbitrary: fc.record({ kind: fc.constant("ask" as const), pick: fc.nat(20) }) },
  { weight: 12, arbitrary: fc.record({ kind: fc.constant("leaves" as const), pick: fc.nat(20) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("answer" as const), pick: fc.nat(20) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("advance" as const), ms: fc.oneof(fc.nat(500), fc.nat(4_000), fc.nat(40_000)) }) },
);
type Step = typeof STEP extends fc.Arbitrary<infer S> ? S : never;

class Run {
  readonly #workers: Worker[] = [];
  readonly #granted: Call[] = [];
  readonly #out: Call[] = [];
  readonly #over: Call[] = [];
  #started = 0;

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case "start":
        return await this.#start(step);
      case "leave": {
        const worker = this.#pick(this.#workers, step.pick);
        if (worker === undefined) return;
        this.#workers.splice(this.#workers.indexOf(worker), 1);
        return await worker.engine.keys.leave(worker.name);
      }
      case "die": {
        const worker = this.#pick(this.#workers, step.pick);
        if (worker !== undefined) worker.dies = true;
        return;
      }
      case "ask":
        return await this.#ask(step.pick);
      case "leaves":
        return await this.#leave(step.pick);
      case "answer":
        return await this.#answer(step.pick);
      case "advance":
        return await this.#advance(step.ms);
    }
  }

  #pick<T>(from: readonly T[], pick: number): T | undefined {
    return from[pick % Math.max(1, from.length)];
  }

  get #beating(): Worker[] {
    return this.#workers.filter(({ dies }) => !dies);
  }

  async #start({ limit, windowMs }: { limit: number; windowMs: number }): Promise<void> {
    this.#started += 1;
    const name = `worker-${this.#started}`;
    const engine = rig.withConfig({ rateLimit: limit, rateWindowMs: windowMs });
    await engine.keys.start({ worker: name, apiKey: "rig-api-key", secrets: rig.engine.secrets, fresh: true });
    await rig.client.hdel(rig.key("key"), "unproven");
    this.#workers.push({ name, engine, limit, windowMs, dies: false, lastBeatMs: rig.nowMs });
  }

  async #ask(pick: number): Promise<void> {
    const worker = this.#pick(this.#beating, pick);
    if (worker === undefined) return;
    // Urgent, so that neither the pace nor the place that is kept for urgent work comes before the bound.
    const job = await rig.job("ada", { priority: 1 });
    const callId = rig.newCall();
    const answer = await worker.engine.gate.ask(rig.request(job, callId));
    if (answer.kind !== "granted") return;
    this.#granted.push({ job, sent: { callId, epoch: answer.epoch }, engine: worker.engine, grantedMs: rig.nowMs, lastMs: null });
  }

  /** The call leaves, if it still may; then it must be one that every worker that is alive would have counted in. */
  async #leave(pick: number): Promise<void> {
    const call = this.#pick(this.#granted, pick);
    if (call === undefined) return;
    this.#granted.splice(this.#granted.indexOf(call), 1);
    const { job, sent, engine } = call;
    if (!(await engine.gate.markLeft(job.ref, sent.callId))) {
      await engine.gate.settle(rig.settlement(job, sent, "not_left"));
      return;
    }
    this.#out.push(call);
    for (const { name, limit, windowMs } of this.#alive()) {
      expect(this.#inWindow(windowMs), `in ${windowMs} ms, of which ${name} allows ${limit}`).toBeLessThanOrEqual(limit);
    }
  }

  #alive(): Worker[] {
    return this.#workers.filter(({ dies, lastBeatMs }) => !dies || rig.nowMs - lastBeatMs < ALIVE_MS);
  }

  /** Calls that may reach the provider within the window that ends now. */
  #inWindow(windowMs: number): number {
    const out = this.#out.filter(({ grantedMs }) => grantedMs + TIMEOUT_MS > rig.nowMs - windowMs);
    const over = this.#over.filter(({ lastMs }) => (lastMs ?? 0) > rig.nowMs - windowMs);
    return out.length + over.length;
  }

  async #answer(pick: number): Promise<void> {
    const call = this.#pick(this.#out, pick);
    // One past its deadline was given up.
    if (call === undefined || rig.nowMs >= call.grantedMs + TIMEOUT_MS) return;
    this.#out.splice(this.#out.indexOf(call), 1);
    await call.engine.gate.settle(rig.settlement(call.job, call.sent, "ok"));
    this.#over.push({ ...call, lastMs: rig.nowMs });
  }

  /** Time passes, and workers that live beat in it. */
  async #advance(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= BEAT_MS) {
      await rig.advance(Math.min(left, BEAT_MS));
      for (const worker of this.#beating) {
        await worker.engine.keys.beat(worker.name);
        worker.lastBeatMs = rig.nowMs;
      }
    }
  }
}

test("whoever starts, leaves and dies, no window of a live worker has more calls than it allows", { timeout: 240_000 }, async () => {
  const run = async (steps: readonly Step[]) => {
    await rig.reset();
    await rig.account("ada", 1_000);
    const one = new Run();
    for (const step of steps) await one.take(step);
  };
  await fc.assert(fc.asyncProperty(fc.array(STEP, { minLength: 30, maxLength: 120 }), run), { numRuns: 80, endOnFailure: true });
});
