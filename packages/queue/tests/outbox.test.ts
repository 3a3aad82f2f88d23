/** Room on the results queue, shared by processes that know nothing of each other. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Engine, jobDigest, NO_HISTORY, outcomeOf } from "../src/index.ts";
import { type Rig, type RigJob, startRig } from "./rig.ts";

const MAX = 5;
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
  await rig.account("ada", 100);
});

async function room(count: number, name: string = randomUUID()): Promise<unknown> {
  return await rig.engine.scripts.run("resultsRoom", { name, count, max: MAX, keepMs: 1_000 });
}

test("room that somebody was given is nobody else's until it is over, also when the question is repeated", async () => {
  expect(await room(3, "first")).toEqual([3, 0]);
  expect(await room(3, "first")).toEqual([3, 0]);
  expect(await room(3, "second")).toEqual([2, 0]);
  expect(await room(1)).toEqual([0, 0]);
  await rig.advance(1_001);
  expect(await room(9)).toEqual([5, 0]);
});

test("two processes that publish at the same time stop together at the most that may wait", async () => {
  const jobs = await rig.jobs(20, "ada");
  for (const job of jobs) await rig.call(job);
  const publish = ({ outbox }: Engine, { ref, meta }: RigJob) => {
    const ending = { status: "succeeded", code: null, message: "Done", httpStatus: 200, output: null } as const;
    return outbox.publish(jobDigest(ref), outcomeOf(ref, meta, { ending, history: NO_HISTORY }));
  };
  const published = await Promise.all(jobs.map((job, at) => publish(at % 2 === 0 ? rig.engine : other, job)));
  expect(published.filter(Boolean)).toHaveLength(MAX);
  expect((await rig.results()).size).toBe(MAX);
  expect((await rig.engine.keys.read()).unpublished).toBe(20 - MAX);
  expect(await rig.client.zcard(rig.key("results-room"))).toBe(0);
  expect(await rig.engine.outbox.isFull()).toBe(true);
  await rig.client.del(rig.bull("results", "wait"));
  expect(await rig.engine.outbox.isFull()).toBe(false);
});
