/** The rest primitive under random answers and clock steps, beside a model of it in a few lines. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LADDER, type Rig, type RigJob, startRig } from "./rig.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await startRig({ accountConcurrency: 3 });
});
afterAll(async () => await rig.close());

const FAMILY_OF = {
  "invitation.send": "invite",
  "message.send": "message",
  "profile.scrape": "view",
  "message.inbox": "message.inbox",
} as const;
const OPERATIONS = Object.keys(FAMILY_OF) as (keyof typeof FAMILY_OF)[];
const ACCOUNTS = ["ada", "bob"] as const;

const STEP = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      account: fc.constantFrom(...ACCOUNTS),
      operation: fc.constantFrom(...OPERATIONS),
      end: fc.constantFrom("ok", "family_limited", "family_limited", "not_found"),
    }),
  },
  { weight: 2, arbitrary: fc.record({ ms: fc.oneof(fc.nat(60_000), fc.constantFrom(...LADDER, 3_599_999)) }) },
  { weight: 1, arbitrary: fc.constant("sweep" as const) },
);

/** The promise of the primitive: until when each account's family rests, and how far its ladder is. */
type Model = Map<string, { till: number; rung: number }>;

async function follow(steps: readonly (typeof STEP extends fc.Arbitrary<infer S> ? S : never)[]): Promise<void> {
  await rig.reset();
  await rig.open();
  for (const id of ACCOUNTS) await rig.account(id);
  const model: Model = new Map();
  const waiting: { job: RigJob; name: string }[] = [];
  for (const step of steps) {
    if (step === "sweep") await rig.swept();
    else if ("ms" in step) await rig.advance(step.ms);
    else {
      const { account, operation, end } = step;
      const name = `${account} ${FAMILY_OF[operation]}`;
      const rest = model.get(name) ?? { till: 0, rung: 0 };
      const job = await rig.job(account, { operation });
      const callId = rig.newCall();
      const answer = await rig.ask(job, callId);
      // It waits exactly while its own family rests, or behind those that waited for that; never for another's rest.
      if (rest.till > rig.nowMs) expect(answer).toEqual({ kind: "parked", why: "resting" });
      else if (answer.kind === "parked") expect(answer.why, `${name} at ${rig.nowMs}`).toBe("busy");
      else expect(answer.kind).toBe("granted");
      if (answer.kind === "parked") {
        await rig.moveToDelayed(job);
        if (rest.till > rig.nowMs) waiting.push({ job, name });
        else await rig.endUncalled(job);
        continue;
      }
      expect(await rig.gate.markLeft(job.ref, callId)).toBe(true);
      await rig.settle(job, { callId, epoch: 1 }, end);
      if (end === "ok") model.delete(name);
      if (end === "family_limited") {
        const restMs = LADDER[rest.rung] ?? Number.POSITIVE_INFINITY;
        model.set(name, { till: rig.nowMs + restMs, rung: rest.rung + 1 });
      }
      const told = (await rig.engine.accounts.read(account))?.rests.find(({ scope }) => scope === FAMILY_OF[operation]);
      const now = model.get(name);
      if (now === undefined || now.till <= rig.nowMs) expect(told).toBeUndefined();
      else expect(told?.until).toBe(now.till === Number.POSITIVE_INFINITY ? null : new Date(now.till).toISOString());
    }
  }
  // When its rest is over, each that waited comes back.
  const last = Math.max(rig.nowMs, ...[...model.values()].map(({ till }) => (Number.isFinite(till) ? till : 0)));
  await rig.setClock(last);
  for (const id of ACCOUNTS) await rig.engine.accounts.resume(id);
  for (let round = 0; round <= waiting.length; round++) {
    await rig.swept();
    for (const { job } of waiting) if ((await rig.stateOf(job)) === "released") await rig.endUncalled(job);
  }
  const states = await Promise.all(waiting.map(({ job }) => rig.stateOf(job)));
  expect(states.filter((state) => state === "parked")).toEqual([]);
}

test("no call of a resting family leaves before the rest is over, ladders rise, only a success ends them, and nobody else waits", async () => {
  await fc.assert(fc.asyncProperty(fc.array(STEP, { minLength: 5, maxLength: 50 }), follow), { numRuns: 40 });
});
