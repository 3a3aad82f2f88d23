/** Slips of other tools that send for LinkedIn accounts, case by case: those of docs/account-safety-cases.md that no other test is about. */
import type { AccountPolicy } from "@linkup-queue/contracts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Rig, type RigJob, startRig } from "./rig.ts";

let rig: Rig;
const MINUTE_MS = 60_000;
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
const iso = (ms: number) => new Date(ms).toISOString();
const weekdays: NonNullable<AccountPolicy["hours"]>["weekdays"] = ["mon", "tue", "wed", "thu", "fri"];
const allDays: NonNullable<AccountPolicy["hours"]>["weekdays"] = [...weekdays, "sat", "sun"];
const used = async () => (await rig.engine.accounts.rulesOf("ada")).caps.map((cap) => cap.used);
const waitsFor = async ({ ref, accountId, meta }: RigJob) =>
  (await rig.engine.jobs.views.waits([{ ref, operation: meta.operation, accountId, campaignId: meta.campaignId }]))[0];

/** Moves the clock to this time on the next day that is this weekday in UTC, 0 for Sunday. */
async function at(weekday: number, hour: number): Promise<void> {
  const today = Math.floor(rig.nowMs / DAY_MS);
  const ahead = 1 + ((weekday - new Date((today + 1) * DAY_MS).getUTCDay() + 7) % 7);
  await rig.setClock((today + ahead) * DAY_MS + hour * HOUR_MS);
  await rig.open();
  await rig.engine.accounts.renewHours();
}

test.each([
  ["UTC", 0],
  ["America/Los_Angeles", 8],
  ["Pacific/Auckland", 11],
])("midnight in %s gives no account another day's allowance, nor does another zone that is set at noon", async (timezone, utcHour) => {
  await at(2, utcHour - 1 / 60);
  const open = { weekdays: allDays, from: "00:00", to: "24:00" };
  const caps = { message: { perDay: 2 } };
  await put({ caps, hours: { timezone, ...open } });
  for (let sent = 0; sent < 2; sent++) await rig.call(await rig.job("ada"));
  const sentMs = rig.nowMs;
  const held = await rig.job("ada");
  expect(await rig.park(held)).toBe("parked");
  for (const passedMs of [2 * MINUTE_MS, 12 * HOUR_MS, DAY_MS - 1]) {
    await rig.setClock(sentMs + passedMs);
    if (passedMs === 12 * HOUR_MS) await put({ caps, hours: { timezone: "Asia/Tokyo", ...open } });
    await rig.swept();
    expect(await rig.ask(await rig.job("ada")), iso(rig.nowMs)).toMatchObject({ kind: "parked", why: "account_cap" });
    expect(await rig.stateOf(held)).not.toBe("open");
  }
  await rig.setClock(sentMs + DAY_MS);
  expect(await rig.ask(await rig.job("ada"))).toMatchObject({ kind: "granted" });
});

test.each([2, 20])("%i campaigns of one account share its cap", async (campaigns) => {
  await rig.account("ada", 100, { policy: { caps: { message: { perDay: 15 } } } });
  const jobs: RigJob[] = [];
  for (let nth = 0; nth < 40; nth++) {
    const campaignId = `campaign-${nth % campaigns}`;
    await rig.client.hset(rig.key(`campaign:${campaignId}`), { state: "running", maxCredits: "" });
    jobs.push(await rig.job("ada", { campaignId }));
  }
  const kinds = await Promise.all(jobs.map(async (job) => (await rig.ask(job)).kind));
  expect(kinds.filter((kind) => kind === "granted")).toHaveLength(15);
});

test("a thousand questions of jobs that may not go count nothing and lengthen no gap", async () => {
  await put({ caps: { message: { perDay: 2 } }, pace: { message: { minSeconds: 600, maxSeconds: 600 } } });
  await rig.call(await rig.job("ada"));
  const openMs = rig.nowMs + 10 * MINUTE_MS;
  const waiting = await rig.jobs(20, "ada");
  for (let turn = 0; turn < 50; turn++) {
    for (const { kind } of await Promise.all(waiting.map((job) => rig.ask(job)))) expect(kind).toBe("parked");
    await rig.advance(1_000);
  }
  expect(await used()).toEqual([1]);
  await rig.setClock(openMs);
  expect((await rig.ask(waiting[0] ?? (await rig.job("ada")))).kind).toBe("granted");
});

test("a job that was due in the hours is not sent by a worker that comes back at night or at the weekend, and never after its end", async () => {
  await at(5, 8);
  await put({ hours: { timezone: "UTC", weekdays, from: "08:00", to: "18:00" } });
  const due = await rig.job("ada", { expiresAtMs: rig.nowMs + 3 * DAY_MS });
  const ends = await rig.job("ada", { expiresAtMs: rig.nowMs + 2 * HOUR_MS });
  await rig.advance(14 * HOUR_MS);
  expect(await rig.ask(due)).toEqual({ kind: "parked", why: "hours" });
  expect(await rig.ask(ends)).toMatchObject({ kind: "refused", code: "expired" });
  await rig.advance(12 * HOUR_MS);
  expect(await rig.ask(await rig.job("ada"))).toEqual({ kind: "parked", why: "hours" });
  await at(1, 8);
  expect(await rig.ask(due)).toMatchObject({ kind: "refused", code: "expired" });
  expect((await rig.ask(await rig.job("ada"))).kind).toBe("granted");
});

test("a month's notes that are used up hold back what has a note, and no invitation without one", async () => {
  await put({ caps: { note: { perMonth: 1 }, invite: { perDay: 9 } } });
  const invite = async (scopes: string[]) => {
    const job = await rig.job("ada", { operation: "invitation.send", queue: "network" });
    return await rig.gate.ask({ ...rig.request(job), scopes });
  };
  const noted = ["invitation.send", "invite", "note", "write"];
  expect((await invite(noted)).kind).toBe("granted");
  expect(await invite(noted)).toEqual({ kind: "parked", why: "account_cap" });
  expect((await invite(["invitation.send", "invite", "write"])).kind).toBe("granted");
});

const noted = async (priority = 10) => await rig.job("ada", { operation: "invitation.send", queue: "network", note: "Hello", priority });
const ONE_NOTE: AccountPolicy["caps"] = { note: { perMonth: 1 }, invite: { perDay: 9 } };

test("notes that are used up let invitations go bare where the policy says so, counted as invitations and as no notes, and it is told", async () => {
  await put({ caps: ONE_NOTE, note: "bare" });
  const first = await rig.ask(await noted());
  expect(first).toMatchObject({ kind: "granted", history: expect.not.objectContaining({ bare: true }) });
  const bare = await noted();
  const callId = rig.newCall();
  for (const _repeated of [1, 2]) expect(await rig.ask(bare, callId)).toMatchObject({ kind: "granted", history: { bare: true } });
  expect(await used()).toEqual([2, 1]);
  expect(await rig.gate.markLeft(bare.ref, callId)).toBe(true);
  expect((await rig.engine.accounts.read("ada"))?.withoutNote).toBeNull();
  expect(await rig.settle(bare, { callId, epoch: 1 }, "ok")).toMatchObject({ brakes: [{ kind: "notes_used_up", account: "ada" }] });
  const since = iso(rig.nowMs);
  await rig.advance(HOUR_MS);
  expect((await rig.call(await noted())).brakes ?? []).toEqual([]);
  expect((await rig.engine.accounts.read("ada"))?.withoutNote).toEqual({ count: 2, since, lastAt: iso(rig.nowMs) });
  await rig.advance(31 * DAY_MS);
  expect(await rig.ask(await noted())).toMatchObject({ kind: "granted", history: expect.not.objectContaining({ bare: true }) });
  expect((await rig.engine.accounts.read("ada"))?.withoutNote).toBeNull();
});

test("notes that are used up end invitations with one where the policy says so, once their turn comes, and let others go", async () => {
  await put({ caps: { ...ONE_NOTE, invite: { perDay: 2 } }, note: "skip" });
  await rig.call(await noted());
  expect(await rig.ask(await noted())).toMatchObject({ kind: "refused", code: "notes_used_up" });
  await rig.call(await rig.job("ada", { operation: "invitation.send", queue: "network" }));
  expect(await rig.ask(await noted())).toEqual({ kind: "parked", why: "account_cap" });
});

test("LinkedIn's own limit of notes is one more way in which they are used up, and a gap between notes is waited for", async () => {
  const pace = { note: { minSeconds: 600, maxSeconds: 600 } };
  await put({ caps: { note: { perMonth: 9 } }, pace, note: "bare" });
  const job = await noted();
  const sent = await rig.send(job);
  expect(await rig.ask(await noted())).toEqual({ kind: "parked", why: "account_pace" });
  const rest = { type: "rest", scope: "note", cause: "note_limit", ladder: [DAY_MS], part: 0 } as const;
  await rig.gate.settle({ ...rig.settlement(job, sent, "not_found"), accountEvent: rest });
  expect(await rig.ask(await noted())).toMatchObject({ kind: "granted", history: { bare: true } });
});

test("invitations that wait for a note go on when the policy says that none waits, and one that was granted by the policy of before does not leave", async () => {
  await put({ caps: ONE_NOTE });
  await rig.call(await noted());
  const held = await noted();
  expect(await rig.park(held)).toBe("parked");
  await put({ caps: ONE_NOTE, note: "bare" });
  await rig.swept();
  expect(await rig.stateOf(held)).toBe("released");
  const callId = rig.newCall();
  expect(await rig.ask(held, callId)).toMatchObject({ kind: "granted", history: { bare: true } });
  await put({ caps: ONE_NOTE, note: "wait" });
  expect(await rig.gate.markLeft(held.ref, callId)).toBe(false);
  await rig.settle(held, { callId, epoch: 1 }, "not_left");
  expect(await rig.ask(held)).toEqual({ kind: "parked", why: "account_cap" });
});

test("invitations that wait for LinkedIn's limit of notes go on when the policy says that none waits", async () => {
  await put({});
  const job = await noted();
  const rest = { type: "rest", scope: "note", cause: "note_limit", ladder: [30 * DAY_MS], part: 0 } as const;
  await rig.gate.settle({ ...rig.settlement(job, await rig.send(job), "not_found"), accountEvent: rest });
  const held = await noted();
  expect(await rig.park(held)).toBe("parked");
  await put({ note: "bare" });
  expect(await rig.stateOf(held)).toBe("released");
  expect(await waitsFor(held)).not.toMatchObject({ reason: "resting" });
});

test("the moment until which a job waits for its account is the same at each look", async () => {
  await put({ caps: { message: { perDay: 1 } }, pace: { message: { minSeconds: 60, maxSeconds: 7_200 } } });
  await rig.call(await rig.job("ada"));
  const held = await rig.job("ada");
  expect(await rig.park(held)).toBe("parked");
  const told: (string | undefined)[] = [];
  for (let look = 0; look < 5; look++) {
    told.push((await waitsFor(held))?.until);
    await rig.advance(HOUR_MS);
    await rig.swept();
  }
  expect(new Set(told).size).toBe(1);
});
