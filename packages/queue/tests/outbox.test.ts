/** Room on the results queue, shared by processes that know nothing of each other. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Engine, jobDigest, NO_HISTORY, outcomeOf } from "../src/index.ts";
import { resultsRoomScript } from "../src/ledger/lua/results-room.ts";
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

async function room(count: number, name: string = randomUUID()): Promise<unknown> {
  const given = await rig.engine.scripts.run(resultsRoomScript, { name, count, max: MAX, keepMs: 1_000 });
  return [given.count, given.waiting];
}

function publish({ outbox }: Engine, { ref, meta }: RigJob): Promise<boolean> {
  const ending = { status: "succeeded", code: null, message: "Done", httpStatus: 200, output: null } as const;
  return outbox.publish(jobDigest(ref), outcomeOf(ref, meta, { ending, history: NO_HISTORY }));
}

test("what is published at the very moment at which a batch has gone follows at once", async () => {
  for (let turns = 0; turns < 8; turns++) {
    const [first, next] = await rig.jobs(2, "ada");
    if (first === undefined || next === undefined) throw new Error("no jobs");
    for (const job of [first, next]) await rig.call(job);
    await publish(rig.engine, first);
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    expect(await publish(rig.engine, next), `after ${turns} turns`).toBe(true);
  }
}, 10_000);

test("room that somebody was given is nobody else's until it is over, also when the question is repeated", async () => {
  expect(await room(30, "first")).toEqual([30, 0]);
  expect(await room(30, "first")).toEqual([30, 0]);
  expect(await room(30, "second")).toEqual([20, 0]);
  expect(await room(1)).toEqual([0, 0]);
  await rig.advance(1_001);
  expect(await room(90)).toEqual([50, 0]);
});

test("two processes that publish at the same time stop together at the most that may wait", async () => {
  const jobs = await rig.jobs(80, "ada");
  for (const job of jobs) await rig.call(job);
  const first = await Promise.all(jobs.map((job, at) => publish(at % 2 === 0 ? rig.engine : other, job)));
  expect((await rig.results()).size).toBe(first.filter(Boolean).length);
  // What is on the queue and not yet said to be is counted twice for a moment, so there may be room for one more.
  expect((await rig.results()).size).toBeLessThanOrEqual(MAX);
  for (const [at, job] of jobs.entries()) if (first[at] !== true) await publish(rig.engine, job);
  expect((await rig.results()).size).toBe(MAX);
  expect((await rig.engine.keys.read()).unpublished).toBe(80 - MAX);
  expect(await rig.client.zcard(rig.key("results-room"))).toBe(0);
  expect(await rig.engine.outbox.isFull()).toBe(true);
  await rig.client.del(rig.bull("results", "wait"));
  expect(await rig.engine.outbox.isFull()).toBe(false);
});
