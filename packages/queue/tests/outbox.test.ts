/** Outcomes onto the results queue, by processes that know nothing of each other. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Engine, jobDigest, NO_HISTORY, outcomeIdOf } from "../src/index.ts";
import { outcomeOf } from "../src/job/outcome.ts";
import { Outbox } from "../src/ledger/outbox.ts";
import { type Rig, type RigJob, startRig } from "./rig.ts";

const MAX = 50;
let rig: Rig;
let other: Engine;

beforeAll(async () => {
  rig = await startRig({ resultsMax: MAX });
  other = rig.withConfig({});
});
afterAll(async () => {
  await other.close();
  await rig.close();
});
beforeEach(async () => {
  await rig.reset();
  await rig.open();
  await rig.account("ada", 1_000);
});

function publish({ outbox }: Engine, { ref, meta }: RigJob): Promise<boolean> {
  const ending = { status: "succeeded", code: null, message: "Done", httpStatus: 200, output: null } as const;
  return outbox.publish(jobDigest(ref), outcomeOf(ref, meta, { ending, history: NO_HISTORY }));
}

test("an outcome published at the very moment at which a batch has gone follows at once", async () => {
  for (let turns = 0; turns < 8; turns++) {
    const [first, next] = await rig.jobs(2, "ada");
    if (first === undefined || next === undefined) throw new Error("no jobs");
    for (const job of [first, next]) await rig.call(job);
    await publish(rig.engine, first);
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    expect(await publish(rig.engine, next), `after ${turns} turns`).toBe(true);
  }
}, 10_000);

test("an outcome that a failover took back, and that is settled again while the sweep found none, keeps its mark and is published", async () => {
  const job = await rig.job("ada");
  const sent = await rig.send(job);
  const { scripts, gate, config } = rig.engine;
  // The sweep found its mark at the former master; here the job is not settled yet, and is by the time that this is confirmed.
  const outbox = new Outbox(scripts, {
    gate,
    config,
    confirmed: async (work) => {
      const found = await work();
      if ((await rig.stateOf(job)) === "open") await rig.settle(job, sent, "ok");
      return found;
    },
  });
  await outbox.republish(jobDigest(job.ref));
  expect(await rig.stateOf(job)).toBe("settled");
  await outbox.republish(jobDigest(job.ref));
  expect([...(await rig.results()).keys()]).toEqual([job.ref.id]);
});

test("a mark whose outcome is kept nowhere goes", async () => {
  const job = await rig.job("ada");
  await rig.call(job);
  await rig.client.del(rig.key(`outcome:${outcomeIdOf(jobDigest(job.ref))}`));
  await rig.engine.outbox.republish(jobDigest(job.ref));
  expect(await rig.client.zcard(rig.key("outbox"))).toBe(0);
  expect((await rig.results()).size).toBe(0);
});

test("an outcome is added once, however often and by whomever it is published", async () => {
  const job = await rig.job("ada");
  await rig.call(job);
  expect(await Promise.all([rig.engine, other, rig.engine].map((engine) => publish(engine, job)))).toEqual([true, true, true]);
  const [id] = await rig.client.lrange(rig.bull("results", "wait"), 0, -1);
  // Taken and removed by a consumer: what is published again finds its mark gone.
  await rig.client.del(rig.bull("results", "wait"), rig.bull("results", id ?? ""));
  expect(await publish(other, job)).toBe(true);
  expect((await rig.results()).size).toBe(0);
});

test("two processes that settle at the same time publish together no more than may wait, and no outcome where none may", async () => {
  const jobs = await rig.jobs(80, "ada");
  const sent = await Promise.all(jobs.map((job) => rig.send(job)));
  const settle = (job: RigJob, at: number) => {
    const { gate } = at % 2 === 0 ? rig.engine : other;
    return gate.settle(rig.publishing(rig.settlement(job, sent[at] ?? { callId: "", epoch: 0 }, "ok")));
  };
  const answers = await Promise.all(jobs.map(settle));
  expect(answers.filter((answer) => "published" in answer).length).toBe(MAX);
  expect((await rig.results()).size).toBe(MAX);
  expect((await rig.engine.keys.read()).unpublished).toBe(80 - MAX);
  await rig.client.del(rig.bull("results", "wait"));
  await rig.advance(10_000);
  expect((await rig.swept()).published).toBe(80 - MAX);

  const [job] = await rig.jobs(1, "ada");
  if (job === undefined) throw new Error("no job");
  const none = rig.withConfig({ resultsMax: 0 });
  expect(await none.gate.settle(rig.publishing(rig.settlement(job, await rig.send(job), "ok")))).toEqual({
    kind: "ended",
    status: "succeeded",
  });
  expect((await rig.results()).size).toBe(80 - MAX);
  await none.close();
});

test("two processes that publish at the same time stop together at the most that may wait", async () => {
  const jobs = await rig.jobs(80, "ada");
  for (const job of jobs) await rig.call(job);
  const first = await Promise.all(jobs.map((job, at) => publish(at % 2 === 0 ? rig.engine : other, job)));
  expect(first.filter(Boolean).length).toBe(MAX);
  expect((await rig.results()).size).toBe(MAX);
  for (const [at, job] of jobs.entries()) if (first[at] !== true) expect(await publish(rig.engine, job)).toBe(false);
  expect((await rig.engine.keys.read()).unpublished).toBe(80 - MAX);
  expect(await rig.engine.outbox.isFull()).toBe(true);
  await rig.client.del(rig.bull("results", "wait"));
  expect(await rig.engine.outbox.isFull()).toBe(false);
});
