/** Bounds of invitations by what LinkedIn tells, through the real scripts: when invitations wait and how they come back, when nothing is known, and how a reading goes. */
import type { AccountPolicy } from "@linkup-queue/contracts";
import { personKey } from "@linkup-queue/contracts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type CountFound, jobDigest } from "../src/index.ts";
import { type CallEnd, type Rig, type RigJob, startRig } from "./rig.ts";

let rig: Rig;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

beforeAll(async () => {
  rig = await startRig({ accountConcurrency: 3 });
});
afterAll(async () => await rig.close());
beforeEach(async () => {
  await rig.reset();
  await rig.open();
});

const bounds = async (invitations: AccountPolicy["invitations"], more: Partial<AccountPolicy> = {}) =>
  await rig.account("ada", undefined, { policy: { ...more, invitations } });
const keys = () => rig.engine.scripts.keys;
const person = (number: number) => `https://www.linkedin.com/in/person-${number}`;
let invited = 0;
const invitation = async () => await rig.job("ada", { operation: "invitation.send", queue: "network", to: person(++invited) });
const use = async () => (await rig.engine.accounts.rulesOf("ada")).invitations;
const addDue = async () => await rig.engine.people.invitations.addDue(() => 0.5);

/** The read that is in the queue now; null: none is due. */
async function read(): Promise<RigJob | null> {
  const [key = ""] = await rig.client.keys(rig.bull("network", "count~*"));
  const operation = key === "" ? null : await rig.client.hget(key, "name");
  if (operation === null) return null;
  const id = key.slice(rig.bull("network", "").length);
  const meta = { operation, accountId: "ada", campaignId: null, recipientId: null, redriveOf: null, enqueuedAtMs: rig.nowMs };
  return {
    ref: { queue: "network", id, timestamp: rig.nowMs },
    accountId: "ada",
    priority: 10,
    price: 1,
    meta,
    expiresAtMs: null,
    target: id,
  };
}

/** The next read of a reading is added, called, and says what it found; `end`: how a withdrawal ends. Answers its operation; null: the reading is over. */
async function step(find: (operation: string) => CountFound | null, end: CallEnd = "ok"): Promise<string | null> {
  await rig.advance(1_000);
  await addDue();
  const job = await read();
  if (job === null) return null;
  const sent = await rig.send(job);
  const { operation } = job.meta;
  const found = find(operation);
  if (found !== null) await rig.engine.people.invitations.told(job.ref, found, () => 0.5);
  const isWrite = operation === "invitation.withdraw";
  await rig.gate.settle(rig.publishing(rig.settlement(job, sent, isWrite ? end : found === null ? "not_found" : "ok")));
  await rig.engine.jobs.queues.of("network").remove(job.ref.id);
  return operation;
}

/** A whole reading, as soon as it is due. */
async function reading(pending: number, accepted: () => boolean = () => true): Promise<string[]> {
  await rig.client.zadd(keys().counts, 0, "ada");
  const steps: string[] = [];
  for (;;) {
    const operation = await step((one) => (one === "invitation.sent" ? { pending } : { accepted: accepted() }));
    if (operation === null) return steps;
    steps.push(operation);
  }
}

/** As if these looks were made, one every hour until now. */
async function looked(accepted: number, looks: number): Promise<void> {
  const seen = Array.from({ length: looks - 1 }, (_, at) => `${rig.nowMs - (looks - at) * HOUR_MS}:${at < accepted ? 1 : 0}`);
  await rig.client.hset(keys().countOf("ada"), "seen", seen.join());
  await rig.client.zadd(keys().invited("ada"), rig.nowMs - 8 * DAY_MS, person(9_999));
  await reading(0, () => accepted === looks);
}

test("while as many are pending as may be, invitations wait free, others go on, and a later count lets them go", async () => {
  await bounds({ pendingMax: 5 });
  await reading(3);
  await rig.call(await invitation());
  const second = await invitation();
  const sent = await rig.send(second);
  const held = await invitation();
  expect(await rig.park(held)).toBe("parked");
  expect((await rig.ask(await rig.job("ada"))).kind).toBe("granted");
  expect(await use()).toMatchObject({ pending: { counted: 3, atMost: 5 }, effect: "pending_max" });
  const [waits] = await rig.engine.jobs.views.waits([{ ref: held.ref, operation: "invitation.send", accountId: "ada", campaignId: null }]);
  expect(waits).toMatchObject({ reason: "account_cap", accountId: "ada" });
  await rig.settle(second, sent, "ok");
  await reading(4);
  await rig.swept();
  expect(await rig.stateOf(held)).toBe("released");
  expect((await rig.ask(held)).kind).toBe("granted");
  expect((await rig.ask(await invitation())).kind).toBe("parked");
});

test("an invitation that is known not to have been sent frees its place", async () => {
  await bounds({ pendingMax: 1 });
  await reading(0);
  const one = await invitation();
  const sent = await rig.send(one);
  const held = await invitation();
  expect(await rig.park(held)).toBe("parked");
  await rig.settle(one, sent, "server_error");
  await rig.swept();
  expect(await rig.stateOf(held)).toBe("released");
});

test("a count that comes between grant and mark holds for that call, too", async () => {
  await bounds({ pendingMax: 5 });
  await reading(0);
  const job = await invitation();
  const callId = rig.newCall();
  expect((await rig.ask(job, callId)).kind).toBe("granted");
  await reading(5);
  expect(await rig.gate.markLeft(job.ref, callId)).toBe(false);
});

test("without a count of the last four days nothing waits for it, and it is told as not known", async () => {
  await bounds({ pendingMax: 5, stopBelow: 15 });
  expect(await use()).toEqual({ pending: null, acceptance: null, effect: "not_known" });
  await rig.call(await invitation());
  await reading(5);
  const held = await invitation();
  expect(await rig.park(held)).toBe("parked");
  await rig.advance(4 * DAY_MS - HOUR_MS);
  await rig.swept();
  expect(await rig.stateOf(held)).toBe("parked");
  await rig.advance(HOUR_MS);
  await rig.swept();
  expect(await rig.stateOf(held)).toBe("released");
  expect((await rig.ask(held)).kind).toBe("granted");
  expect(await use()).toMatchObject({ pending: null, effect: "not_known" });
});

test("invitations of a time that Redis lost may be pending: the bound counts as reached until the next one", async () => {
  await bounds({ pendingMax: 5 });
  await reading(0);
  await rig.client.hset(rig.key("key"), "lost", rig.nowMs + 1_000);
  await rig.engine.keys.restore("send");
  await rig.advance(15 * 60_000);
  expect((await rig.ask(await invitation())).kind).toBe("parked");
  await reading(0);
  expect((await rig.ask(await invitation())).kind).toBe("granted");
});

test("a share below the lower bound stops invitations, between the two their caps are halved, and twenty looks are needed", async () => {
  await bounds({ halveBelow: 20, stopBelow: 15 }, { caps: { invite: { perDay: 9, perWeek: 1 }, message: { perDay: 9 } } });
  const inviteCaps = async () => (await rig.engine.accounts.rulesOf("ada")).caps.map(({ scope, cap }) => `${scope} ${cap}`);
  await looked(2, 19);
  expect(await use()).toMatchObject({ acceptance: null, effect: "not_known" });
  await looked(4, 20);
  expect(await use()).toMatchObject({ acceptance: { accepted: 4, looked: 20 }, effect: "none" });
  expect(await inviteCaps()).toEqual(["invite 9", "invite 1", "message 9"]);
  await looked(3, 20);
  expect(await use()).toMatchObject({ acceptance: { accepted: 3, looked: 20 }, effect: "halved" });
  expect(await inviteCaps()).toEqual(["invite 4", "invite 1", "message 9"]);
  await looked(7, 50);
  expect(await use()).toMatchObject({ acceptance: { accepted: 7, looked: 50 }, effect: "stopped" });
  const held = await invitation();
  expect(await rig.park(held)).toBe("parked");
  expect((await rig.ask(await rig.job("ada"))).kind).toBe("granted");
  // With the age of what was looked at the share ceases to be known.
  await rig.advance(29 * DAY_MS);
  await rig.swept();
  expect(await rig.stateOf(held)).toBe("parked");
  await rig.advance(DAY_MS);
  await rig.swept();
  expect(await rig.stateOf(held)).toBe("released");
});

test("a reading counts, and looks at three people at most who were invited a week to three weeks ago, each once; the next is half a day to a day later", async () => {
  await bounds({ pendingMax: 400, stopBelow: 15 });
  expect(await reading(0)).toEqual(["invitation.sent"]);
  for (let n = 0; n < 5; n++) await rig.call(await invitation());
  await rig.advance(7 * DAY_MS - HOUR_MS);
  expect(await reading(5)).toEqual(["invitation.sent"]);
  await rig.advance(HOUR_MS);
  expect(await reading(5)).toEqual(["invitation.sent", "invitation.status", "invitation.status", "invitation.status"]);
  const endMs = rig.nowMs;
  expect(await rig.engine.accounts.read("ada")).toMatchObject({ invitationsWaitSince: null });
  await rig.setClock(endMs + 0.75 * DAY_MS - 2_000);
  expect(await step(() => ({ pending: 5 }))).toBeNull();
  await rig.advance(1_000);
  expect(await step(() => ({ pending: 5 }))).toBe("invitation.sent");
  expect(await reading(5)).toEqual(["invitation.status", "invitation.status"]);
  // Who was looked at is not looked at again, and who is too long ago not at all.
  await rig.call(await invitation());
  await rig.advance(21 * DAY_MS + HOUR_MS);
  expect(await reading(5)).toEqual(["invitation.sent"]);
  expect(await rig.client.zcard(keys().invited("ada"))).toBe(0);
});

test("a count that failed changes nothing and is made by the next reading; a look that failed says nothing of the person, and the reading goes on", async () => {
  await bounds({ pendingMax: 5, stopBelow: 15 });
  await reading(2);
  const before = await use();
  await rig.client.zadd(keys().counts, 0, "ada");
  expect(await step(() => null)).toBe("invitation.sent");
  await rig.advance(60_000);
  expect(await step(() => null)).toBeNull();
  expect(await use()).toEqual(before);
  for (const at of [1, 2]) await rig.client.zadd(keys().invited("ada"), rig.nowMs - 8 * DAY_MS, person(at));
  await rig.client.zadd(keys().counts, 0, "ada");
  expect(await step(() => ({ pending: 3 }))).toBe("invitation.sent");
  expect(await step(() => null)).toBe("invitation.status");
  await rig.advance(60_000);
  expect(await step(() => ({}))).toBe("invitation.status");
  expect(await step(() => null)).toBeNull();
  expect(await rig.client.hget(keys().countOf("ada"), "seen")).toBeNull();
  expect(await use()).toMatchObject({ pending: { counted: 3 } });
});

test("without bounds nothing is read or remembered, and taking them away forgets all of it", async () => {
  await rig.account("ada", undefined, { policy: { caps: { invite: { perDay: 50 } } } });
  await rig.call(await invitation());
  expect(await addDue()).toBe(0);
  expect(await rig.client.exists(keys().invited("ada"), keys().countOf("ada"))).toBe(0);
  await bounds({ stopBelow: 15 });
  await rig.call(await invitation());
  await reading(1);
  expect(await rig.client.exists(keys().invited("ada"), keys().countOf("ada"))).toBe(2);
  await rig.account("ada", undefined, { policy: null });
  expect(await rig.client.exists(keys().invited("ada"), keys().countOf("ada"), keys().counts)).toBe(0);
  expect(await use()).toBeNull();
});

test("a person who is forgotten is looked at no more", async () => {
  await bounds({ stopBelow: 15 });
  await reading(0);
  for (const at of [1, 2]) await rig.client.zadd(keys().invited("ada"), rig.nowMs - 8 * DAY_MS, person(at));
  await rig.engine.forgetPerson(personKey(person(1)));
  expect(await rig.client.zrange(keys().invited("ada"), "0", "-1")).toEqual([person(2)]);
  await rig.client.zadd(keys().counts, 0, "ada");
  expect(await step(() => ({ pending: 1 }))).toBe("invitation.sent");
  await rig.advance(1_000);
  await addDue();
  const job = (await read()) ?? expect.fail("no look is due");
  await rig.engine.forgetPerson(personKey(person(2)));
  expect(await rig.client.hget(keys().countOf("ada"), "about")).toBeNull();
  expect(await rig.client.exists(rig.key(`job:${jobDigest(job.ref)}`))).toBe(0);
});

test("an override of the account's caps lets an urgent invitation pass the bound", async () => {
  await bounds({ pendingMax: 1 });
  await reading(1);
  await rig.engine.accounts.override("ada", "account_cap", rig.nowMs + HOUR_MS);
  expect((await rig.ask(await invitation())).kind).toBe("parked");
  const urgent = await rig.job("ada", { operation: "invitation.send", queue: "network", priority: 1, to: person(1) });
  expect((await rig.ask(urgent)).kind).toBe("granted");
});

/** The account takes unanswered invitations back after 21 days, and these people were invited longer ago. */
async function patient(...people: number[]): Promise<void> {
  await rig.engine.accounts.register("ada", { loginToken: "token-of-ada", autoWithdrawAfterDays: 21 });
  for (const at of people) await rig.client.zadd(keys().unanswered("ada"), rig.nowMs - 21.5 * DAY_MS + at, person(at));
  await rig.client.zadd(keys().counts, 0, "ada");
}
const unanswered = async () => await rig.client.zrange(keys().unanswered("ada"), "0", "-1");
const inDue = async () => (await rig.client.zrangebyscore(keys().unanswered("ada"), "-inf", rig.nowMs - 21 * DAY_MS)).length;
const lookHoldsTill = async () => Number(await rig.client.hget(keys().countOf("ada"), "lookedAt")) + HOUR_MS;
const PENDING = { accepted: false, pendingId: "7265483217650012347" };

test("an invitation that nobody answered is taken back by its id, after a look that found it pending, and is done with then", async () => {
  await patient();
  await rig.call(await invitation());
  await rig.advance(21 * DAY_MS - HOUR_MS);
  expect(await step(() => PENDING)).toBeNull();
  await rig.advance(HOUR_MS);
  await rig.client.zadd(keys().counts, 0, "ada");
  expect(await step(() => PENDING)).toBe("invitation.status");
  await rig.advance(1_000);
  await addDue();
  const job = (await read()) ?? expect.fail("no withdrawal is due");
  const data: unknown = JSON.parse((await rig.client.hget(rig.bull("network", job.ref.id), "data")) ?? "");
  expect(data).toMatchObject({ input: { invitation_id: "7265483217650012347" }, expiresAt: new Date(await lookHoldsTill()).toISOString() });
  expect((await lookHoldsTill()) - rig.nowMs).toBeLessThan(HOUR_MS);
  expect(await step(() => null)).toBe("invitation.withdraw");
  await rig.advance(60_000);
  expect(await step(() => null)).toBeNull();
  expect(await unanswered()).toEqual([]);
});

test("whoever accepted meanwhile, or has no invitation any more, is done with and nothing is taken back", async () => {
  await patient(1, 2);
  expect(await step(() => ({ accepted: true }))).toBe("invitation.status");
  expect(await step(() => ({ accepted: false }))).toBe("invitation.status");
  expect(await step(() => null)).toBeNull();
  expect(await unanswered()).toEqual([]);
});

test("a look that failed, or says nothing, or no id, leaves the invitation for a day", async () => {
  await patient(1, 2, 3);
  expect(await step(() => null)).toBe("invitation.status");
  await rig.advance(60_000);
  expect(await step(() => ({}))).toBe("invitation.status");
  expect(await step(() => ({ accepted: false, pendingId: "" }))).toBe("invitation.status");
  expect(await step(() => null)).toBeNull();
  expect([(await unanswered()).length, await inDue()]).toEqual([3, 0]);
  await rig.advance(DAY_MS);
  expect(await inDue()).toBe(3);
});

test.each<CallEnd>(["timed_out", "not_found"])("a withdrawal that ends %s is made again after another look alone", async (end) => {
  await patient(1);
  expect(await step(() => PENDING)).toBe("invitation.status");
  expect(await step(() => null, end)).toBe("invitation.withdraw");
  await rig.advance(60_000);
  expect(await step(() => PENDING)).toBeNull();
  expect([(await unanswered()).length, await inDue()]).toEqual([1, 0]);
  await rig.advance(DAY_MS);
  await rig.client.zadd(keys().counts, 0, "ada");
  expect(await step(() => ({ accepted: true }))).toBe("invitation.status");
  expect(await unanswered()).toEqual([]);
});

test("a withdrawal waits for its account's cap no longer than its look holds, and the person is looked at anew", async () => {
  await patient(1);
  await rig.account("ada", undefined, { policy: { caps: { withdraw: { perDay: 0 } } } });
  expect(await step(() => PENDING)).toBe("invitation.status");
  await rig.advance(1_000);
  await addDue();
  const job = (await read()) ?? expect.fail("no withdrawal is due");
  const expiring = { ...job, expiresAtMs: await lookHoldsTill() };
  expect(await rig.park(expiring)).toBe("parked");
  await rig.advance(HOUR_MS);
  expect(await rig.ask(expiring)).toMatchObject({ kind: "refused", code: "expired" });
  await rig.endUncalled(expiring);
  await rig.engine.jobs.queues.of("network").remove(job.ref.id);
  expect(await step(() => null)).toBeNull();
  expect([(await unanswered()).length, await inDue()]).toEqual([1, 0]);
});

test("an account that was away for an hour after a look takes nothing back by it, and looks anew", async () => {
  await patient(1);
  expect(await step(() => PENDING)).toBe("invitation.status");
  await rig.engine.accounts.pause("ada");
  await rig.advance(HOUR_MS);
  await rig.engine.accounts.resume("ada");
  expect(await step(() => null)).toBeNull();
  await rig.advance(DAY_MS);
  await rig.client.zadd(keys().counts, 0, "ada");
  expect(await step(() => PENDING)).toBe("invitation.status");
  expect(await step(() => null)).toBe("invitation.withdraw");
});

test("at most five people are looked at in one reading, and without a word of it nobody is remembered", async () => {
  await patient(1, 2, 3, 4, 5, 6, 7);
  for (const _ of [1, 2, 3, 4, 5]) expect(await step(() => ({ accepted: true }))).toBe("invitation.status");
  expect(await step(() => null)).toBeNull();
  expect((await unanswered()).length).toBe(2);
  await rig.engine.accounts.register("ada", { loginToken: "token-of-ada", autoWithdrawAfterDays: null });
  expect(await rig.client.exists(keys().unanswered("ada"), keys().counts)).toBe(0);
  await rig.call(await invitation());
  expect(await rig.client.exists(keys().unanswered("ada"))).toBe(0);
});

test("an account that was away for longer than ids are known is read again", async () => {
  await bounds({ pendingMax: 5 });
  await reading(1);
  await rig.advance(60 * DAY_MS);
  expect(await step(() => ({ pending: 2 }))).toBe("invitation.sent");
});
