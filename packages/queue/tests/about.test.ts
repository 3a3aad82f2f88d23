/** Whom a job was about stays beside its outcome, also where a sweep or a cancel writes that: so that the person can be forgotten there. */
import { personKey } from "@linkup-queue/contracts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { JobCancels } from "../src/again/cancels.ts";
import { forgetJobs } from "../src/erasure/forget-jobs.ts";
import { forgetOutcomes } from "../src/erasure/forget-outcomes.ts";
import { jobDigest, outcomeIdOf } from "../src/index.ts";
import type { JobRef } from "../src/job/job-ref.ts";
import { peopleOfJob } from "../src/job/job-subjects.ts";
import { unpackStored } from "../src/ledger/outcome-store.ts";
import { CallQueues } from "../src/redis/call-queues.ts";
import { JobViews } from "../src/views/job-views.ts";
import { type Rig, type RigJob, startRig } from "./rig.ts";

const JANE = personKey("https://www.linkedin.com/in/jane-doe");
const GRACE_MS = 2_000;
let rig: Rig;
let queues: CallQueues;
let views: JobViews;
let cancels: JobCancels;

beforeAll(async () => {
  rig = await startRig();
  const { gate, outbox, config, prices, scripts } = rig.engine;
  queues = new CallQueues(rig.client, config.keyId);
  views = new JobViews(scripts, config, prices);
  cancels = new JobCancels({ scripts, gate, outbox, views, pages: rig.engine.jobs.pages, queues });
});
afterAll(async () => {
  await queues.close();
  await rig.close();
});
beforeEach(async () => {
  await rig.reset();
  await rig.open();
  await rig.account("ada", 1);
});

/** A job about Jane whose producer calls her crm-17. */
async function aboutJane(): Promise<RigJob> {
  const job = await rig.job("ada");
  return { ...job, meta: { ...job.meta, recipientId: "crm-17", about: [JANE] } };
}

async function storedOf(ref: JobRef) {
  const packed = await rig.client.getBuffer(rig.key(`outcome:${outcomeIdOf(jobDigest(ref))}`));
  if (packed === null) throw new Error("no outcome was written");
  return unpackStored(packed);
}

/** That the stored outcome, and the one on the results queue, lose the recipient once Jane is forgotten. */
async function expectForgotten(ref: JobRef, code: string): Promise<void> {
  expect(await storedOf(ref)).toMatchObject({ outcome: { code, recipientId: "crm-17" }, about: [JANE] });
  expect(await forgetOutcomes(rig.engine.scripts, JANE)).toEqual({ kept: 1, results: 1 });
  expect(await storedOf(ref)).toMatchObject({ outcome: { code, recipientId: null }, about: [] });
  const published = await rig.client.hget(rig.bull("results", outcomeIdOf(jobDigest(ref))), "data");
  expect(published).not.toContain("crm-17");
}

test("a job is about those whom its recipient's fields name, too", () => {
  const template = { revision: 1, fields: { first_name: "Jane", linkedin_url: "linkedin.com/in/Jane-Doe" } };
  expect(peopleOfJob({ accountId: "ada", recipientId: "crm-17", input: { post_url: "x" }, template })).toEqual([JANE]);
});

test("of a job whose worker died after the request may have left", async () => {
  const job = await aboutJane();
  await rig.send(job);
  await rig.advance(rig.engine.config.timeoutMs + GRACE_MS);
  expect(await rig.swept()).toMatchObject({ interrupted: 1 });
  await expectForgotten(job.ref, "interrupted");
});

test("of a held job that was removed from its queue", async () => {
  const before = await rig.job("ada");
  const sent = await rig.send(before);
  const job = await aboutJane();
  await rig.park(job);
  await rig.client.zrem(rig.bull("messages", "delayed"), job.ref.id);
  await rig.client.del(rig.bull("messages", job.ref.id));
  await rig.settle(before, sent, "ok");
  expect(await rig.swept()).toMatchObject({ vanished: 1 });
  await expectForgotten(job.ref, "cancelled");
});

test("of a job that BullMQ failed by itself", async () => {
  const { ref } = await rig.job("ada");
  const input = { linkedin_url: "linkedin.com/in/Jane-Doe", message_text: "Hi" };
  const data = { accountId: "ada", recipientId: "crm-17", input };
  expect(await rig.sweep.endUncalled(ref, { name: "message.send", data })).toBe(true);
  await expectForgotten(ref, "internal_error");
});

test("of a job that was cancelled while it was held, from the ledger's note of it", async () => {
  await rig.send(await rig.job("ada"));
  const job = await aboutJane();
  await rig.park(job);
  const [found] = await views.find(job.ref.id, "messages");
  if (found === undefined) throw new Error("the job was not found");
  expect(await cancels.cancel(found)).toBe("cancelled");
  await expectForgotten(job.ref, "cancelled");
});

test("the ledger's own note of a job whose call is out names nobody once the person is forgotten", async () => {
  const job = await aboutJane();
  await rig.send(job);
  await forgetJobs({ scripts: rig.engine.scripts, views, cancels }, JANE);
  const noted = await rig.client.hget(rig.key(`job:${jobDigest(job.ref)}`), "meta");
  expect(JSON.parse(noted ?? "")).toMatchObject({ recipientId: null });
  expect(noted).not.toMatch(new RegExp(`crm-17|${JANE}|about`));
});
