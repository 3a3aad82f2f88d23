/** Caps of accounts, through the real scripts: what counts, what waits and how it comes back, and what a changed policy does. */
import type { AccountPolicy } from "@linkup-queue/contracts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { jobDigest } from "../src/index.ts";
import { type CallEnd, type Rig, type RigJob, startRig } from "./rig.ts";

let rig: Rig;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

beforeAll(async () => {
  rig = await startRig({ accountConcurrency: 2 });
});
afterAll(async () => await rig.close());
beforeEach(async () => {
  await rig.reset();
  await rig.open();
});

const caps = (of: NonNullable<AccountPolicy["caps"]>) => ({ policy: { caps: of } });
const put = async (of: NonNullable<AccountPolicy["caps"]>, id = "ada") => await rig.account(id, undefined, caps(of));
const invitation = async (accountId = "ada") => await rig.job(accountId, { operation: "invitation.send" });
const message = async (accountId = "ada") => await rig.job(accountId, { operation: "message.send" });
const used = async (id = "ada") =>
  Object.fromEntries((await rig.engine.accounts.rulesOf(id)).caps.map((one) => [`${one.scope} ${one.window}`, one.used]));
const waitsFor = async ({ ref, accountId, meta }: RigJob) =>
  (await rig.engine.jobs.views.waits([{ ref, operation: meta.operation, accountId, campaignId: null }]))[0];

test("a spent cap makes its family wait free until the next place, while the account's others and other accounts go on", async () => {
  await put({ invite: { perDay: 1 } });
  await put({ invite: { perDay: 1 } }, "bob");
  await rig.call(await invitation());
  const sentMs = rig.nowMs;
  const held = await invitation();
  expect(await rig.park(held)).toBe("parked");
  expect((await rig.ask(await message())).kind).toBe("granted");
  expect((await rig.ask(await invitation("bob"))).kind).toBe("granted");
  expect(await rig.engine.accounts.read("ada")).toMatchObject({ state: "active", parked: 1 });
  expect((await rig.engine.accounts.rulesOf("ada")).caps).toEqual([
    { scope: "invite", window: "perDay", cap: 1, used: 1, known: true, nextFreeAt: new Date(sentMs + DAY_MS).toISOString() },
  ]);
  await rig.advance(DAY_MS - 1);
  await rig.swept();
  expect(await rig.stateOf(held)).toBe("parked");
  await rig.advance(1);
  await rig.swept();
  expect(await rig.stateOf(held)).toBe("released");
  expect((await rig.ask(held)).kind).toBe("granted");
});

test.each<[CallEnd, number]>([
  ["ok", 1],
  ["not_found", 1],
  ["timed_out", 1],
  ["family_limited", 1],
  ["linkedin_limited", 1],
  ["not_left", 0],
  ["no_connection", 0],
  ["server_error", 0],
  ["token_dead", 0],
  ["key_refused", 0],
])("a call that ends %s counts %i to the cap", async (end, count) => {
  await put({ invite: { perDay: 5 }, write: { perDay: 5 } });
  await rig.call(await invitation(), end);
  expect(await used()).toEqual({ "invite perDay": count, "write perDay": count });
});

test("a write that is looked for, as its answer leaves open whether it was done, counts", async () => {
  await put({ message: { perDay: 5 } });
  const job = await message();
  const settlement = rig.settlement(job, await rig.send(job), "failed_unclear");
  const { next } = settlement;
  if (next.kind !== "end") throw new Error(next.kind);
  const write = {
    account: "ada",
    target: "",
    text: "",
    code: "action_failed",
    message: "",
    httpStatus: null,
    looks: 0,
    absent: false,
  } as const;
  await rig.gate.settle({ ...settlement, next: { kind: "look", reconciling: write, afterMs: 300_000, exhausted: next } });
  expect(await used()).toEqual({ "message perDay": 1 });
});

test("a read that is repeated after an error counts, as the profile may have been seen", async () => {
  await put({ view: { perDay: 5 } });
  await rig.call(await rig.job("ada", { operation: "profile.scrape", queue: "profiles" }), "server_error");
  expect(await used()).toEqual({ "view perDay": 1 });
});

test("a place counts from when the call was sent at the latest, and a call that was never answered until its deadline", async () => {
  await put({ invite: { perHour: 1 } });
  const job = await invitation();
  const sent = await rig.send(job);
  const grantedMs = rig.nowMs;
  await rig.advance(4_000);
  await rig.settle(job, sent, "ok");
  expect((await rig.engine.accounts.rulesOf("ada")).caps[0]?.nextFreeAt).toBe(new Date(rig.nowMs + HOUR_MS).toISOString());
  await rig.setClock(grantedMs + 4_000 + HOUR_MS);
  const silent = await invitation();
  await rig.call(silent, "timed_out");
  const deadlineMs = rig.nowMs + rig.engine.config.timeoutMs;
  expect((await rig.engine.accounts.rulesOf("ada")).caps[0]?.nextFreeAt).toBe(new Date(deadlineMs + HOUR_MS).toISOString());
});

test("a grant whose worker died before anything left gives its place back, and whoever waits for it comes on", async () => {
  await put({ invite: { perDay: 1 } });
  expect((await rig.ask(await invitation())).kind).toBe("granted");
  const held = await invitation();
  expect(await rig.park(held)).toBe("parked");
  await rig.advance(60_000);
  await rig.swept();
  await rig.swept();
  expect(await rig.stateOf(held)).toBe("released");
});

test("caps of a family, of an operation in it and of all writes hold together, and a job waits for the last of them", async () => {
  await put({ engage: { perDay: 2 }, "post.react": { perDay: 1 }, write: { perHour: 3 } });
  const react = async () => await rig.job("ada", { operation: "post.react", queue: "posts" });
  const comment = async () => await rig.job("ada", { operation: "post.comment", queue: "posts" });
  await rig.call(await react());
  expect(await rig.ask(await react())).toEqual({ kind: "parked", why: "account_cap" });
  await rig.call(await comment());
  expect(await rig.ask(await comment())).toEqual({ kind: "parked", why: "account_cap" });
  await rig.call(await message());
  const held = await message();
  expect(await rig.ask(held)).toEqual({ kind: "parked", why: "account_cap" });
  expect(await waitsFor(held)).toEqual({
    reason: "account_cap",
    accountId: "ada",
    position: expect.any(Number),
    until: new Date(rig.nowMs + HOUR_MS).toISOString(),
  });
});

test("a cap of 0 lets nothing leave, for as long as it stands", async () => {
  await put({ invite: { perDay: 0 } });
  const held = await invitation();
  expect(await rig.park(held)).toBe("parked");
  expect(await waitsFor(held)).toEqual({ reason: "account_cap", accountId: "ada", position: 1 });
  await rig.advance(365 * DAY_MS);
  await rig.swept();
  expect(await rig.stateOf(held)).toBe("parked");
  await put({ invite: { perDay: 1 } });
  await rig.swept();
  expect(await rig.stateOf(held)).toBe("released");
});

test("a cap that is lowered holds at once, for what was granted and has not left, too", async () => {
  await put({ invite: { perDay: 2 } });
  await rig.call(await invitation());
  const granted = await invitation();
  const callId = rig.newCall();
  expect((await rig.ask(granted, callId)).kind).toBe("granted");
  await put({ invite: { perDay: 1 } });
  expect(await rig.gate.markLeft(granted.ref, callId)).toBe(false);
  await rig.settle(granted, { callId, epoch: 1 }, "not_left");
  expect(await rig.ask(granted)).toEqual({ kind: "parked", why: "account_cap" });
});

test("a cap that is raised, or taken away, brings those that wait for it back with the next sweep", async () => {
  await put({ invite: { perDay: 1 } });
  await rig.call(await invitation());
  const held = [await invitation(), await invitation()] as const;
  for (const job of held) expect(await rig.park(job)).toBe("parked");
  await put({ invite: { perDay: 2 } });
  await rig.swept();
  expect([await rig.stateOf(held[0]), await rig.stateOf(held[1])]).toEqual(["released", "parked"]);
  await rig.account("ada", undefined, { policy: null });
  await rig.swept();
  expect(await rig.stateOf(held[1])).toBe("released");
});

test("calls that a person made by hand count, once for each id", async () => {
  await put({ invite: { perDay: 3 }, note: { perMonth: 3 } });
  const byHand = { operation: "invitation.send", note: true, count: 2, name: "monday" } as const;
  await rig.engine.accounts.bookSent("ada", byHand);
  await rig.engine.accounts.bookSent("ada", { ...byHand, atMs: rig.nowMs });
  expect(await used()).toEqual({ "invite perDay": 2, "note perMonth": 2 });
  await rig.call(await invitation());
  expect(await rig.ask(await invitation())).toEqual({ kind: "parked", why: "account_cap" });
  await expect(rig.engine.accounts.bookSent("nobody", byHand)).rejects.toThrow("There is no account nobody");
});

test("an account that is removed and registered again has its calls still to count", async () => {
  await put({ invite: { perDay: 1 } });
  await rig.call(await invitation());
  await rig.engine.accounts.remove("ada");
  await put({ invite: { perDay: 1 } });
  expect(await rig.ask(await invitation())).toEqual({ kind: "parked", why: "account_cap" });
});

test("many jobs of a spent family come back as places free, as many as there are, until all have", async () => {
  await put({ invite: { perDay: 2 } });
  for (const _ of [1, 2]) await rig.call(await invitation());
  let held = await Promise.all(Array.from({ length: 30 }, async () => await invitation()));
  for (const job of held) expect(await rig.park(job)).toBe("parked");
  for (let left = 28; left >= 0; left -= 2) {
    await rig.advance(DAY_MS);
    for (const _ of [1, 2, 3]) await rig.swept();
    const states = await Promise.all(held.map(async (job) => await rig.stateOf(job)));
    const woken = held.filter((_, at) => states[at] === "released");
    expect(woken).toHaveLength(2);
    for (const job of woken) await rig.call(job);
    held = held.filter((job) => !woken.includes(job));
    expect(held).toHaveLength(left);
  }
});

test("a campaign's job that waits for a cap stands aside, so that its account's other campaigns are fed", async () => {
  await put({ invite: { perDay: 1 } });
  await rig.client.hset(rig.key("campaign:spring"), { state: "running", maxCredits: "" });
  await rig.call(await invitation());
  const held = await rig.job("ada", { operation: "invitation.send", campaignId: "spring" });
  await rig.client.sadd(rig.key("ahead:ada"), jobDigest(held.ref));
  expect(await rig.park(held)).toBe("parked");
  expect([await rig.client.scard(rig.key("aside:ada")), await rig.client.scard(rig.key("ahead:ada"))]).toEqual([1, 0]);
});

describe("a note of more than 200 characters", () => {
  const withNote = async (length: number) => ({ ...rig.request(await invitation()), note: "n".repeat(length) });

  test.each([
    ["free", { plan: "free" }, true],
    ["not known, with a policy", caps({ invite: { perDay: 5 } }), true],
    ["not known, without a policy", {}, false],
    ["premium, with a policy", { plan: "premium", ...caps({ invite: { perDay: 5 } }) }, false],
  ] as const)("of an account whose plan is %s", async (_plan, rules, isRefused) => {
    await rig.account("ada", undefined, rules);
    expect(await rig.gate.ask(await withNote(201))).toMatchObject(
      isRefused ? { kind: "refused", code: "note_too_long" } : { kind: "granted" },
    );
    expect((await rig.gate.ask(await withNote(200))).kind).toBe("granted");
  });
});

describe("the careful policy", () => {
  const careful = () => rig.withConfig({ accountPolicy: "careful" });

  test("holds for accounts that set none, by plan, as soon as one worker has it; an account's own caps stand in its place", async () => {
    await rig.account("ada");
    await rig.account("bob", undefined, { plan: "recruiter" });
    await put({ invite: { perDay: 99 } }, "cyd");
    expect((await rig.engine.accounts.rulesOf("ada")).caps).toEqual([]);
    await careful().keys.start({ worker: "careful", apiKey: "rig-api-key", secrets: rig.engine.secrets, fresh: true });
    await rig.engine.keys.beat("rig");
    const bounds = async (id: string) =>
      (await rig.engine.accounts.rulesOf(id)).caps.filter(({ scope }) => scope === "invite").map(({ cap }) => cap);
    expect(await bounds("ada")).toEqual([4, 10, 50]);
    expect(await bounds("bob")).toEqual([4, 20, 80]);
    expect(await bounds("cyd")).toEqual([99]);
    expect((await rig.engine.keys.read()).differences).toEqual([
      { setting: "LINKUP_ACCOUNT_POLICY", holds: "careful", values: ["careful", null] },
    ]);
  });

  test("holds in the gate of the worker that has it, before any other knows", async () => {
    await rig.account("ada", undefined, { policy: { pace: {} } });
    const { gate } = careful();
    for (let nth = 0; nth < 8; nth++) {
      const job = await message();
      const request = rig.request(job);
      const answer = await gate.ask(request);
      expect(answer.kind).toBe("granted");
      expect(await gate.markLeft(job.ref, request.callId)).toBe(true);
      await gate.settle(rig.settlement(job, { callId: request.callId, epoch: 1 }, "ok"));
    }
    expect(await gate.ask(rig.request(await message()))).toEqual({ kind: "parked", why: "account_cap" });
  });

  test("has a pace, which an account's own stands in the place of", async () => {
    await rig.account("ada");
    await rig.account("bob", undefined, { policy: { pace: { message: { minSeconds: 0, maxSeconds: 0 } } } });
    const { gate } = careful();
    const send = async (id: string) => {
      const job = await message(id);
      const request = rig.request(job);
      const answer = await gate.ask(request);
      if (answer.kind !== "granted") return answer.kind === "parked" ? answer.why : answer.kind;
      await gate.markLeft(job.ref, request.callId);
      await gate.settle(rig.settlement(job, { callId: request.callId, epoch: 1 }, "ok"));
      return answer.kind;
    };
    expect([await send("ada"), await send("ada")]).toEqual(["granted", "account_pace"]);
    expect([await send("bob"), await send("bob"), await send("bob")]).toEqual(["granted", "granted", "granted"]);
  });
});
