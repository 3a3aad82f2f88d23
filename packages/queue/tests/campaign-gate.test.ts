/** The gate's answer to jobs that were made from an earlier text of their campaign. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Rig, type RigJob, startRig } from "./rig.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await startRig();
});
afterAll(async () => await rig.close());
beforeEach(async () => {
  await rig.reset();
  await rig.open();
  await rig.account("ada", 1);
  await set({ state: "running", maxCredits: "", rev: 2 });
});

const set = (fields: object) => rig.client.hset(rig.key("campaign:spring"), fields);
const tokens = () => rig.client.get(rig.bull("messages", "limiter"));
async function made(revision: number, more: { expiresAtMs?: number } = {}): Promise<RigJob> {
  return { ...(await rig.job("ada", { campaignId: "spring", ...more })), revision };
}

test("a job from an earlier text is granted nothing and keeps its limiter token, for the request that follows at once", async () => {
  const old = await made(1);
  await rig.client.set(rig.bull("messages", "limiter"), 5);
  expect(await rig.ask(old)).toMatchObject({ kind: "edited", history: { calls: 0 } });
  expect(await rig.stateOf(old)).toBeNull();
  expect(await rig.engine.keys.read()).toMatchObject({ slotsBusy: 0, openGrants: 0 });
  expect(await tokens()).toBe("5");
  expect((await rig.ask(await made(2))).kind).toBe("granted");
  // Its account has a call out now: the token goes back once, with the answer that lets the job go.
  expect((await rig.ask({ ...old, revision: 2 })).kind).toBe("parked");
  expect(await tokens()).toBe("4");
});

test("while the campaign is paused its jobs are held as they are, as it may be edited again", async () => {
  await set({ state: "paused" });
  expect(await rig.ask(await made(1))).toEqual({ kind: "parked", why: "campaign_paused" });
});

test("a campaign that was put off to a later start holds its jobs, and lets none go whose connection was being made", async () => {
  const [first, second] = [await made(2), await made(2)];
  const callId = rig.newCall();
  expect((await rig.ask(first, callId)).kind).toBe("granted");
  await set({ state: "scheduled" });
  expect(await rig.gate.markLeft(first.ref, callId)).toBe(false);
  expect(await rig.ask(second)).toEqual({ kind: "parked", why: "campaign_scheduled" });
  expect(await rig.ask(await made(1))).toEqual({ kind: "parked", why: "campaign_scheduled" });
});

test("a job that names a draft whose credits are spent waits for its start, and the draft stays one", async () => {
  await set({ state: "draft", maxCredits: 2, charged: 2 });
  expect(await rig.ask(await rig.job("ada", { campaignId: "spring" }))).toEqual({ kind: "parked", why: "budget_exhausted" });
  expect(await rig.client.hget(rig.key("campaign:spring"), "state")).toBe("draft");
});

test("a date that has passed ends a job only if it is the campaign's date of now", async () => {
  const past = { expiresAtMs: rig.nowMs };
  expect(await rig.ask(await made(2, past))).toMatchObject({ kind: "refused", code: "expired" });
  expect((await rig.ask(await made(1, past))).kind).toBe("edited");
  await set({ state: "paused" });
  expect((await rig.ask(await made(1, past))).kind).toBe("edited");
  await set({ state: "cancelled" });
  expect(await rig.ask(await made(1, past))).toMatchObject({ kind: "refused", code: "expired" });
});

test("jobs that carry no text of the campaign's, and those of a campaign that is forgotten, leave as they are", async () => {
  expect((await rig.ask(await rig.job("ada", { campaignId: "spring" }))).kind).toBe("granted");
  await rig.account("bob", 1);
  expect((await rig.ask({ ...(await rig.job("bob", { campaignId: "long-ago" })), revision: 1 })).kind).toBe("granted");
});
