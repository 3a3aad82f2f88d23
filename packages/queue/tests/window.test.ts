/** The rate window: brackets, pace, reserve, and the first window after a loss of state. */
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { Gate } from "../src/ledger/gate.ts";
import { windowMarginMs } from "../src/redis/engine-config.ts";
import { PeopleDigests } from "../src/safety/people-digests.ts";
import { type Rig, type RigJob, type Sent, startRig } from "./rig.ts";

const WINDOW_MS = 60_000;
const CLOSED_MS = WINDOW_MS + windowMarginMs(WINDOW_MS);
let rig: Rig;

beforeAll(async () => {
  rig = await startRig({ rateLimit: 9 });
});
afterAll(async () => await rig.close());
beforeEach(async () => {
  await rig.reset();
  await rig.open();
  for (let i = 0; i < 12; i++) await rig.account(`acc-${i}`, 20);
});

/** One job of each of `count` accounts, asked in order; what the gate said. */
async function askMany(count: number, priority = 10): Promise<string[]> {
  const kinds: string[] = [];
  for (let i = 0; i < count; i++) kinds.push((await rig.ask(await rig.job(`acc-${i % 12}`, { priority }))).kind);
  return kinds;
}

test("an answered call keeps its slot for one window after the answer, and no longer", async () => {
  const engine = rig.withConfig({ rateLimit: 1 });
  const [first, second] = await rig.jobs(2, "acc-1");
  if (first === undefined || second === undefined) throw new Error("no jobs");
  const sent = await rig.send(first);
  await rig.advance(7_000);
  await rig.settle(first, sent, "ok");
  const answer = await engine.gate.ask(rig.request(second));
  expect(answer).toEqual({ kind: "wait", forMs: CLOSED_MS, reason: "window" });
  await rig.advance(CLOSED_MS - 1);
  expect(await engine.gate.ask(rig.request(second))).toEqual({ kind: "wait", forMs: 1, reason: "window" });
  await rig.advance(1);
  expect(await engine.gate.ask(rig.request(second))).toMatchObject({ kind: "granted" });
});

test("a call without an answer keeps its slot until one window after its deadline", async () => {
  const engine = rig.withConfig({ rateLimit: 1 });
  const [first, second] = await rig.jobs(2, "acc-1");
  if (first === undefined || second === undefined) throw new Error("no jobs");
  await rig.settle(first, await rig.send(first), "timed_out");
  await rig.advance(10_000 + CLOSED_MS - 1);
  expect(await engine.gate.ask(rig.request(second))).toMatchObject({ kind: "wait", reason: "window" });
  await rig.advance(1);
  expect(await engine.gate.ask(rig.request(second))).toMatchObject({ kind: "granted" });
});

test("a call that never left gives its slot back at once", async () => {
  const engine = rig.withConfig({ rateLimit: 1 });
  const [first, second] = await rig.jobs(2, "acc-1");
  if (first === undefined || second === undefined) throw new Error("no jobs");
  const callId = rig.newCall();
  await rig.ask(first, callId);
  await rig.settle(first, { callId, epoch: 1 }, "not_left");
  expect(await engine.gate.ask(rig.request(second))).toMatchObject({ kind: "granted" });
});

test("one slot is kept for urgent calls, which fill the window to the last", async () => {
  // Pacing apart: time goes on between the grants.
  for (let i = 0; i < 8; i++) {
    expect((await rig.ask(await rig.job(`acc-${i}`))).kind).toBe("granted");
    await rig.advance(6_600);
  }
  expect(await rig.ask(await rig.job("acc-8"))).toMatchObject({ kind: "wait", reason: "window" });
  expect((await rig.ask(await rig.job("acc-9", { priority: 1 }))).kind).toBe("granted");
  expect(await rig.ask(await rig.job("acc-10", { priority: 1 }))).toMatchObject({ kind: "wait", reason: "window" });
});

test("behind a backlog a third of the window leaves at once; from there on, grants are paced, urgent ones not", async () => {
  await rig.backlog(9);
  expect(await askMany(3)).toEqual(["granted", "granted", "granted"]);
  expect(await rig.ask(await rig.job("acc-4"))).toMatchObject({ kind: "wait", reason: "pace" });
  expect((await rig.ask(await rig.job("acc-5", { priority: 1 }))).kind).toBe("granted");
});

test.each([300, 10_000])(
  "after a burst on an idle system, calls of %i ms, urgent calls find a slot, and the window is used",
  async (callMs) => {
    const wide = await startRig({ rateLimit: 60 });
    onTestFinished(async () => await wide.close());
    await wide.open();
    await wide.backlog(1_000);
    for (let i = 0; i < 12; i++) await wide.account(`acc-${i}`, 100);
    const beganMs = wide.nowMs;
    const out: { job: RigJob; sent: Sent; backMs: number }[] = [];
    const waits: number[] = [];
    let granted = 0;
    const ask = async (priority: number): Promise<number> => {
      const job = await wide.job(`acc-${granted % 12}`, { priority });
      const callId = wide.newCall();
      const answer = await wide.ask(job, callId);
      if (answer.kind !== "granted") return answer.kind === "wait" ? answer.forMs : Number.NaN;
      granted += 1;
      await wide.gate.markLeft(job.ref, callId);
      out.push({ job, sent: { callId, epoch: answer.epoch }, backMs: wide.nowMs + callMs });
      return 0;
    };
    for (let tenth = 0; tenth < 1_300; tenth++) {
      for (const { job, sent } of out.filter(({ backMs }) => backMs === wide.nowMs)) await wide.settle(job, sent, "ok");
      // An urgent call every seven seconds, and as much bulk work as is let through.
      if (tenth % 70 === 35) waits.push(await ask(1));
      while ((await ask(100)) === 0);
      await wide.advance(100);
    }
    expect(Math.max(...waits)).toBeLessThan(1_500);
    // Brackets let a slot go round once in a window and a call; one is kept for urgent work.
    const rounds = (wide.nowMs - beganMs) / (CLOSED_MS + callMs);
    expect(granted).toBeGreaterThan(59 * rounds * 0.97);
  },
);

test("a batch that fits the free slots, but for those kept, is not paced; a larger one is from its third on", async () => {
  await rig.backlog(8);
  expect(await askMany(4)).toEqual(["granted", "granted", "granted", "granted"]);
  // Four of eight wait, five slots are free, and one of those is kept.
  await rig.backlog(1);
  expect(await rig.ask(await rig.job("acc-5"))).toMatchObject({ kind: "wait", reason: "pace" });
});

test("a batch waits in queues, parked for accounts at work, and in campaigns that are not fed", async () => {
  await askMany(4);
  const { client } = rig;
  const isPaced = async () => {
    // Counted anew.
    await rig.advance(700);
    return (await rig.ask(await rig.job("acc-5"))).kind === "wait";
  };
  const lane = rig.key("lane:acc-1");
  const parked = Array.from({ length: 5 }, (_none, n) => `parked-${n}`);
  await client.zadd(rig.bull("messages", "delayed"), ...parked.flatMap((id) => [9e15, id]));
  await client.zadd(lane, ...parked.flatMap((id) => [0, id]));
  expect(await isPaced(), "five are parked, and four may leave").toBe(true);
  await client.zadd(lane, rig.nowMs + 3_600_000, "parked-0");
  await client.hset(rig.key("campaign:spring"), { accepted: 10, fed: 9 });
  await client.zadd(rig.key("running"), 0, "spring");
  expect(await isPaced(), "four are parked, as one waits for a rest, and one is not fed").toBe(true);
  await client.hset(rig.key("campaign:spring"), { fed: 10 });
  // A day's worth of jobs for tomorrow waits for nothing here.
  await client.zadd(rig.bull("messages", "delayed"), ...parked.flatMap((id) => [8e15, `later-${id}`]));
  expect(await isPaced(), "four are parked").toBe(false);
});

test("a pace lets go at the moment it named", async () => {
  await rig.backlog(9);
  await askMany(3);
  const waiting = await rig.job("acc-4");
  const answer = await rig.ask(waiting);
  if (answer.kind !== "wait") throw new Error(answer.kind);
  await rig.advance(answer.forMs - 1);
  expect((await rig.ask(waiting)).kind).toBe("wait");
  await rig.advance(1);
  expect((await rig.ask(waiting)).kind).toBe("granted");
});

test("time never goes back, whatever the clock says", async () => {
  const before = (await rig.engine.keys.read()).nowMs;
  await rig.advance(-3_600_000);
  expect((await rig.engine.keys.read()).nowMs).toBe(before);
  expect((await rig.ask(await rig.job("acc-1"))).kind).toBe("granted");
  expect((await rig.engine.keys.read()).nowMs).toBe(before);
});

test("without a word that the key is fresh nothing leaves for one window", async () => {
  await rig.reset();
  await rig.open({ fresh: false });
  await rig.account("ada");
  const job = await rig.job("ada");
  expect(await rig.ask(job)).toEqual({ kind: "wait", forMs: CLOSED_MS, reason: "fresh_state" });
  await rig.advance(CLOSED_MS - 1);
  expect((await rig.ask(job)).kind).toBe("wait");
  await rig.advance(1);
  expect((await rig.ask(job)).kind).toBe("granted");
});

test("a flush in mid-run closes for one window, also under a worker that said fresh", async () => {
  await rig.call(await rig.job("acc-1"));
  const clock = rig.nowMs;
  await rig.client.flushall();
  await rig.setClock(clock);
  const job = await rig.job("acc-1");
  expect(await rig.ask(job)).toMatchObject({ kind: "wait", reason: "fresh_state" });
  await rig.open({ fresh: true });
  await rig.account("acc-1");
  expect(await rig.ask(job)).toMatchObject({ kind: "wait", reason: "fresh_state" });
  await rig.advance(CLOSED_MS);
  expect((await rig.ask(job)).kind).toBe("granted");
});

test("a call that was out while the state was lost still ends in its outcome, and takes a slot of the new state", async () => {
  const job = await rig.job("acc-1");
  const sent = await rig.send(job);
  const clock = rig.nowMs;
  await rig.client.flushall();
  await rig.setClock(clock);
  const settlement = rig.settlement(job, sent, "ok");
  expect(await rig.gate.settle(settlement)).toEqual({ kind: "ended", status: "succeeded" });
  expect(await rig.gate.settle(settlement)).toEqual({ kind: "ended", status: "succeeded" });
  expect((await rig.engine.keys.read()).slotsBusy).toBe(1);
  expect(await rig.credits()).toMatchObject({ charged: 1 });
  const dead = await rig.job("acc-2");
  expect(await rig.settle(dead, { callId: "lost", epoch: 1 }, "token_dead")).toEqual({ kind: "again", wasted: 1 });
});

test.each([
  ["a lower limit", { rateLimit: 5 }],
  ["a longer window", { rateWindowMs: 90_000 }],
])("%s closes for one window of the new kind", async (_what, change) => {
  const engine = rig.withConfig(change);
  const windowMs = engine.config.rateWindowMs;
  await engine.keys.start({ worker: "rig", apiKey: "rig-api-key", secrets: engine.secrets, fresh: true });
  expect(await engine.gate.ask(rig.request(await rig.job("acc-1")))).toEqual({
    kind: "wait",
    forMs: windowMs + windowMarginMs(windowMs),
    reason: "fresh_state",
  });
});

test("a higher limit opens at once", async () => {
  const engine = rig.withConfig({ rateLimit: 20 });
  await engine.keys.start({ worker: "rig", apiKey: "rig-api-key", secrets: engine.secrets, fresh: false });
  expect((await engine.gate.ask(rig.request(await rig.job("acc-1")))).kind).toBe("granted");
});

test("while Redis is nearly full nothing is granted and nothing is written", async () => {
  const { scripts, config } = rig.engine;
  const full = new Gate({ scripts, config, people: new PeopleDigests(scripts, rig.engine.secrets), health: { shortage: "redis_memory" } });
  expect(await full.ask(rig.request(await rig.job("acc-1")))).toEqual({ kind: "wait", forMs: 1_000, reason: "redis_memory" });
  expect((await rig.engine.keys.read()).openGrants).toBe(0);
});

test("while workers with two settings run side by side the lower limit holds for both", async () => {
  const lower = rig.withConfig({ rateLimit: 4 });
  await lower.keys.start({ worker: "newer", apiKey: "rig-api-key", secrets: rig.engine.secrets, fresh: true });
  await rig.advance(CLOSED_MS);
  // One of four is kept for urgent jobs. The rig's own engine is the older worker, with nine.
  expect((await askMany(9)).filter((kind) => kind === "granted").length).toBeLessThanOrEqual(3);
});

test("no call leaves by a clock that jumped, also before the next beat, and what its worker was granted before may", async () => {
  const jumps: number[] = [];
  const engine = rig.withConfig({ rateLimit: 1 }, { onClockJump: (jumpMs) => jumps.push(jumpMs) });
  const [first, second, third] = await rig.jobs(3, "acc-1");
  if (first === undefined || second === undefined || third === undefined) throw new Error("no jobs");
  const before = rig.request(first);
  expect(await engine.gate.ask(before)).toMatchObject({ kind: "granted" });
  expect(await engine.gate.markLeft(before.ref, before.callId)).toBe(true);
  // By Redis's clock the window of the first is over.
  await rig.advance(CLOSED_MS + 30_000);
  const early = rig.request(second);
  expect(await engine.gate.ask(early)).toMatchObject({ kind: "granted" });
  expect(await engine.gate.markLeft(early.ref, early.callId)).toBe(false);
  expect(jumps.map((jumpMs) => Math.round(jumpMs / 1_000))).toEqual([Math.round((CLOSED_MS + 30_000) / 1_000)]);
  expect(await engine.gate.ask(rig.request(third))).toMatchObject({ kind: "wait", reason: "fresh_state" });
});
