/** Rules of accounts that a person puts out of force for urgent jobs, through the real scripts: who passes, until when, and what still counts. */
import type { AccountPolicy, OverridableRule } from "@linkup-queue/contracts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Rig, type RigJob, startRig } from "./rig.ts";

let rig: Rig;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const URGENT = 1;

beforeAll(async () => {
  rig = await startRig({ accountConcurrency: 3 });
});
afterAll(async () => await rig.close());
beforeEach(async () => {
  await rig.reset();
  await rig.setClock(Math.ceil(rig.nowMs / DAY_MS) * DAY_MS + 10 * HOUR_MS);
  await rig.open();
});

const iso = (ms: number) => new Date(ms).toISOString();
const message = async (priority = URGENT) => await rig.job("ada", { priority });
const invitation = async () => await rig.job("ada", { operation: "invitation.send", queue: "network", priority: URGENT });
const override = async (rule: OverridableRule, forMs = HOUR_MS) => await rig.engine.accounts.override("ada", rule, rig.nowMs + forMs);
const waitsFor = async ({ ref, accountId, meta }: RigJob) =>
  (await rig.engine.jobs.views.waits([{ ref, operation: meta.operation, accountId, campaignId: meta.campaignId }]))[0];
const used = async () => (await rig.engine.accounts.rulesOf("ada")).caps.map((cap) => cap.used);
const kindOf = async (job: RigJob) => (await rig.ask(job)).kind;

/** Hours that opened an hour ago, or will open in an hour. */
function hours(opensMs: number): NonNullable<AccountPolicy["hours"]> {
  const time = (ms: number) => iso(ms).slice(11, 16);
  const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
  return { timezone: "UTC", weekdays: [...weekdays], from: time(rig.nowMs + opensMs), to: time(rig.nowMs + opensMs + 2 * HOUR_MS) };
}

/** An account of which a rule lets no message go, and why its jobs wait then. */
const HELD: Readonly<Record<OverridableRule, () => AccountPolicy>> = {
  hours: () => ({ hours: hours(HOUR_MS) }),
  account_cap: () => ({ caps: { message: { perDay: 1 } } }),
  account_pace: () => ({ pace: { message: { minSeconds: 7_200, maxSeconds: 10_800 } } }),
};
const RULES = Object.keys(HELD) as OverridableRule[];

/** With a call that was sent, where the rule allows one. */
async function held(rule: OverridableRule): Promise<void> {
  await rig.account("ada", undefined, { policy: HELD[rule]() });
  if (rule !== "hours") await rig.call(await message());
}

describe.each(RULES)("%s overridden", (rule) => {
  test("an urgent job passes it, one that is not urgent and one of a campaign keep to it", async () => {
    await held(rule);
    expect(await rig.ask(await message())).toEqual({ kind: "parked", why: rule });
    await override(rule);
    expect(await kindOf(await message())).toBe("granted");
    expect(await rig.ask(await message(10))).toEqual({ kind: "parked", why: rule });
    await rig.client.hset(rig.key("campaign:spring"), { state: "running", maxCredits: "" });
    expect(await rig.ask(await rig.job("ada", { priority: URGENT, campaignId: "spring" }))).toEqual({ kind: "parked", why: rule });
  });

  test("urgent jobs that wait for it are brought back, and no others; what each waits for is told so", async () => {
    await held(rule);
    const [urgent, normal] = [await message(), await message(10)];
    for (const job of [normal, urgent]) expect(await rig.park(job)).toBe("parked");
    await rig.client.hset(rig.bull(urgent.ref.queue, urgent.ref.id), { priority: URGENT });
    expect(await waitsFor(urgent)).toMatchObject({ reason: rule });
    await override(rule);
    expect(await waitsFor(normal)).toMatchObject({ reason: rule });
    expect((await waitsFor(urgent))?.reason).not.toBe(rule);
    await rig.swept();
    expect(await rig.stateOf(urgent)).toBe("released");
    expect(await rig.stateOf(normal)).toBe("parked");
    expect(await kindOf(urgent)).toBe("granted");
  });

  test("ends by itself: at the gate, at the mark, and for who was brought back", async () => {
    await held(rule);
    const waiting = await message();
    expect(await rig.park(waiting)).toBe("parked");
    await override(rule, 5_000);
    const callId = rig.newCall();
    const granted = await message();
    expect((await rig.ask(granted, callId)).kind).toBe("granted");
    await rig.swept();
    expect(await rig.stateOf(waiting)).toBe("released");
    await rig.advance(5_000);
    expect(await rig.gate.markLeft(granted.ref, callId)).toBe(false);
    expect(await rig.ask(waiting)).toEqual({ kind: "parked", why: rule });
    expect((await rig.engine.accounts.read("ada"))?.overrides).toEqual([]);
  });

  test("ended by hand: at the gate and at the mark", async () => {
    await held(rule);
    await override(rule);
    const callId = rig.newCall();
    const granted = await message();
    expect((await rig.ask(granted, callId)).kind).toBe("granted");
    await rig.engine.accounts.override("ada", rule, null);
    expect(await rig.gate.markLeft(granted.ref, callId)).toBe(false);
    expect(await rig.ask(await message())).toEqual({ kind: "parked", why: rule });
  });

  test("the account says it, and until when, beside another that is overridden", async () => {
    await held(rule);
    const other = rule === "hours" ? "account_cap" : "hours";
    await override(other, 2 * HOUR_MS);
    await override(rule);
    const told = [
      { rule, until: iso(rig.nowMs + HOUR_MS) },
      { rule: other, until: iso(rig.nowMs + 2 * HOUR_MS) },
    ];
    expect((await rig.engine.accounts.read("ada"))?.overrides).toEqual(expect.arrayContaining(told));
    expect((await rig.engine.accounts.read("ada"))?.overrides).toHaveLength(2);
  });
});

test("a call under an override counts to cap and pace as ever", async () => {
  await rig.account("ada", undefined, {
    policy: { caps: { message: { perDay: 2 } }, pace: { message: { minSeconds: 60, maxSeconds: 60 } } },
  });
  await override("account_cap");
  await override("account_pace");
  for (let sent = 1; sent <= 3; sent++) {
    await rig.call(await message());
    expect(await used()).toEqual([sent]);
  }
  await rig.engine.accounts.override("ada", "account_cap", null);
  await rig.engine.accounts.override("ada", "account_pace", null);
  expect(await rig.ask(await message())).toEqual({ kind: "parked", why: "account_cap" });
  await rig.advance(DAY_MS - 1);
  expect(await rig.ask(await message())).toEqual({ kind: "parked", why: "account_cap" });
});

test("one rule that is overridden lets nobody pass another", async () => {
  await rig.account("ada", undefined, { policy: { hours: hours(HOUR_MS), caps: { message: { perDay: 0 }, invite: { perDay: 1 } } } });
  await override("hours");
  expect(await rig.ask(await message())).toEqual({ kind: "parked", why: "account_cap" });
  expect(await kindOf(await invitation())).toBe("granted");
  expect(await rig.ask(await invitation())).toEqual({ kind: "parked", why: "account_cap" });
});

test("a warm-up's share goes with the caps", async () => {
  await rig.account("ada", undefined, { policy: { caps: { message: { perDay: 4 } }, warmUp: [{ days: 7, share: 0.5 }] } });
  for (let sent = 0; sent < 2; sent++) await rig.call(await message());
  expect(await rig.ask(await message())).toEqual({ kind: "parked", why: "warm_up" });
  await override("account_cap");
  expect(await kindOf(await message())).toBe("granted");
});

test("caps that count as used up after a lost state are passed, too", async () => {
  await rig.account("ada", undefined, { policy: HELD.account_cap() });
  await rig.client.hset(rig.key("key"), "lost", rig.nowMs);
  await rig.engine.keys.restore("unknown");
  await rig.advance(61_000);
  expect(await rig.ask(await message())).toEqual({ kind: "parked", why: "account_cap" });
  await override("account_cap");
  expect(await kindOf(await message())).toBe("granted");
});

test("more urgent jobs than one sweep looks at are all brought back, past those of an urgent campaign", async () => {
  await rig.account("ada", 100, { policy: HELD.account_cap() });
  await rig.call(await message());
  await rig.client.hset(rig.key("campaign:spring"), { state: "running", maxCredits: "" });
  const ofCampaign = await rig.job("ada", { priority: URGENT, campaignId: "spring" });
  const urgent = await rig.jobs(25, "ada", { priority: URGENT });
  for (const job of [ofCampaign, ...urgent]) expect(await rig.park(job)).toBe("parked");
  await override("account_cap");
  for (let sweeps = 0; sweeps < 4; sweeps++) await rig.swept();
  expect(await Promise.all(urgent.map((job) => rig.stateOf(job)))).toEqual(urgent.map(() => "released"));
  expect(await rig.stateOf(ofCampaign)).toBe("parked");
});

test("a moment that is over, or more than a day ahead, is refused, and so is an account that is not there", async () => {
  await held("hours");
  for (const ms of [0, -1, DAY_MS + 61_000]) await expect(override("hours", ms)).rejects.toMatchObject({ code: "invalid_input" });
  await expect(rig.engine.accounts.override("nobody", "hours", rig.nowMs + 1)).rejects.toMatchObject({ code: "not_found" });
  await override("hours", DAY_MS + 30_000);
  expect((await rig.engine.accounts.read("ada"))?.overrides).toEqual([{ rule: "hours", until: iso(rig.nowMs + DAY_MS) }]);
});
