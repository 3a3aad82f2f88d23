/**
 * People and programs that reach into BullMQ past us: jobs are edited, moved, removed, added again, finished by others and drained, in any order.
 * No account stays stuck for it, every job that was accepted has an outcome, and none has two.
 */
import { JobData } from "@linkup-queue/contracts";
import { fromNow, testPrefix } from "@linkup-queue/testkit";
import { type Job, Queue, Worker } from "bullmq";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { noteAccepted } from "../src/door/note-accepted.ts";
import type { JobMeta } from "../src/index.ts";
import { type Rig, type RigJob, startRig } from "./rig.ts";

const ACCOUNTS = ["ada", "bob", "cyd"] as const;
const TOKEN = "a-worker";
const JOBS = 8;

let rig: Rig;
let queue: Queue;
let worker: Worker;
beforeAll(async () => {
  rig = await startRig({ rateLimit: 1_000 });
  const at = { connection: rig.client, prefix: rig.engine.scripts.tag };
  queue = new Queue("messages", at);
  // It fetches when it is told to.
  worker = new Worker("messages", null, { ...at, autorun: false, name: testPrefix("wedge") });
  await worker.waitUntilReady();
});
afterAll(async () => {
  await worker.close();
  await queue.close();
  await rig.close();
});

const STEP = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("add" as const), job: fc.nat(JOBS - 1), account: fc.nat(2) }) },
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant("fetch" as const), end: fc.constantFrom("ok", "token_dead", "not_left", "dies" as const) }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("edit" as const), job: fc.nat(JOBS - 1), account: fc.option(fc.nat(2)) }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constantFrom("promote", "delay", "reprioritize", "remove", "finish", "fail"), job: fc.nat(JOBS - 1) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("drain", "obliterate", "take") }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("away" as const), account: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("back" as const), account: fc.nat(2) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("sweep" as const), afterMs: fc.constantFrom(0, 6_000, 61_000) }) },
);
type Step = typeof STEP extends fc.Arbitrary<infer S> ? S : never;

const idOf = (job: number) => `wedge-${job}`;

/** A fetched job as the gate is asked for it: by what its data says now. */
function fetched(job: Job): RigJob | null {
  const { accountId } = job.data as { accountId: string | null };
  if (accountId === null) return null;
  const meta: JobMeta = {
    operation: "message.send",
    accountId,
    campaignId: null,
    recipientId: null,
    redriveOf: null,
    enqueuedAtMs: job.timestamp,
  };
  const ref = { queue: "messages" as const, id: job.id ?? "", timestamp: job.timestamp };
  return { ref, accountId, priority: job.priority, price: 1, meta, expiresAtMs: null, target: ref.id };
}

/** Jobs that a door accepted: each of them is owed an outcome, whatever was done to it. */
const accepted = new Set<string>();

async function add(id: string, account: number): Promise<void> {
  const data = JobData.parse({ accountId: ACCOUNTS[account], input: {} });
  await queue.add("message.send", data, { jobId: id, priority: 10 });
  await noteAccepted(rig.engine.scripts, [{ queue: "messages", id, operation: "message.send", data, isNew: true }]);
  accepted.add(id);
}

/** The doing of our worker with the next job; false when there is none. `dies`: it does nothing more for it, and BullMQ gives it away again. */
async function runNext(end: "ok" | "token_dead" | "not_left" | "dies"): Promise<boolean> {
  const job = (await worker.getNextJob(TOKEN, { block: false })) as Job | undefined;
  if (job === undefined) return false;
  if (end === "dies") {
    await job.moveToWait(TOKEN);
    return true;
  }
  const ours = fetched(job);
  if (ours === null) {
    // A job whose data is wrong ends free, and the ledger's entry may know another account.
    const meta = {
      operation: "message.send",
      accountId: null,
      campaignId: null,
      recipientId: null,
      redriveOf: null,
      enqueuedAtMs: job.timestamp,
    };
    await rig.endUncalled({
      ref: { queue: "messages", id: job.id ?? "", timestamp: job.timestamp },
      meta,
      accountId: null,
    } as unknown as RigJob);
    await job.moveToFailed(new Error("invalid_input: no account"), TOKEN);
    return true;
  }
  const callId = rig.newCall();
  const answer = await rig.ask(ours, callId);
  if (answer.kind === "parked") {
    await job.moveToDelayed(fromNow(365 * 86_400_000).getTime(), TOKEN);
    await rig.gate.confirmPark(ours.ref);
  } else if (answer.kind === "granted") {
    const left = await rig.gate.markLeft(ours.ref, callId);
    const said = await rig.settle(ours, { callId, epoch: answer.epoch }, left ? end : "not_left");
    if (said.kind === "ended") await job.moveToCompleted({ status: "succeeded" }, TOKEN, false);
    else if (said.kind === "parked") {
      await job.moveToDelayed(fromNow(365 * 86_400_000).getTime(), TOKEN);
      await rig.gate.confirmPark(ours.ref);
    } else await job.moveToWait(TOKEN);
  } else if (answer.kind === "settled") {
    await job.moveToCompleted({ status: "settled_before" }, TOKEN, false);
  } else {
    await job.moveToWait(TOKEN);
  }
  return true;
}

/** Somebody's own worker takes the next job there is and finishes it. */
async function takenByAnother(): Promise<void> {
  const job = (await worker.getNextJob("somebody", { block: false })) as Job | undefined;
  await job?.moveToCompleted("done", "somebody", false);
}

/** BullMQ refuses much of this by turns, as a job is in no state for it. */
async function reachIn(step: Step): Promise<void> {
  const job = "job" in step ? await queue.getJob(idOf(step.job)) : undefined;
  switch (step.kind) {
    case "edit":
      await job?.updateData({ accountId: step.account === null ? null : ACCOUNTS[step.account] });
      break;
    case "promote":
      await job?.promote();
      break;
    case "delay":
      await job?.changeDelay(0);
      break;
    case "reprioritize":
      await job?.changePriority({ priority: 1 });
      break;
    case "remove":
      await job?.remove();
      break;
    case "finish":
    case "fail":
      if (job === undefined) break;
      await job.promote().catch(() => undefined);
      for (let tries = 0; tries < JOBS; tries++) {
        const next = (await worker.getNextJob("somebody", { block: false })) as Job | undefined;
        if (next === undefined) break;
        if (next.id !== job.id) await next.moveToWait("somebody");
        else if (step.kind === "finish") await next.moveToCompleted("done", "somebody", false);
        else await next.moveToFailed(new Error("theirs"), "somebody");
      }
      break;
    case "drain":
      await queue.drain(true);
      break;
    case "obliterate":
      await queue.obliterate({ force: true });
      break;
    case "take":
      await takenByAnother();
      break;
    default:
      break;
  }
}

async function take(step: Step): Promise<void> {
  switch (step.kind) {
    case "add":
      await add(idOf(step.job), step.account);
      break;
    case "fetch":
      await runNext(step.end as "ok");
      break;
    case "away":
      await rig.engine.accounts.pause(ACCOUNTS[step.account] ?? "");
      break;
    case "back":
      await back(ACCOUNTS[step.account] ?? "");
      break;
    case "sweep":
      await rig.advance(step.afterMs);
      await rig.swept();
      break;
    default:
      await reachIn(step).catch(() => undefined);
  }
}

async function back(account: string): Promise<void> {
  await rig.engine.accounts.resume(account).catch(() => undefined);
  await rig.account(account);
}

async function settleDown(): Promise<void> {
  for (let round = 0; round < 7; round++) {
    // Notes of accepted jobs are looked at within the hour.
    await rig.advance(round < 6 ? 61_000 : 3_600_000);
    await rig.swept();
    for (let calls = 0; calls < 40 && (await runNext("ok")); calls++);
  }
}

test("whatever is done to jobs in BullMQ past us, every account is at work at the end, and every job has one outcome", async () => {
  const run = async (steps: readonly Step[]) => {
    await rig.reset();
    await rig.open();
    accepted.clear();
    for (const account of ACCOUNTS) await rig.account(account);
    for (const step of steps) await take(step);
    for (const account of ACCOUNTS) await back(account);
    await settleDown();
    for (const account of ACCOUNTS) {
      for (const set of ["flying", "next"])
        expect(await rig.client.smembers(rig.key(`${set}:${account}`)), `${set} of ${account}`).toEqual([]);
      expect(await rig.client.zrange(rig.key(`lane:${account}`), "0", "-1"), `lane of ${account}`).toEqual([]);
    }
    await rig.results();
    for (const [at, account] of ACCOUNTS.entries()) await add(`last-${account}`, at);
    await settleDown();
    const results = await rig.results();
    for (const account of ACCOUNTS) expect(results.get(`last-${account}`), account).toBe("succeeded");
    expect(
      [...accepted].filter((id) => !results.has(id)),
      "accepted, and without an outcome",
    ).toEqual([]);
  };
  await fc.assert(fc.asyncProperty(fc.array(STEP, { minLength: 10, maxLength: 60 }), run), { numRuns: 40, endOnFailure: true });
}, 180_000);
