/** Random arrivals at the gate, through the real scripts, held to what the pace promises. */
import fc from "fast-check";
import { expect } from "vitest";
import { windowMarginMs } from "../src/redis/engine-config.ts";
import { type Batch, PaceModel } from "./pace-model.ts";
import { type Rig, startRig } from "./rig.ts";

const LIMIT = 60;
const WINDOW_MS = 60_000;
/** Slots come free one after the other, one in a second at this limit; one that a long urgent call took comes back by so much later, ms. */
const MOST_FULL_MS = 12_000;
/** A twentieth is kept when a batch leaves at once. */
const KEPT = 3;
const ACCOUNTS = Array.from({ length: 40 }, (_none, n) => `acc-${n}`);

export function startPaceRig(): Promise<Rig> {
  return startRig({ rateLimit: LIMIT, rateWindowMs: WINDOW_MS, timeoutMs: 20_000 });
}

async function model(rig: Rig): Promise<PaceModel> {
  await rig.reset();
  await rig.open();
  for (const id of ACCOUNTS) await rig.account(id, 100);
  return new PaceModel(rig, { limit: LIMIT, accounts: ACCOUNTS });
}

const CALL_MS = fc.constantFrom(100, 300, 2_000, 10_000);
const BULK_PARTS = { afterMs: fc.nat(30_000), callMs: CALL_MS, urgent: fc.constant(false) };
const BULK = fc.record({ ...BULK_PARTS, size: fc.integer({ min: 1, max: 90 }) });
const URGENT = fc.record({
  afterMs: fc.integer({ min: 5_000, max: 12_000 }),
  size: fc.constant(1),
  callMs: CALL_MS,
  urgent: fc.constant(true),
});

/** Whatever comes, the limit holds, and a batch that fits the free slots leaves as it comes. */
export async function proveBatches(rig: Rig, schedules: number): Promise<void> {
  const run = async (batches: readonly Batch[]) => {
    const paced = await model(rig);
    await paced.run(batches);
    expect(paced.mostInWindow(WINDOW_MS), "requests that may arrive in one window").toBeLessThanOrEqual(LIMIT);
    for (const { waited, free, size, cameMs, leftMs } of paced.came) {
      if (waited === 0 && size <= free - KEPT) expect(leftMs - cameMs, `${size} of ${free} that were free`).toBe(0);
    }
  };
  // The first finds an idle system, and is more than a third of the window.
  const first = fc.record({ ...BULK_PARTS, size: fc.integer({ min: LIMIT / 2, max: LIMIT - KEPT }) });
  const later = fc.array(fc.oneof({ weight: 3, arbitrary: BULK }, URGENT), { minLength: 1, maxLength: 5 });
  const arrivals = fc.tuple(first, later).map(([one, others]) => [one, ...others]);
  await fc.assert(fc.asyncProperty(arrivals, run), { numRuns: schedules, endOnFailure: true });
}

/** Behind more than fits urgent work finds a slot all the time, and the window is used. */
export async function proveBacklog(rig: Rig, schedules: number): Promise<void> {
  const run = async (callMs: number, first: number, urgent: readonly Batch[]) => {
    const paced = await model(rig);
    const backlog = { afterMs: 4_000, size: 180, callMs, urgent: false };
    await paced.run([...(first === 0 ? [] : [{ ...backlog, size: first }]), backlog, ...urgent]);
    expect(paced.mostInWindow(WINDOW_MS), "requests that may arrive in one window").toBeLessThanOrEqual(LIMIT);
    const waits = paced.came.map((came) => (came.urgent ? came.leftMs - came.cameMs : 0));
    expect(Math.max(...waits), "an urgent call's wait").toBeLessThanOrEqual(MOST_FULL_MS);
    expect(paced.longestFullMs, "the longest time without a free slot").toBeLessThanOrEqual(MOST_FULL_MS);
    // Slots go round once in a window and a call, but for the one that is kept for urgent work.
    const tookMs = Math.max(...paced.came.map(({ leftMs }) => leftMs)) - (paced.came[0]?.cameMs ?? 0);
    const rounds = paced.calls.length / (LIMIT - 1);
    expect(tookMs).toBeLessThanOrEqual((rounds * (WINDOW_MS + windowMarginMs(WINDOW_MS) + callMs)) / 0.97);
  };
  const urgent = fc.array(URGENT, { minLength: 5, maxLength: 15 });
  await fc.assert(fc.asyncProperty(CALL_MS, fc.nat(LIMIT / 2), urgent, run), { numRuns: schedules, endOnFailure: true });
}
