/** The ledger: one settlement for each call, late answers, what a crash left, and budgets. Tests that turn on days are in ledger-days.test.ts. */

import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { jobDigest, outcomeIdOf, Sweep } from "../src/index.ts";
import { type Rig, type RigJob, startRig } from "./rig.ts";

const GRACE_MS = 2_000;
const TIMEOUT_MS = 10_000;
let rig: Rig;

beforeAll(async () => {
  rig = await startRig();
});
afterAll(async () => await rig.close());
beforeEach(async () => {
  await rig.reset();
  await rig.open();
  await rig.account("ada", 100);
});

test("a repeated request gives the same grant; another call of the same job waits for the first one's deadline", async () => {
  const job = await rig.job("ada");
  const callId = rig.newCall();
  const first = await rig.ask(job, callId);
  expect(await rig.ask(job, callId)).toEqual(first);
  expect((await rig.engine.keys.read()).slotsBusy).toBe(1);
  await rig.advance(4_000);
  expect(await rig.ask(job)).toEqual({ kind: "snooze", forMs: TIMEOUT_MS - 4_000, reason: "open_call" });
});

test.each<[string, (job: RigJob) => Promise<unknown>]>([
  ["the job's date passed", async () => await rig.advance(2_000)],
  ["its account was paused", async () => await rig.engine.accounts.pause("ada")],
  ["its account was removed", async () => await rig.engine.accounts.remove("ada")],
  ["its account got another token", async () => await rig.engine.accounts.register("ada", { loginToken: "another" })],
  ["its campaign was paused", async () => await rig.client.hset(rig.key("campaign:spring"), "state", "paused")],
  ["its campaign was cancelled", async () => await rig.client.hset(rig.key("campaign:spring"), "state", "cancelled")],
])("the mark is refused when, while the connection was made, %s", async (_what, happens) => {
  await rig.client.hset(rig.key("campaign:spring"), { state: "running", maxCredits: "" });
  const job = await rig.job("ada", { campaignId: "spring", expiresAtMs: rig.nowMs + 1_500 });
  const callId = rig.newCall();
  expect((await rig.ask(job, callId)).kind).toBe("granted");
  await happens(job);
  expect(await rig.gate.markLeft(job.ref, callId)).toBe(false);
  expect(await rig.settle(job, { callId, epoch: 1 }, "not_left")).toMatchObject({ kind: "again" });
  expect((await rig.credits())["charged"] ?? 0).toBe(0);
});

test("the mark is refused after the deadline, to a call that was overtaken, and to a voided grant", async () => {
  const job = await rig.job("ada");
  const first = rig.newCall();
  await rig.ask(job, first);
  await rig.advance(TIMEOUT_MS - 1);
  const second = rig.newCall();
  expect((await rig.ask(job, second)).kind).toBe("snooze");
  await rig.advance(1);
  expect(await rig.gate.markLeft(job.ref, first)).toBe(false);
  expect((await rig.ask(job, second)).kind).toBe("granted");
  expect(await rig.gate.markLeft(job.ref, first)).toBe(false);
  expect(await rig.gate.markLeft(job.ref, second)).toBe(true);
  expect(await rig.gate.markLeft(job.ref, second)).toBe(true);
  // The frozen worker's word about the first call changes nothing.
  expect(await rig.settle(job, { callId: first, epoch: 1 }, "not_left")).toEqual({ kind: "already", state: "open" });
  expect(await rig.settle(job, { callId: second, epoch: 1 }, "ok")).toEqual({ kind: "ended", status: "succeeded" });
});

test("a grant that never left is voided by the sweep after its deadline: slot, place and held credits are free, and it runs again", async () => {
  await rig.account("bob", 1);
  const job = await rig.job("bob");
  await rig.ask(job);
  const next = await rig.job("bob");
  expect(await rig.park(next)).toBe("parked");
  await rig.advance(TIMEOUT_MS + GRACE_MS - 1);
  await rig.swept();
  expect(await rig.stateOf(job)).toBe("open");
  await rig.advance(1);
  expect((await rig.swept()).interrupted).toBe(0);
  expect(await rig.stateOf(job)).toBe("waiting");
  expect(await rig.stateOf(next)).toBe("released");
  expect(await rig.credits()).toMatchObject({ held: 0 });
  expect((await rig.engine.keys.read()).slotsBusy).toBe(0);
  await rig.call(next);
  expect((await rig.ask(job)).kind).toBe("granted");
});

test("a voided grant whose job BullMQ no longer has ends cancelled", async () => {
  const job = await rig.job("ada");
  await rig.ask(job);
  await rig.client.del(rig.bull("messages", job.ref.id));
  await rig.advance(TIMEOUT_MS + GRACE_MS);
  expect((await rig.swept()).vanished).toBe(1);
  expect(await rig.results()).toEqual(new Map([[job.ref.id, "cancelled"]]));
});

test.each(["not_left", "token_dead"] as const)(
  "a job that a failover took back with its grant gets no entry by its late settlement (%s), which is summed once: its producer, who asks again, adds it",
  async (end) => {
    const job = await rig.job("ada");
    const { callId } = await rig.send(job);
    await rig.client.del(rig.key(`job:${jobDigest(job.ref)}`), rig.bull("messages", job.ref.id), rig.key("open"));
    const takenBack = { kind: "already", state: "taken_back" };
    expect(await rig.settle(job, { callId, epoch: 1 }, end)).toMatchObject(takenBack);
    expect(await rig.settle(job, { callId, epoch: 1 }, end)).toMatchObject(takenBack);
    expect(await rig.client.exists(rig.key(`job:${jobDigest(job.ref)}`))).toBe(0);
    expect(await rig.credits()).toMatchObject(end === "token_dead" ? { charged: 1, wasted: 1 } : {});
  },
);

test("a job whose grant alone is lost goes on, and ends cancelled when it is taken out of BullMQ later", async () => {
  const job = await rig.job("ada");
  const { callId } = await rig.send(job);
  await rig.client.del(rig.key(`job:${jobDigest(job.ref)}`));
  expect(await rig.settle(job, { callId, epoch: 1 }, "server_error")).toEqual({ kind: "retry" });
  await rig.client.del(rig.bull("messages", job.ref.id));
  await rig.advance(61_000);
  expect((await rig.swept()).vanished).toBe(1);
  expect(await rig.results()).toEqual(new Map([[job.ref.id, "cancelled"]]));
});

test("a call that left and was never answered is interrupted: asked by its job, or ended unknown by the sweep, once", async () => {
  const [asked, swept] = await rig.jobs(2, "ada");
  if (asked === undefined || swept === undefined) throw new Error("no jobs");
  const sent = await rig.send(asked);
  await rig.send(swept);
  await rig.advance(TIMEOUT_MS);
  expect(await rig.ask(asked)).toMatchObject({ kind: "interrupted", callId: sent.callId, price: 1 });
  await rig.advance(GRACE_MS);
  expect((await rig.swept()).interrupted).toBe(2);
  expect(await rig.results()).toEqual(
    new Map([
      [asked.ref.id, "unknown"],
      [swept.ref.id, "unknown"],
    ]),
  );
  expect(await rig.ask(asked)).toEqual({ kind: "settled", published: true });
  expect(await rig.credits()).toMatchObject({ uncertain: 2, held: 0 });
});

test.each(["before", "after"])(
  "a late answer after unknown settles the credits once, %s its outcome is published; the outcome stays",
  async (when) => {
    const job = await rig.job("ada", { price: 3, campaignId: "c|1" });
    const sent = await rig.send(job);
    const unknown = { ...rig.settlement(job, sent, "timed_out"), redrive: true };
    expect(await rig.gate.settle(unknown)).toEqual({ kind: "ended", status: "unknown" });
    if (when === "after") await rig.gate.markPublished(jobDigest(job.ref));
    // Another process that knows no more does not close the question.
    const interrupted = { ...unknown, next: { kind: "end", status: "unknown", code: null, outcome: Buffer.from("another") } } as const;
    expect(await rig.gate.settle(interrupted)).toEqual({ kind: "already", state: "settled" });
    expect(await rig.credits()).toMatchObject({ uncertain: 3 });
    expect(await rig.settle(job, sent, "ok")).toEqual({ kind: "already", state: "settled" });
    expect(await rig.settle(job, sent, "ok")).toEqual({ kind: "already", state: "settled" });
    expect(await rig.credits()).toMatchObject({
      charged: 3,
      "charged|op|message.send": 3,
      "charged|campaign|c|1": 3,
      redriven: 3,
      "redriven|campaign|c|1": 3,
      wasted: 3,
      uncertain: 0,
      held: 0,
    });
    const { byAccount } = await rig.engine.credits.read({ days: 1, nowMs: rig.nowMs });
    expect(byAccount).toEqual([{ accountId: "ada", charged: 3, uncertain: 0, wasted: 3, redriven: 3 }]);
    await rig.advance(6_000);
    await rig.swept();
    if (when === "before") expect(await rig.results()).toEqual(new Map([[job.ref.id, "unknown"]]));
  },
);

test("the part of the held price that an answer leaves open is uncertain beside what it shows, for good, and counts for its campaign", async () => {
  const job = await rig.job("ada", { price: 15, campaignId: "c|1" });
  const sent = await rig.send(job);
  expect(await rig.credits()).toMatchObject({ held: 15 });
  const shown = { ...rig.settlement(job, sent, "ok"), price: 3, uncertain: 12 };
  const ended = { kind: "ended", status: "succeeded" };
  expect(await rig.gate.settle(shown)).toEqual(ended);
  expect(await rig.gate.settle(shown)).toEqual(ended);
  // No answer is missing: another word about the same call changes nothing.
  await rig.gate.settle({ ...rig.settlement(job, sent, "ok"), price: 15 });
  expect(await rig.credits()).toMatchObject({
    charged: 3,
    "charged|op|message.send": 3,
    uncertain: 12,
    "uncertain|op|message.send": 12,
    "uncertain|campaign|c|1": 12,
    held: 0,
  });
});

test("a late answer settles what it shows, and leaves open what it does not", async () => {
  const job = await rig.job("ada", { price: 15 });
  const sent = await rig.send(job);
  await rig.settle(job, sent, "timed_out");
  expect(await rig.credits()).toMatchObject({ uncertain: 15 });
  await rig.gate.settle({ ...rig.settlement(job, sent, "ok"), price: 3, uncertain: 12 });
  expect(await rig.credits()).toMatchObject({ charged: 3, uncertain: 12 });
});

test.each(["ok", "server_error", "timed_out", "token_dead", "not_left", "key_refused"] as const)(
  "repeating the settlement of a call (%s) changes nothing and answers the same",
  async (end) => {
    const job = await rig.job("ada");
    const settlement = rig.settlement(job, await rig.send(job), end);
    const first = await rig.gate.settle(settlement);
    const digest = await rig.client.call("DEBUG", "DIGEST");
    expect(await rig.gate.settle(settlement)).toEqual(first);
    expect(await rig.client.call("DEBUG", "DIGEST")).toBe(digest);
  },
);

test.each(["ok", "timed_out", "not_found", "token_dead", "uncalled"] as const)(
  "repeating a settlement (%s) that asks for its outcome to be published changes nothing and answers the same, whatever became of the outcome",
  async (end) => {
    const job = await rig.job("ada");
    const sent = end === "uncalled" ? null : await rig.send(job);
    const settlement = rig.publishing(sent === null || end === "uncalled" ? rig.uncalled(job) : rig.settlement(job, sent, end));
    const first = await rig.gate.settle(settlement);
    const published = end === "ok" || end === "timed_out" || end === "uncalled";
    // Charged for nothing, a job that failed has more to tell than its outcome.
    expect("published" in first).toBe(published);
    expect((await rig.results()).size).toBe(published ? 1 : 0);
    expect((await rig.engine.keys.read()).unpublished).toBe(end === "not_found" ? 1 : 0);
    const again = async () => {
      const digest = await rig.client.call("DEBUG", "DIGEST");
      expect(await rig.gate.settle(settlement)).toEqual(first);
      expect(await rig.client.call("DEBUG", "DIGEST")).toBe(digest);
    };
    await again();
    // A consumer takes it off the queue.
    await rig.client.del(rig.bull("results", "wait"), rig.bull("results", outcomeIdOf(jobDigest(job.ref))));
    await again();
  },
);

test("another word about a job whose outcome was published in the step that settled it changes nothing", async () => {
  const job = await rig.job("ada");
  const sent = await rig.send(job);
  expect(await rig.gate.settle(rig.publishing(rig.settlement(job, sent, "ok")))).toMatchObject({ kind: "ended", published: true });
  const digest = await rig.client.call("DEBUG", "DIGEST");
  for (const other of [rig.settlement(job, sent, "not_found"), rig.publishing(rig.settlement(job, sent, "timed_out")), rig.uncalled(job)]) {
    expect(await rig.gate.settle(other)).toEqual({ kind: "already", state: "settled" });
  }
  expect(await rig.client.call("DEBUG", "DIGEST")).toBe(digest);
  expect(await rig.results()).toEqual(new Map([[job.ref.id, "succeeded"]]));
  expect(await rig.ask(job)).toEqual({ kind: "settled", published: true });
});

test("free failures are counted, and the last one ends the job", async () => {
  const job = await rig.job("ada");
  expect(await rig.call(job, "server_error")).toEqual({ kind: "retry" });
  expect(await rig.call(job, "no_connection")).toEqual({ kind: "retry" });
  expect(await rig.call(job, "not_left")).toEqual({ kind: "again" });
  expect(await rig.call(job, "server_error")).toEqual({ kind: "ended", status: "failed" });
  expect(await rig.credits()).toMatchObject({ held: 0 });
});

test("settled but unpublished outcomes are published by the sweep, once", async () => {
  const job = await rig.job("ada");
  await rig.call(job);
  await rig.swept();
  expect((await rig.results()).size).toBe(0);
  await rig.advance(6_000);
  expect((await rig.swept()).published).toBe(1);
  expect((await rig.swept()).published).toBe(0);
  expect(await rig.results()).toEqual(new Map([[job.ref.id, "succeeded"]]));
});

test("a job dearer than any day's budget holds up only itself", async () => {
  const engine = rig.withConfig({ maxCreditsPerDay: 5 });
  expect(await engine.gate.ask(rig.request(await rig.job("ada", { price: 6 })))).toMatchObject({
    kind: "snooze",
    reason: "over_day_budget",
  });
  expect((await engine.gate.ask(rig.request(await rig.job("ada", { price: 5 })))).kind).toBe("granted");
});

test("a job dearer than any day's budget that was handed its account's place gives it on", async () => {
  const engine = rig.withConfig({ maxCreditsPerDay: 5 });
  await rig.account("one", 1);
  const first = await rig.job("one");
  const sent = await rig.send(first);
  const dear = await rig.job("one", { price: 6 });
  const cheap = await rig.job("one");
  await rig.park(dear);
  await rig.park(cheap);
  await rig.settle(first, sent, "ok");
  expect(await rig.stateOf(dear)).toBe("released");
  expect(await engine.gate.ask(rig.request(dear))).toMatchObject({ kind: "snooze", reason: "over_day_budget" });
  expect(await rig.stateOf(cheap)).toBe("released");
  expect((await engine.gate.ask(rig.request(cheap))).kind).toBe("granted");
});

test("a job that expired is refused, with what it had cost before", async () => {
  const job = await rig.job("ada", { expiresAtMs: rig.nowMs + 5_000, price: 2 });
  await rig.call(job, "key_refused");
  await rig.engine.keys.resume();
  await rig.advance(5_000);
  expect(await rig.ask(job)).toMatchObject({ kind: "refused", code: "expired", history: { calls: 1, charged: 2 } });
});

test("an answer that came between the sweep's look and its word is not overwritten", async () => {
  const job = await rig.job("ada");
  const sent = await rig.send(job);
  await rig.advance(TIMEOUT_MS + GRACE_MS);
  const { scripts } = rig.engine;
  const hgetall = scripts.client.hgetall.bind(scripts.client);
  let late: unknown = null;
  // The real client; only the moment of its answer is chosen.
  scripts.client.hgetall = (async (key: string) => {
    late ??= await rig.settle(job, sent, "server_error");
    return await hgetall(key);
  }) as typeof scripts.client.hgetall;
  try {
    expect((await rig.swept()).interrupted).toBe(0);
  } finally {
    scripts.client.hgetall = hgetall as typeof scripts.client.hgetall;
  }
  expect(late).toEqual({ kind: "retry" });
  expect(await rig.stateOf(job)).toBe("waiting");
  expect((await rig.ask(job)).kind).toBe("granted");
});

/** BullMQ failed the job by itself. */
async function failedByBullmq(job: RigJob, atMs: number): Promise<void> {
  await rig.client.zadd(rig.bull("messages", "failed"), atMs, job.ref.id);
  await rig.client.hset(rig.bull("messages", job.ref.id), "finishedOn", atMs);
}

test("jobs that BullMQ failed by itself end failed, also those of one millisecond of which the sweep had seen one", async () => {
  const [first, second, ours] = await rig.jobs(3, "ada");
  if (first === undefined || second === undefined || ours === undefined) throw new Error("no jobs");
  const atMs = rig.nowMs;
  await rig.call(ours, "not_found");
  await failedByBullmq(ours, atMs);
  await failedByBullmq(first, atMs);
  await rig.swept();
  await failedByBullmq(second, atMs);
  await rig.advance(5_000);
  expect((await rig.swept()).failedByBullmq).toBe(2);
  expect((await rig.swept()).failedByBullmq).toBe(0);
  expect([...(await rig.results()).keys()].sort()).toEqual([first, second, ours].map(({ ref }) => ref.id).sort());
});

test("the outcome of a job that BullMQ failed says what its calls had cost", async () => {
  const job = await rig.job("ada", { price: 4 });
  await rig.call(job, "key_refused");
  await failedByBullmq(job, rig.nowMs);
  await rig.advance(5_000);
  await rig.swept();
  const data = await rig.client.hget(rig.bull("results", `o-${jobDigest(job.ref)}`), "data");
  expect(JSON.parse(data ?? "null")).toMatchObject({ status: "failed", calls: 1, credits: { charged: 4, uncertain: 0 } });
  expect(await rig.credits()).toMatchObject({ charged: 4, wasted: 4 });
});

test("a job that was taken out of its queue between two calls ends cancelled, with what it had cost; one that is still there waits on", async () => {
  const [gone, there] = await rig.jobs(2, "ada", { price: 2 });
  if (gone === undefined || there === undefined) throw new Error("no jobs");
  await rig.call(gone, "server_error");
  await rig.call(there, "server_error");
  await rig.client.del(rig.bull("messages", gone.ref.id));
  expect((await rig.swept()).vanished).toBe(0);
  await rig.advance(60_000);
  expect((await rig.swept()).vanished).toBe(1);
  expect(await rig.results()).toEqual(new Map([[gone.ref.id, "cancelled"]]));
  expect(await rig.call(there)).toEqual({ kind: "ended", status: "succeeded" });
  await rig.advance(60_000);
  await rig.swept();
  expect(await rig.client.zcard(rig.key("waiting"))).toBe(0);
});

test("an entry that can't be read is told by the sweep and holds up none of the others", async () => {
  const told: unknown[] = [];
  const sweep = new Sweep(rig.engine, { worker: "other", onSwept: () => undefined, onError: (error) => told.push(error) });
  const [spoilt, fine] = await rig.jobs(2, "ada");
  if (spoilt === undefined || fine === undefined) throw new Error("no jobs");
  await rig.account("bob");
  await rig.send(spoilt);
  const other = await rig.job("bob");
  await rig.send(other);
  await rig.client.hset(rig.key(`job:${jobDigest(spoilt.ref)}`), "meta", "{half");
  await rig.advance(20_000);
  await rig.client.del(rig.key("sweeping"));
  expect((await sweep.sweepOnce()).interrupted).toBe(1);
  expect(told).toHaveLength(1);
  expect(await rig.results()).toEqual(new Map([[other.ref.id, "unknown"]]));
  await sweep.stop();
});

test("an interrupted read that asked to run again is handed back by the sweep, as long as there is a job to run", async () => {
  for (const there of [true, false]) {
    const job = await rig.job("ada");
    const reader: RigJob = { ...job, meta: { ...job.meta, rerun: true } };
    const sent = await rig.send(reader);
    if (!there) await rig.client.del(`${rig.engine.scripts.tag}:${job.ref.queue}:${job.ref.id}`);
    await rig.advance(30_000);
    expect((await rig.swept()).interrupted).toBe(there ? 0 : 1);
    expect(await rig.gate.markLeft(reader.ref, sent.callId)).toBe(false);
    expect((await rig.ask(reader)).kind).toBe(there ? "granted" : "settled");
    await rig.advance(200_000);
    await rig.swept();
  }
});
