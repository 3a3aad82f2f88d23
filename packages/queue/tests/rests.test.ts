/** Rests of accounts by family, through the real scripts: what waits, what goes on, how ladders rise and end, and who is told. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { LADDER, type Rig, type RigJob, startRig } from "./rig.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await startRig({ accountConcurrency: 2 });
});
afterAll(async () => await rig.close());
beforeEach(async () => {
  await rig.reset();
  await rig.open();
  await rig.account("ada");
  await rig.account("bob");
});

const invitation = async (accountId = "ada", target?: string) =>
  await rig.job(accountId, { operation: "invitation.send", ...(target === undefined ? {} : { target }) });
const message = async (accountId = "ada") => await rig.job(accountId, { operation: "message.send" });
const rests = async (id = "ada") => (await rig.engine.accounts.read(id))?.rests ?? [];
const [first = 0, second = 0, third = 0] = LADDER;

async function over(ms: number): Promise<void> {
  await rig.advance(ms);
  await rig.swept();
}

test("an account's limited family rests and its jobs wait; its other families and other accounts go on", async () => {
  await rig.call(await invitation(), "family_limited");
  expect(await rests()).toMatchObject([{ scope: "invite", cause: "invitation_limit", until: new Date(rig.nowMs + first).toISOString() }]);
  const held = await invitation();
  expect(await rig.ask(held)).toEqual({ kind: "parked", why: "resting" });
  expect((await rig.ask(await message())).kind).toBe("granted");
  expect((await rig.ask(await invitation("bob"))).kind).toBe("granted");
  expect(await rig.engine.accounts.read("ada")).toMatchObject({ state: "active", parked: 1 });
  expect((await rig.engine.keys.read()).rests).toMatchObject([{ account: "ada", scope: "invite", waiting: 1 }]);
});

test("a rest that begins while jobs stand in the lane before others holds up none of those", async () => {
  const [out, busy] = [await invitation(), await message()];
  const [sentOut, sentBusy] = [await rig.send(out), await rig.send(busy)];
  const [held, free] = [await invitation(), await message()];
  for (const job of [held, free]) expect(await rig.park(job)).toBe("parked");
  await rig.settle(out, sentOut, "family_limited");
  expect(await rig.stateOf(held)).toBe("parked");
  expect(await rig.stateOf(free)).toBe("released");
  await rig.settle(busy, sentBusy, "ok");
  expect(await rig.stateOf(held)).toBe("parked");
  await over(first);
  expect(await rig.stateOf(held)).toBe("released");
});

test("a campaign's job that asks again while it rests stays aside, and takes no place of its account's others when the campaign is paused", async () => {
  await rig.client.hset(rig.key("campaign:spring"), { state: "running", maxCredits: "" });
  const placesOf = async () => [await rig.client.scard(rig.key("aside:ada")), await rig.client.scard(rig.key("ahead:ada"))];
  await rig.call(await invitation(), "family_limited");
  const held = await rig.job("ada", { operation: "invitation.send", campaignId: "spring" });
  for (const _ of ["asks", "asks again"]) {
    expect(await rig.ask(held)).toEqual({ kind: "parked", why: "resting" });
    expect(await placesOf()).toEqual([1, 0]);
  }
  await rig.client.hset(rig.key("campaign:spring"), { state: "paused" });
  expect(await rig.ask(held)).toEqual({ kind: "parked", why: "campaign_paused" });
  expect(await placesOf()).toEqual([0, 0]);
});

test("a call that was granted before the rest and has not left stays here", async () => {
  const [out, granted] = [await invitation(), await invitation()];
  const sent = await rig.send(out);
  const callId = rig.newCall();
  expect((await rig.ask(granted, callId)).kind).toBe("granted");
  await rig.settle(out, sent, "family_limited");
  expect(await rig.gate.markLeft(granted.ref, callId)).toBe(false);
});

test("the ladder rises from rest to rest, ends with a person, and a success of that family alone begins it anew", async () => {
  for (const rung of LADDER) {
    await rig.call(await invitation(), "family_limited");
    expect((await rests())[0]?.until).toBe(new Date(rig.nowMs + rung).toISOString());
    const held = await invitation();
    await rig.park(held);
    await over(rung - 1);
    await rig.call(await message());
    expect(await rig.stateOf(held)).toBe("parked");
    await over(1);
    expect(await rig.stateOf(held)).toBe("released");
    await rig.endUncalled(held);
  }
  await rig.call(await invitation(), "family_limited");
  expect(await rests()).toMatchObject([{ scope: "invite", until: null }]);
  await over(365 * 86_400_000);
  const held = await invitation();
  expect(await rig.park(held)).toBe("parked");
  await rig.engine.accounts.resume("ada");
  await rig.swept();
  expect(await rests()).toEqual([]);
  expect(await rig.stateOf(held)).toBe("released");
  await rig.endUncalled(held);
  await rig.call(await invitation());
  await rig.call(await invitation(), "family_limited");
  expect((await rests())[0]?.until).toBe(new Date(rig.nowMs + first).toISOString());
});

test("calls that were out together ask for one rest, and one of them that worked does not end it", async () => {
  const jobs: RigJob[] = [await invitation(), await invitation()];
  const sent = [await rig.send(jobs[0] as RigJob), await rig.send(jobs[1] as RigJob)];
  const [one, other] = jobs as [RigJob, RigJob];
  await rig.settle(one, sent[0] as never, "family_limited");
  const before = await rests();
  await rig.settle(other, sent[1] as never, "ok");
  expect(await rests()).toEqual(before);
});

test("the same unclear refusal of three different people running rests the family; of one person, or with a success between, it does not", async () => {
  for (const target of ["one", "one", "one", "two"]) await rig.call(await invitation("ada", target), "refused_unclear");
  expect(await rests()).toEqual([]);
  await rig.call(await invitation());
  for (const target of ["three", "four"]) await rig.call(await invitation("ada", target), "refused_unclear");
  await rig.call(await invitation("bob", "four"), "refused_unclear");
  expect(await rests()).toEqual([]);
  await rig.call(await invitation("ada", "five"), "refused_unclear");
  expect(await rests()).toMatchObject([{ scope: "invite", cause: "refused_in_a_row" }]);
  expect(await rests("bob")).toEqual([]);
});

test("a rest is told once, by the call that caused it", async () => {
  const job = await invitation();
  const sent = await rig.send(job);
  const told = {
    kind: "rests",
    operation: "invitation.send",
    account: "ada",
    scope: "invite",
    cause: "invitation_limit",
    untilMs: rig.nowMs + first,
  };
  const settlement = rig.settlement(job, sent, "family_limited");
  expect((await rig.gate.settle(settlement)).brakes).toEqual([told]);
  expect((await rig.gate.settle(settlement)).brakes).toEqual([told]);
  const later = await message();
  expect((await rig.call(later)).brakes).toBeUndefined();
});

test("a rest that a person ends is over, and its ladder stays where it was", async () => {
  await rig.call(await invitation(), "family_limited");
  const held = await invitation();
  await rig.park(held);
  expect(await rig.engine.accounts.endRest("ada", "message")).toBe(false);
  expect(await rig.engine.accounts.endRest("ada", "invite")).toBe(true);
  await rig.swept();
  expect(await rig.stateOf(held)).toBe("released");
  await rig.call(held, "family_limited");
  expect((await rests())[0]?.until).toBe(new Date(rig.nowMs + second).toISOString());
  expect(third).toBeGreaterThan(second);
});

test("a removed account leaves no rest behind", async () => {
  await rig.call(await invitation(), "family_limited");
  await rig.engine.accounts.remove("ada");
  await rig.swept();
  expect((await rig.engine.keys.read()).rests).toEqual([]);
  expect(await rig.client.exists(rig.key("rests"))).toBe(0);
});
