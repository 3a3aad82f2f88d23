/** The ledger's records by days, from every weekday and over the ends of months and years: used ids, and credits by day. */
import { STARTS } from "@linkup-queue/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { redriveScript } from "../src/again/lua/redrive.ts";
import { type Engine, jobDigest, outcomeIdOf } from "../src/index.ts";
import { ledgerStatesScript } from "../src/views/lua/ledger-states.ts";
import { type Rig, startRig } from "./rig.ts";

const DAY_MS = 86_400_000;
let rig: Rig;

beforeAll(async () => {
  rig = await startRig();
});
afterAll(async () => await rig.close());

const CANDIDATES = [1, 2, 3].map((n): [string, string] => [`again-${n}`, jobDigest({ queue: "messages", id: `again-${n}`, timestamp: 0 })]);

/** A job that ended and is published; its digest. */
async function publishOne(engine: Engine, id?: string): Promise<string> {
  const job = await rig.job("ada", id === undefined ? {} : { id });
  await rig.call(job);
  const digest = jobDigest(job.ref);
  await engine.gate.markPublished(digest);
  return digest;
}

async function isUsed(digest: string, engine = rig.engine): Promise<boolean> {
  const { ledgerDays } = engine.config;
  const [[, , status] = []] = await engine.scripts.run(ledgerStatesScript, { digests: [digest], ledgerDays });
  return status !== "";
}

async function bucketOf(digest: string): Promise<string> {
  const [bucket = ""] = await rig.client.keys(rig.key(`used:*:${digest.slice(0, 2)}`));
  return bucket;
}

/** When Redis drops the bucket, by the rig's clock, to the second. */
async function freeFrom(bucket: string): Promise<number> {
  return Math.ceil((rig.nowMs + (await rig.client.pttl(bucket))) / 1_000) * 1_000;
}

describe.each(STARTS)("from $name", ({ ms: startMs }) => {
  beforeEach(async () => {
    await rig.reset(startMs);
    await rig.open();
    await rig.account("ada", 100);
  });

  test("a finished job shrinks to a byte when it is published, once, and its id stays used", async () => {
    const job = await rig.job("ada");
    await rig.call(job);
    const digest = jobDigest(job.ref);
    expect(await rig.ask(job)).toEqual({ kind: "settled", published: false });
    expect(await rig.gate.markPublished(digest)).toBe(1);
    expect(await rig.gate.markPublished(digest)).toBe(0);
    expect(await rig.client.exists(rig.key(`job:${digest}`))).toBe(0);
    expect(await rig.client.hvals(await bucketOf(digest))).toEqual(["s"]);
    for (let day = 0; day < 30; day += 1) {
      expect(await rig.ask(job), `after ${day} days`).toEqual({ kind: "settled", published: true });
      await rig.advance(DAY_MS);
    }
    expect(await rig.settle(job, { callId: "another", epoch: 1 }, "ok")).toEqual({ kind: "already", state: "settled" });
    expect((await rig.engine.keys.read()).openGrants).toBe(0);
  });

  test.each([1, 6, 7, 8, 30, 365])(
    "with LINKUP_LEDGER_DAYS=%i an id is used for that many days at least and seven more at most, to the moment at which its bucket expires",
    async (ledgerDays) => {
      const engine = rig.withConfig({ ledgerDays });
      const digest = await publishOne(engine);
      const bucket = await bucketOf(digest);
      const freeMs = await freeFrom(bucket);
      expect(freeMs).toBeGreaterThanOrEqual(startMs + ledgerDays * DAY_MS);
      expect(freeMs).toBeLessThanOrEqual(startMs + (ledgerDays + 7) * DAY_MS);
      await rig.setClock(freeMs - 2_000);
      expect(await isUsed(digest, engine)).toBe(true);
      const copy = await rig.client.dumpBuffer(bucket);
      await rig.setClock(freeMs);
      expect(await isUsed(digest, engine)).toBe(false);
      expect(await rig.client.exists(bucket)).toBe(0);
      // Redis has it still, as when a replica or a clock put back keeps it: nobody asks for it.
      await rig.client.restore(bucket, 0, copy);
      expect(await isUsed(digest, engine)).toBe(false);
    },
  );

  test("a worker with a shorter LINKUP_LEDGER_DAYS makes no id of another's free sooner", async () => {
    const digest = await publishOne(rig.engine);
    const bucket = await bucketOf(digest);
    const freeMs = await freeFrom(bucket);
    const other = rig.withConfig({ ledgerDays: 3 });
    let sibling = 0;
    while (jobDigest({ queue: "messages", id: `s-${sibling}`, timestamp: 0 }).slice(0, 2) !== digest.slice(0, 2)) sibling += 1;
    await publishOne(other, `s-${sibling}`);
    expect(await rig.client.hlen(bucket)).toBe(2);
    await rig.setClock(freeMs - 2_000);
    expect(await isUsed(digest)).toBe(true);
    expect(await isUsed(digest, other)).toBe(false);
  });

  test("an outcome is kept for LINKUP_OUTCOME_DAYS from its publishing, and without an end before that", async () => {
    const job = await rig.job("ada");
    await rig.call(job);
    await rig.advance(60 * DAY_MS);
    const digest = jobDigest(job.ref);
    const outcome = rig.key(`outcome:${outcomeIdOf(digest)}`);
    expect(await rig.client.pttl(outcome)).toBe(-1);
    await rig.gate.markPublished(digest);
    await rig.advance(7 * DAY_MS - 5_000);
    expect(await rig.client.exists(outcome)).toBe(1);
    await rig.advance(5_000);
    expect(await rig.client.exists(outcome)).toBe(0);
  });

  test("a job that we failed gets no second outcome when nobody sweeps until its id is free; one that BullMQ failed gets its first", async () => {
    const [ours, bullmqs] = await rig.jobs(2, "ada");
    if (ours === undefined || bullmqs === undefined) throw new Error("no jobs");
    await rig.call(ours, "not_found");
    await rig.gate.markPublished(jobDigest(ours.ref));
    for (const { ref } of [ours, bullmqs]) await rig.client.zadd(rig.bull("messages", "failed"), rig.nowMs, ref.id);
    await rig.client.hset(rig.bull("messages", ours.ref.id), "failedReason", "not_found: The profile was not found");
    await rig.client.hset(rig.bull("messages", bullmqs.ref.id), "failedReason", "job stalled more than allowable limit");
    await rig.advance(40 * DAY_MS);
    expect(await isUsed(jobDigest(ours.ref))).toBe(false);
    expect(await rig.swept()).toMatchObject({ failedByBullmq: 1 });
    expect(await rig.swept()).toMatchObject({ failedByBullmq: 0 });
    expect(await rig.results()).toEqual(new Map([[bullmqs.ref.id, "failed"]]));
  });

  test("the job that was named to do an ended job again is named for as long as the ended one is known, however late that is published", async () => {
    const job = await rig.job("ada");
    await rig.call(job, "not_found");
    const digest = jobDigest(job.ref);
    const again = () =>
      rig.engine.scripts.run(redriveScript, {
        queue: "messages",
        digest,
        outcomeId: outcomeIdOf(digest),
        candidates: CANDIDATES,
        heeds: true,
        ledgerDays: 30,
      });
    expect(await again()).toEqual(["new", "again-1"]);
    await rig.advance(60 * DAY_MS);
    expect(await again()).toEqual(["again", "again-1"]);
    await rig.gate.markPublished(digest);
    while (await isUsed(digest)) {
      expect(await again()).toEqual(["again", "again-1"]);
      await rig.advance(DAY_MS);
    }
    await rig.advance(14 * DAY_MS);
    expect(await rig.client.keys("*:redriven:*")).toEqual([]);
  });

  test("fifty asks at once never pass the day's budget; what was not spent is free again", async () => {
    const engine = rig.withConfig({ maxCreditsPerDay: 20 });
    const jobs = await rig.jobs(50, "ada", { price: 3 });
    const asked = await Promise.all(
      jobs.map(async (job) => ({ job, callId: `b-${job.ref.id}`, answer: await engine.gate.ask(rig.request(job, `b-${job.ref.id}`)) })),
    );
    const granted = asked.filter(({ answer }) => answer.kind === "granted");
    expect(granted).toHaveLength(6);
    const waiting = asked.find(({ answer }) => answer.kind === "wait");
    expect(waiting?.answer).toEqual({ kind: "wait", forMs: DAY_MS - (rig.nowMs % DAY_MS), reason: "day_budget" });
    for (const { job, callId } of granted.slice(0, 2)) await engine.gate.settle(rig.settlement(job, { callId, epoch: 1 }, "not_left"));
    for (const { job, callId } of granted.slice(2)) {
      await engine.gate.markLeft(job.ref, callId);
      await engine.gate.settle(rig.settlement(job, { callId, epoch: 1 }, "ok"));
    }
    expect(await rig.credits()).toMatchObject({ charged: 12, held: 0 });
    const rest = await rig.jobs(10, "ada", { price: 3 });
    const answers = await Promise.all(rest.map(async (job) => (await engine.gate.ask(rig.request(job))).kind));
    expect(answers.filter((kind) => kind === "granted")).toHaveLength(2);
  });

  test("a call over midnight is paid from the day that held it", async () => {
    await rig.setClock(Math.ceil(rig.nowMs / DAY_MS) * DAY_MS - 1_000);
    const yesterday = Math.floor(rig.nowMs / DAY_MS);
    const job = await rig.job("ada", { price: 2 });
    const sent = await rig.send(job);
    await rig.advance(2_000);
    await rig.settle(job, sent, "ok");
    expect(await rig.credits(yesterday)).toMatchObject({ charged: 2, held: 0 });
    expect(await rig.credits()).toEqual({});
  });

  test("credits are told by the UTC day of their grant, the last days first", async () => {
    const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);
    const days: string[] = [];
    for (const price of [1, 2, 3]) {
      await rig.call(await rig.job("ada", { price }));
      days.unshift(dayOf(rig.nowMs));
      if (price < 3) await rig.advance(DAY_MS);
    }
    const { total, byDay } = await rig.engine.credits.read({ days: 2, nowMs: rig.nowMs });
    expect(byDay.map(({ day, charged }) => [day, charged])).toEqual([
      [days[0], 3],
      [days[1], 2],
    ]);
    expect(total.charged).toBe(5);
    // The longest that can be asked for.
    await rig.setClock(startMs - (startMs % DAY_MS) + 400 * DAY_MS - 2_000);
    const year = await rig.engine.credits.read({ days: 400, nowMs: rig.nowMs });
    expect(year.byDay.at(-1)).toMatchObject({ day: days.at(-1), charged: 1 });
    expect(year.total.charged).toBe(6);
  });
});
