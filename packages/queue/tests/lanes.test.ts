/** Lanes: one call in flight for each account, the rest held in order, handed on by whoever frees the place. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { jobDigest } from "../src/index.ts";
import { type Rig, type RigJob, startRig } from "./rig.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await startRig();
});
afterAll(async () => await rig.close());
beforeEach(async () => {
  await rig.reset();
  await rig.open();
  await rig.account("ada");
});

/** The job that now has its turn: out of `delayed`, into its queue. */
async function turns(queue = "messages"): Promise<string[]> {
  const wait = await rig.client.lrange(rig.bull(queue, "wait"), 0, -1);
  return [...wait.reverse(), ...(await rig.client.zrange(rig.bull(queue, "prioritized"), "0", "-1"))];
}

async function take(job: RigJob): Promise<void> {
  await rig.client.zrem(rig.bull(job.ref.queue, "prioritized"), job.ref.id);
  await rig.client.lrem(rig.bull(job.ref.queue, "wait"), 0, job.ref.id);
}

test("held jobs get their turn by priority, then arrival, then id, where 9 comes before 10 and none stands with the normal ones", async () => {
  const first = await rig.job("ada");
  const sent = await rig.send(first);
  const at = rig.nowMs;
  const held = [
    await rig.job("ada", { id: "10", timestamp: at + 5 }),
    await rig.job("ada", { id: "9", timestamp: at + 5 }),
    await rig.job("ada", { id: "bulk", priority: 100, timestamp: at }),
    await rig.job("ada", { id: "none", priority: 0, timestamp: at + 4 }),
    await rig.job("ada", { id: "early", timestamp: at + 3 }),
    await rig.job("ada", { id: "urgent", priority: 1, timestamp: at + 9 }),
  ];
  for (const job of held) expect(await rig.park(job)).toBe("parked");
  await rig.settle(first, sent, "ok");
  const order: string[] = [];
  for (let i = 0; i < held.length; i++) {
    const [id = ""] = await turns();
    order.push(id);
    const job = held.find(({ ref }) => ref.id === id);
    if (job === undefined) throw new Error("nobody has the turn");
    await take(job);
    expect(await turns()).toEqual([]);
    await rig.call(job);
  }
  expect(order).toEqual(["urgent", "early", "none", "9", "10", "bulk"]);
});

test("a job that was released before it lay in `delayed` is moved on when its parking is confirmed", async () => {
  const first = await rig.job("ada");
  const sent = await rig.send(first);
  const held = await rig.job("ada");
  expect((await rig.ask(held)).kind).toBe("parked");
  await rig.settle(first, sent, "ok");
  expect(await turns()).toEqual([]);
  await rig.moveToDelayed(held);
  expect(await rig.gate.confirmPark(held.ref)).toBe("released");
  expect(await turns()).toEqual([held.ref.id]);
  expect(await rig.gate.confirmPark(held.ref)).toBe("released");
  expect(await turns()).toEqual([held.ref.id]);
});

test("a crash between the two is mended by the sweep: the job gets its turn, and the next after it", async () => {
  const first = await rig.job("ada");
  const sent = await rig.send(first);
  const [held, later] = await rig.jobs(2, "ada");
  if (held === undefined || later === undefined) throw new Error("no jobs");
  await rig.ask(held);
  await rig.park(later);
  await rig.settle(first, sent, "ok");
  await rig.moveToDelayed(held);
  await rig.advance(5_000);
  await rig.swept();
  expect(await turns()).toEqual([held.ref.id]);
  await rig.call(held);
  expect(await turns()).toContain(later.ref.id);
});

test("a held job that left its queue is skipped and ends cancelled; the one behind it gets the place", async () => {
  const first = await rig.job("ada");
  const sent = await rig.send(first);
  const [gone, next] = await rig.jobs(2, "ada");
  if (gone === undefined || next === undefined) throw new Error("no jobs");
  await rig.park(gone);
  await rig.park(next);
  await rig.client.del(rig.bull("messages", gone.ref.id));
  await rig.settle(first, sent, "ok");
  expect(await turns()).toEqual([next.ref.id]);
  expect((await rig.swept()).vanished).toBe(1);
  expect(await rig.results()).toEqual(new Map([[gone.ref.id, "cancelled"]]));
});

test("a job that was handed a place and left its queue before it came gives the place on", async () => {
  const first = await rig.job("ada");
  const sent = await rig.send(first);
  const [gone, next] = await rig.jobs(2, "ada");
  if (gone === undefined || next === undefined) throw new Error("no jobs");
  await rig.park(gone);
  await rig.park(next);
  await rig.settle(first, sent, "ok");
  await rig.client.del(rig.bull("messages", gone.ref.id));
  await rig.advance(5_000);
  expect((await rig.swept()).vanished).toBe(1);
  expect(await rig.stateOf(next)).toBe("released");
});

test("a job added again under its id before the sweep saw that it was gone lives", async () => {
  const first = await rig.job("ada");
  const sent = await rig.send(first);
  const held = await rig.job("ada");
  await rig.park(held);
  const key = rig.bull("messages", held.ref.id);
  await rig.client.del(key);
  await rig.settle(first, sent, "ok");
  expect(await rig.stateOf(held)).toBe("vanished");
  await rig.client.hset(key, "name", "message.send");
  const again = await rig.send(held);
  expect(await rig.client.zcard(rig.key("vanished"))).toBe(0);
  expect((await rig.swept()).vanished).toBe(0);
  expect(await rig.settle(held, again, "ok")).toEqual({ kind: "ended", status: "succeeded" });
});

test("two in flight where the account allows two, and never three", async () => {
  await rig.account("bob", 2);
  const jobs = await rig.jobs(4, "bob");
  const [a, b, c, d] = jobs;
  if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error("no jobs");
  const sentA = await rig.send(a);
  await rig.send(b);
  expect(await rig.park(c)).toBe("parked");
  expect(await rig.park(d)).toBe("parked");
  await rig.settle(a, sentA, "ok");
  expect(await turns()).toEqual([c.ref.id]);
  // A newcomer stands behind those that wait.
  expect(await rig.ask(await rig.job("bob"))).toEqual({ kind: "parked", why: "busy" });
  await rig.send(c);
  expect(await rig.stateOf(d)).toBe("parked");
});

test("raising an account's own bound hands the new places on", async () => {
  await rig.account("bob", 1);
  const [a, b, c] = await rig.jobs(3, "bob");
  if (a === undefined || b === undefined || c === undefined) throw new Error("no jobs");
  await rig.send(a);
  await rig.park(b);
  await rig.park(c);
  await rig.account("bob", 3);
  expect((await turns()).sort()).toEqual([b.ref.id, c.ref.id].sort());
});

test("raising everybody's bound lets nobody overtake those that wait: the first of them gets the new place", async () => {
  const [a, b, c] = await rig.jobs(3, "ada");
  if (a === undefined || b === undefined || c === undefined) throw new Error("no jobs");
  await rig.send(a);
  await rig.park(b);
  const engine = rig.withConfig({ accountConcurrency: 2 });
  await engine.keys.start({ worker: "rig", apiKey: "rig-api-key", secrets: engine.secrets, fresh: false });
  expect(await engine.gate.ask(rig.request(c))).toEqual({ kind: "parked", why: "busy" });
  expect(await turns()).toEqual([b.ref.id]);
});

test("urgent passes a place that was handed on, but never the account's bound; the one it passed steps back into line", async () => {
  const first = await rig.job("ada");
  const sent = await rig.send(first);
  const held = await rig.job("ada");
  await rig.park(held);
  const tooMany = await rig.job("ada", { priority: 1 });
  expect(await rig.ask(tooMany)).toEqual({ kind: "parked", why: "busy" });
  await rig.endUncalled(tooMany);
  await rig.settle(first, sent, "ok");
  expect(await rig.stateOf(held)).toBe("released");
  const urgent = await rig.job("ada", { priority: 1 });
  const urgentSent = await rig.send(urgent);
  expect(await rig.ask(held)).toEqual({ kind: "parked", why: "busy" });
  await rig.settle(urgent, urgentSent, "ok");
  expect(await rig.stateOf(held)).toBe("released");
  await rig.call(held);
  expect(await rig.client.scard(rig.key("flying:ada"))).toBe(0);
  expect(await rig.client.scard(rig.key("next:ada"))).toBe(0);
});

test("a job that ends while it is held, or while it has the place, passes it on", async () => {
  const first = await rig.job("ada");
  const sent = await rig.send(first);
  const [held, next] = await rig.jobs(2, "ada");
  if (held === undefined || next === undefined) throw new Error("no jobs");
  await rig.park(held);
  await rig.park(next);
  await rig.settle(first, sent, "ok");
  await rig.endUncalled(held);
  expect(await rig.stateOf(next)).toBe("released");
  expect(await rig.client.zcard(rig.key("released"))).toBe(1);
  expect(await rig.client.smembers(rig.key("next:ada"))).toEqual([jobDigest(next.ref)]);
});

test("a thousand held jobs of a removed account end in their queue, none is forgotten", async () => {
  const first = await rig.job("ada");
  const sent = await rig.send(first);
  const held = await rig.jobs(1_000, "ada");
  for (const job of held) await rig.park(job);
  await rig.engine.accounts.remove("ada");
  // A call that was out when the account went cannot wait for a token that never comes.
  expect(await rig.settle(first, sent, "token_dead")).toEqual({ kind: "again", wasted: 1 });
  for (let i = 0; i < 5; i++) await rig.swept();
  expect(await turns()).toHaveLength(1_000);
  for (const job of [first, ...held]) {
    expect(await rig.ask(job)).toMatchObject({ kind: "refused", code: "account_unavailable" });
    await rig.endUncalled(job);
  }
  await rig.swept();
  expect(await rig.client.zcard(rig.key("lane:ada"))).toBe(0);
  expect(await rig.client.zcard(rig.key("released"))).toBe(0);
  expect(await rig.client.zcard(rig.key("orphans"))).toBe(0);
});
