/** Hours, pace and warm-up of accounts, through the real scripts: who waits, why, and how they come back. */
import type { AccountPolicy } from "@linkup-queue/contracts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type CallEnd, type Rig, type RigJob, startRig } from "./rig.ts";

let rig: Rig;
const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

beforeAll(async () => {
  rig = await startRig({ accountConcurrency: 3 });
});
afterAll(async () => await rig.close());
beforeEach(async () => {
  await rig.reset();
  await rig.open();
});

const put = async (policy: AccountPolicy, id = "ada") => await rig.account(id, undefined, { policy });
const invitation = async (accountId = "ada") => await rig.job(accountId, { operation: "invitation.send" });
const message = async (accountId = "ada") => await rig.job(accountId, { operation: "message.send" });
const waitsFor = async ({ ref, accountId, meta }: RigJob) =>
  (await rig.engine.jobs.views.waits([{ ref, operation: meta.operation, accountId, campaignId: null }]))[0];
const iso = (ms: number) => new Date(ms).toISOString();

/** Hours of UTC around the moment at which the clock of the tests begins, on all days: open from a minute ago for one hour. */
function hoursFromNow(afterMs: number, lengthMs = HOUR_MS): NonNullable<AccountPolicy["hours"]> {
  const time = (ms: number) => iso(ms).slice(11, 16);
  return {
    timezone: "UTC",
    weekdays: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
    from: time(rig.nowMs + afterMs),
    to: time(rig.nowMs + afterMs + lengthMs),
  };
}

describe("hours", () => {
  beforeEach(async () => {
    // Whole minutes, away from midnight.
    await rig.setClock(Math.ceil(rig.nowMs / DAY_MS) * DAY_MS + 10 * HOUR_MS);
    await rig.open();
  });

  test("outside of them a job waits, free, until they open; other accounts go on", async () => {
    await put({ hours: hoursFromNow(2 * HOUR_MS) });
    await rig.account("bob");
    const held = await message();
    expect(await rig.ask(held)).toEqual({ kind: "parked", why: "hours" });
    await rig.moveToDelayed(held);
    await rig.gate.confirmPark(held.ref);
    expect(await waitsFor(held)).toEqual({ reason: "hours", accountId: "ada", position: 1, until: iso(rig.nowMs + 2 * HOUR_MS) });
    expect((await rig.ask(await message("bob"))).kind).toBe("granted");
    expect((await rig.credits())["held"] ?? 0).toBe(1);
    await rig.advance(2 * HOUR_MS - 1);
    await rig.swept();
    expect(await rig.stateOf(held)).toBe("parked");
    await rig.advance(1);
    await rig.swept();
    expect(await rig.stateOf(held)).toBe("released");
    expect((await rig.ask(held)).kind).toBe("granted");
  });

  test("a call that was granted in time leaves no more once they are over", async () => {
    await put({ hours: hoursFromNow(-MINUTE_MS, 2 * MINUTE_MS) });
    await rig.advance(MINUTE_MS - SECOND_MS);
    const job = await message();
    const callId = rig.newCall();
    expect((await rig.ask(job, callId)).kind).toBe("granted");
    await rig.advance(SECOND_MS);
    expect(await rig.gate.markLeft(job.ref, callId)).toBe(false);
  });

  test("a spent cap that frees while it is closed lets nobody go before it opens", async () => {
    await put({ hours: hoursFromNow(-HOUR_MS, 2 * HOUR_MS), caps: { message: { perHour: 1 } } });
    await rig.call(await message());
    await rig.advance(30 * MINUTE_MS);
    const held = await message();
    expect(await rig.park(held)).toBe("parked");
    expect(await waitsFor(held)).toMatchObject({ reason: "hours", until: iso(rig.nowMs - 90 * MINUTE_MS + DAY_MS) });
  });

  test("hours that are changed or taken away hold at once, also for what waits", async () => {
    await put({ hours: hoursFromNow(2 * HOUR_MS) });
    const held = await message();
    expect(await rig.park(held)).toBe("parked");
    await put({ hours: hoursFromNow(HOUR_MS) });
    expect(await waitsFor(held)).toMatchObject({ until: iso(rig.nowMs + HOUR_MS) });
    await put({});
    await rig.swept();
    expect(await rig.stateOf(held)).toBe("released");
  });

  test("they are written ahead by whoever sweeps, for as long as the account is there", async () => {
    await put({ hours: hoursFromNow(-HOUR_MS, 2 * HOUR_MS) });
    for (let day = 1; day <= 40; day++) {
      await rig.advance(DAY_MS);
      await rig.swept();
      if (day % 8 === 0) expect((await rig.ask(await message())).kind, `day ${day}`).toBe("granted");
    }
    await rig.engine.accounts.remove("ada");
    expect(await rig.client.zcard(rig.key("hours"))).toBe(0);
  });

  test("an account of which nothing is written any more is closed until somebody writes", async () => {
    await put({ hours: hoursFromNow(-HOUR_MS, 2 * HOUR_MS) });
    await rig.advance(60 * DAY_MS);
    await rig.open();
    const held = await message();
    expect(await rig.ask(held)).toEqual({ kind: "parked", why: "hours" });
    await rig.moveToDelayed(held);
    await rig.gate.confirmPark(held.ref);
    await rig.swept();
    await rig.swept();
    expect(await rig.stateOf(held)).toBe("released");
  });

  test("of a policy that somebody else has set meanwhile nothing is written", async () => {
    const first = hoursFromNow(2 * HOUR_MS);
    await put({ hours: first });
    const policy = await rig.client.hget(rig.key("account:ada"), "policy");
    await put({ hours: hoursFromNow(3 * HOUR_MS) });
    expect(await rig.client.hget(rig.key("account:ada"), "policy")).not.toBe(policy);
    const held = await message();
    expect(await rig.park(held)).toBe("parked");
    expect(await waitsFor(held)).toMatchObject({ until: iso(rig.nowMs + 3 * HOUR_MS) });
  });

  test("a policy that is put has the hours of its own account written, also where many others are due", async () => {
    const writtenOf = async (id: string) => await rig.client.hget(rig.key(`account:${id}`), "hours");
    const others = Array.from({ length: 110 }, (_none, n) => `other-${n}`);
    for (const id of others) await put({ hours: hoursFromNow(HOUR_MS) }, id);
    const before = await Promise.all(others.map(writtenOf));
    await rig.advance(20 * DAY_MS);
    await put({ hours: hoursFromNow(-HOUR_MS, 2 * HOUR_MS) });
    expect((await rig.ask(await message())).kind).toBe("granted");
    expect(await Promise.all(others.map(writtenOf))).toEqual(before);
  });

  test("many jobs that wait for them all come back when they open", async () => {
    await put({ hours: hoursFromNow(HOUR_MS) });
    const jobs = await Promise.all(Array.from({ length: 35 }, async () => await message()));
    for (const job of jobs) expect(await rig.park(job)).toBe("parked");
    await rig.advance(HOUR_MS);
    let left = jobs;
    for (let turn = 0; turn < 100 && left.length > 0; turn++) {
      await rig.swept();
      const still: RigJob[] = [];
      for (const job of left) {
        if ((await rig.stateOf(job)) === "released") await rig.call(job);
        else still.push(job);
      }
      left = still;
    }
    expect(left.map(({ ref }) => ref.id)).toEqual([]);
  });
});

describe("a pace", () => {
  const PACE = { message: { minSeconds: 60, maxSeconds: 120 } };

  test("lets the next call of a family go a drawn gap after the answer, and holds up no other family", async () => {
    await put({ pace: PACE });
    await rig.call(await message());
    const sentMs = rig.nowMs;
    const held = await message();
    expect(await rig.ask(held)).toEqual({ kind: "parked", why: "account_pace" });
    await rig.moveToDelayed(held);
    await rig.gate.confirmPark(held.ref);
    expect((await rig.ask(await invitation())).kind).toBe("granted");
    const wait = await waitsFor(held);
    expect(wait).toMatchObject({ reason: "account_pace", accountId: "ada" });
    const untilMs = Date.parse(wait?.until ?? "");
    expect(untilMs).toBeGreaterThanOrEqual(sentMs + 60 * SECOND_MS);
    expect(untilMs).toBeLessThanOrEqual(sentMs + 120 * SECOND_MS);
    await rig.setClock(untilMs - 1);
    await rig.swept();
    expect(await rig.stateOf(held)).toBe("parked");
    await rig.setClock(untilMs);
    await rig.swept();
    expect(await rig.stateOf(held)).toBe("released");
  });

  test("draws another gap each time", async () => {
    await put({ pace: { message: { minSeconds: 60, maxSeconds: 7_200 } } });
    const gaps = new Set<number>();
    for (let nth = 0; nth < 10; nth++) {
      await rig.call(await message());
      const held = await message();
      expect(await rig.park(held)).toBe("parked");
      const untilMs = Date.parse((await waitsFor(held))?.until ?? "");
      gaps.add(untilMs - rig.nowMs);
      await rig.setClock(untilMs);
      await rig.swept();
      await rig.call(held);
      await rig.advance(7_200 * SECOND_MS);
    }
    expect(gaps.size).toBeGreaterThan(7);
  });

  test("lets one call of a family be out at a time", async () => {
    await put({ pace: { message: { minSeconds: 0, maxSeconds: 0 } } });
    const sent = await message();
    const call = await rig.send(sent);
    const held = await message();
    expect(await rig.park(held)).toBe("parked");
    await rig.settle(sent, call, "ok");
    await rig.swept();
    expect(await rig.stateOf(held)).toBe("released");
  });

  test.each<[CallEnd, boolean]>([
    ["ok", true],
    ["not_found", true],
    ["timed_out", true],
    ["not_left", false],
    ["server_error", false],
  ])("after a call that ends %s a gap follows: %s", async (end, follows) => {
    await put({ pace: PACE });
    await rig.call(await message(), end);
    expect((await rig.ask(await message())).kind).toBe(follows ? "parked" : "granted");
  });

  test("after a number of calls comes a break, for all families that have a gap", async () => {
    const second = { minSeconds: 1, maxSeconds: 1 };
    await put({ pace: { message: second, invite: second, breakEvery: [3, 3], breakSeconds: [600, 600] } });
    for (const of of [message, invitation, message]) {
      await rig.call(await of());
      await rig.advance(SECOND_MS);
    }
    const held = await invitation();
    expect(await rig.park(held)).toBe("parked");
    expect(await waitsFor(held)).toMatchObject({ reason: "account_pace", until: iso(rig.nowMs + 599 * SECOND_MS) });
    await rig.advance(599 * SECOND_MS);
    await rig.swept();
    expect(await rig.stateOf(held)).toBe("released");
    await rig.call(held);
    await rig.advance(SECOND_MS);
    expect((await rig.ask(await message())).kind).toBe("granted");
  });

  test("a backlog leaves at the pace when a cap frees, and nothing is caught up", async () => {
    await put({ pace: { message: { minSeconds: 60, maxSeconds: 60 } }, caps: { message: { perHour: 3 } } });
    const waiting: RigJob[] = [];
    for (let nth = 0; nth < 9; nth++) waiting.push(await message());
    const leftMs: number[] = [];
    const asked = new Set<RigJob>();
    for (let half = 0; half < 300 && leftMs.length < 9; half++) {
      await rig.swept();
      for (const job of waiting) {
        const state = await rig.stateOf(job);
        if (asked.has(job) && state !== "released") continue;
        asked.add(job);
        const callId = rig.newCall();
        const answer = await rig.ask(job, callId);
        if (answer.kind === "parked") {
          await rig.moveToDelayed(job);
          await rig.gate.confirmPark(job.ref);
        } else if (answer.kind === "granted") {
          expect(await rig.gate.markLeft(job.ref, callId)).toBe(true);
          await rig.settle(job, { callId, epoch: answer.epoch }, "ok");
          leftMs.push(rig.nowMs);
        }
      }
      await rig.advance(30 * SECOND_MS);
    }
    expect(leftMs).toHaveLength(9);
    for (const [at, ms] of leftMs.entries()) {
      if (at > 0) expect(ms - (leftMs[at - 1] ?? 0)).toBeGreaterThanOrEqual(60 * SECOND_MS);
      if (at > 2) expect(ms - (leftMs[at - 3] ?? 0)).toBeGreaterThanOrEqual(HOUR_MS);
    }
  });

  test("that is changed holds at once: a call that was granted by another leaves no more", async () => {
    await put({ pace: PACE });
    const job = await message();
    const callId = rig.newCall();
    expect((await rig.ask(job, callId)).kind).toBe("granted");
    await put({ pace: { ...PACE, invite: { minSeconds: 1, maxSeconds: 2 } } });
    expect(await rig.gate.markLeft(job.ref, callId)).toBe(false);
  });
});

describe("a warm-up", () => {
  const WARM_UP = [
    { days: 7, share: 0.3 },
    { days: 14, share: 0.5 },
  ];
  const CAPS = { message: { perDay: 20 }, view: { perDay: 20 } };
  const capOf = async (scope: string) => (await rig.engine.accounts.rulesOf("ada")).caps.find((one) => one.scope === scope)?.cap;
  /** Calls until one waits; answers how many left, and why the next did not. */
  const sendAll = async (): Promise<[number, string]> => {
    for (let sent = 0; ; sent++) {
      const job = await message();
      const callId = rig.newCall();
      const answer = await rig.ask(job, callId);
      if (answer.kind === "parked") return [sent, answer.why];
      if (answer.kind !== "granted") throw new Error(answer.kind);
      await rig.gate.markLeft(job.ref, callId);
      await rig.settle(job, { callId, epoch: answer.epoch }, "ok");
    }
  };

  test("lowers the caps of writes by how long the account has been writing, and of nothing else", async () => {
    await put({ caps: CAPS, warmUp: WARM_UP });
    expect([await capOf("message"), await capOf("view")]).toEqual([6, 20]);
    expect(await sendAll()).toEqual([6, "warm_up"]);
    await rig.advance(7 * DAY_MS);
    expect(await capOf("message")).toBe(10);
    expect(await sendAll()).toEqual([10, "warm_up"]);
    await rig.advance(7 * DAY_MS);
    expect(await sendAll()).toEqual([20, "account_cap"]);
  });

  test("counts from the first write that was sent, not from when the account came", async () => {
    await put({ caps: CAPS, warmUp: WARM_UP });
    await rig.advance(30 * DAY_MS);
    await rig.open();
    await rig.call(await message(), "not_left");
    await rig.call(await rig.job("ada", { operation: "profile.scrape", queue: "profiles" }));
    await rig.advance(8 * DAY_MS);
    expect(await capOf("message")).toBe(6);
  });

  test("begins anew after a month without a write, and after a restriction", async () => {
    await put({ caps: CAPS, warmUp: WARM_UP });
    await rig.call(await message());
    await rig.advance(20 * DAY_MS);
    expect(await capOf("message")).toBe(20);
    await rig.call(await message());
    await rig.advance(30 * DAY_MS);
    expect(await capOf("message")).toBe(6);
    await rig.call(await message());
    await rig.advance(20 * DAY_MS);
    expect(await capOf("message")).toBe(20);
    await rig.call(await message(), "account_restricted");
    expect(await capOf("message")).toBe(6);
  });

  test("leaves two of a cap, and less only of one that is less; a share that rises brings back those that wait", async () => {
    await put({ caps: { message: { perWeek: 4 }, invite: { perDay: 1 } }, warmUp: [{ days: 2, share: 0.1 }] });
    expect([await capOf("message"), await capOf("invite")]).toEqual([2, 1]);
    await rig.call(await message());
    await rig.call(await message());
    const held = await message();
    expect(await rig.park(held)).toBe("parked");
    expect(await waitsFor(held)).toMatchObject({ reason: "warm_up", accountId: "ada" });
    for (let hour = 0; hour < 49; hour++) {
      await rig.advance(HOUR_MS);
      await rig.swept();
    }
    expect(await rig.stateOf(held)).toBe("released");
  });
});
