/** How much of an allowed cap is used while there is work: a month of an account in its real scripts, with sweeps as late as they come. */
import { CAP_WINDOWS_MS, countedCaps } from "@linkup-queue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Rig, type RigJob, startRig } from "./rig.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await startRig({ accountConcurrency: 1 });
});
afterAll(async () => await rig.close());

const DAY_MS = CAP_WINDOWS_MS.perDay;
const DAYS = 30;
const WAITING = 20;
/** A sweep comes within so much after the moment that it is due. */
const SWEEP_MS = 5_000;
const LONGEST_CALL_MS = 8_000;

/** As many as the caps allow at all in this time, by somebody who sends each call in the very moment in which it may be sent. */
function allowed(counted: readonly (readonly [number, number])[], forMs: number): number {
  const sent: number[] = [];
  for (let atMs = 0; atMs < forMs; ) {
    const free = counted.map(([most, windowMs]) => (sent.length < most ? 0 : (sent.at(-most) ?? 0) + windowMs));
    const next = Math.max(...free);
    if (next <= atMs) sent.push(atMs);
    else atMs = next;
  }
  return sent.length;
}

test.each([
  ["the free invitations", { perHour: 4, perDay: 10, perWeek: 50 }],
  ["the free messages", { perHour: 8, perDay: 20, perWeek: 100 }],
  ["an hour alone", { perHour: 2 }],
])("of %s at least 99 in a hundred are used", async (_name, cap) => {
  await rig.reset();
  await rig.open();
  await rig.account("ada", undefined, { policy: { caps: { invite: cap } } });
  const counted = countedCaps({ invite: cap })["invite"] ?? [];
  const begunMs = rig.nowMs;
  const add = async () => await rig.job("ada", { operation: "invitation.send", queue: "network" });
  let waiting: RigJob[] = [];
  const sentMs: number[] = [];
  const days = cap.perHour === 2 ? 5 : DAYS;
  const ask = async (job: RigJob): Promise<boolean> => {
    const callId = rig.newCall();
    const answer = await rig.ask(job, callId);
    if (answer.kind === "parked") {
      await rig.moveToDelayed(job);
      await rig.gate.confirmPark(job.ref);
      return false;
    }
    expect(answer.kind).toBe("granted");
    expect(await rig.gate.markLeft(job.ref, callId)).toBe(true);
    await rig.advance((sentMs.length * 977) % LONGEST_CALL_MS);
    sentMs.push(rig.nowMs);
    await rig.settle(job, { callId, epoch: 1 }, "ok");
    return true;
  };
  for (let turn = 0; rig.nowMs < begunMs + days * DAY_MS; turn++) {
    while (waiting.length < WAITING) {
      const job = await add();
      if (!(await ask(job))) waiting.push(job);
      if (rig.nowMs >= begunMs + days * DAY_MS) break;
    }
    const [use] = (await rig.engine.accounts.rulesOf("ada")).caps
      .map(({ nextFreeAt }) => Date.parse(nextFreeAt ?? ""))
      .filter(Number.isFinite)
      .sort((a, b) => b - a);
    if (use !== undefined) await rig.setClock(Math.max(rig.nowMs, use + ((turn * 1_301) % SWEEP_MS)));
    // The job that the sweep woke asks; that it did is seen by the next one.
    for (let more = true; more; ) {
      await rig.advance(1_000);
      await rig.swept();
      more = false;
      const still: RigJob[] = [];
      for (const job of waiting) {
        if ((await rig.stateOf(job)) === "released" && (await ask(job))) more = true;
        else still.push(job);
      }
      waiting = still;
    }
  }
  const most = allowed(counted, days * DAY_MS);
  expect(sentMs.filter((ms) => ms < begunMs + days * DAY_MS).length, `of ${most}`).toBeGreaterThanOrEqual(Math.floor(most * 0.99));
  for (const [count, windowMs] of counted) {
    for (const [at, ms] of sentMs.entries())
      expect(sentMs.filter((other, nth) => nth <= at && other > ms - windowMs).length).toBeLessThanOrEqual(count);
  }
});
