/** Rests of accounts by family, through the real scripts: what waits, what goes on, how ladders rise and end, and who is told. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { jobDigest } from "../src/index.ts";
import { LADDER, type Rig, type RigJob, type Sent, startRig } from "./rig.ts";

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

test("a campaign's job that was parked before the rest began gives its place among those ahead away, too, and has it again when it comes back", async () => {
  await rig.client.hset(rig.key("campaign:spring"), { state: "running", maxCredits: "" });
  const placesOf = async () => [await rig.client.scard(rig.key("aside:ada")), await rig.client.scard(rig.key("ahead:ada"))];
  const out = [await invitation(), await invitation()] as const;
  const sent = [await rig.send(out[0]), await rig.send(out[1])] as const;
  const held = await rig.job("ada", { operation: "invitation.send", campaignId: "spring" });
  const digest = jobDigest(held.ref);
  await rig.client.hset(rig.key(`job:${digest}`), "campaign", "spring");
  await rig.client.sadd(rig.key("ahead:ada"), digest);
  expect(await rig.park(held)).toBe("parked");
  await rig.settle(out[0], sent[0], "family_limited");
  expect(await placesOf()).toEqual([1, 0]);
  await rig.settle(out[1], sent[1], "ok");
  await over(first);
  expect(await rig.stateOf(held)).toBe("released");
  expect((await rig.ask(held)).kind).toBe("granted");
  expect(await placesOf()).toEqual([0, 1]);
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

test("unclear refusals that alternate between words count together, by people and operation; a success begins anew", async () => {
  await rig.call(await invitation("ada", "one"), "refused_unclear");
  await rig.call(await invitation("ada", "two"), "failed_unclear");
  await rig.call(await invitation("ada", "one"), "failed_unclear");
  await rig.call(await message(), "refused_unclear");
  expect(await rests()).toEqual([]);
  await rig.call(await invitation());
  await rig.call(await invitation("ada", "three"), "refused_unclear");
  await rig.call(await invitation("ada", "four"), "failed_unclear");
  expect(await rests()).toEqual([]);
  await rig.call(await invitation("ada", "five"), "refused_unclear");
  expect(await rests()).toMatchObject([{ scope: "invite", cause: "refused_in_a_row" }]);
});

describe.each([1, 2, 3, 8])("an account with %i calls out at most", (max) => {
  const spends = Math.max(3, max);

  /** Asks for each, and sends those that may leave. */
  async function sendAll(jobs: readonly RigJob[]): Promise<{ job: RigJob; sent: Sent }[]> {
    const out: { job: RigJob; sent: Sent }[] = [];
    for (const job of jobs) {
      const callId = rig.newCall();
      const answer = await rig.ask(job, callId);
      if (answer.kind === "parked") {
        await rig.moveToDelayed(job);
        await rig.gate.confirmPark(job.ref);
      } else {
        expect([answer.kind, await rig.gate.markLeft(job.ref, callId)]).toEqual(["granted", true]);
        out.push({ job, sent: { callId, epoch: 1 } });
      }
    }
    return out;
  }

  const returned = async (jobs: readonly RigJob[]) => {
    const states = await Promise.all(jobs.map((job) => rig.stateOf(job)));
    return jobs.filter((_job, at) => states[at] === "released");
  };

  test.each(["first", "last"])(
    `spends ${spends} of a list on refusals that don't say whose they are, the %s call answered first`,
    async (order) => {
      await rig.account("cyd", max);
      const list = await Promise.all(Array.from({ length: 12 }, () => invitation("cyd")));
      let out = await sendAll(list);
      expect(out).toHaveLength(max);
      let spent = 0;
      while (out.length > 0) {
        const one = order === "first" ? out.shift() : out.pop();
        if (one === undefined) throw new Error("no call is out");
        await rig.settle(one.job, one.sent, "refused_unclear");
        spent += 1;
        out = [...out, ...(await sendAll(await returned(list)))];
      }
      expect(spent).toBe(spends);
      expect(await rests("cyd")).toMatchObject([{ scope: "invite", cause: "refused_in_a_row" }]);
    },
  );

  test("sends one after the other while a refusal stands, others of its jobs beside them, and together again after a success", async () => {
    await rig.account("cyd", max);
    const list = await Promise.all(Array.from({ length: 12 }, () => invitation("cyd")));
    const [first, ...others] = await sendAll(list);
    if (first === undefined) throw new Error("nothing was sent");
    await rig.settle(first.job, first.sent, "refused_unclear");
    for (const { job, sent } of others) await rig.settle(job, sent, "not_found");
    const alone = await sendAll(await returned(list));
    expect(alone).toHaveLength(1);
    const messages = await Promise.all(Array.from({ length: 8 }, () => message("cyd")));
    const beside = await sendAll(messages);
    const handed = await sendAll(await returned(messages));
    expect(beside.length + handed.length).toBe(max - 1);
    for (const { job, sent } of [...beside, ...handed]) await rig.settle(job, sent, "not_found");
    for (const job of messages) if ((await rig.stateOf(job)) !== "settled") await rig.endUncalled(job);
    for (const { job, sent } of alone) await rig.settle(job, sent, "ok");
    expect(await sendAll(await returned(list))).toHaveLength(Math.min(max, 12 - max - 1));
  });
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
