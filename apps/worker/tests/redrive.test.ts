/** Re-driving against the sandbox: one new job for an old one, with its own cost, and never a second send that nobody asked for. */
import { CallQueues, JobPages, JobViews, REDRIVE_REFUSALS, Redrives } from "@linkup-queue/queue";
import { afterEach, beforeEach, expect, test } from "vitest";
import { expectAgreement } from "./expect-agreement.ts";
import { message, type System, startSystem } from "./fixture.ts";

let system: System;
let queues: CallQueues;
let redrives: Redrives;

beforeEach(async () => {
  system = await startSystem({ settings: { maxAttempts: 1 } });
  const { scripts, config } = system.engine;
  queues = new CallQueues(scripts.client, config.keyId);
  redrives = new Redrives({ scripts, config, queues, views: new JobViews(scripts, config), pages: new JobPages(scripts) });
  await system.activeAccounts(["ada"]);
});
afterEach(async () => {
  await queues.close();
  await system.close();
});

const SURE = { maySendTwice: false };
const refusal = (why: keyof typeof REDRIVE_REFUSALS) => ({ kind: "refused", why, message: REDRIVE_REFUSALS[why] });

test("a failed job is done again once, as a new job that names it, keeps its priority and has its own outcome and cost", async () => {
  system.sandbox.scenario({ next: [{ status: 500, operation: "message.send" }] });
  const [old = ""] = await system.add("messages", [message("ada", 1, { campaignId: "spring", opts: { priority: 100 } })]);
  await system.outcomesArrive(1);
  const answers = await Promise.all([1, 2, 3].map(() => redrives.redrive("messages", old, SURE)));
  expect(answers.map((answer) => answer.kind === "redriven" && answer.jobId)).toEqual([1, 2, 3].map(() => `${old}~2`));
  expect(answers.filter((answer) => answer.kind === "redriven" && !answer.duplicate)).toHaveLength(1);
  const [, outcome] = await system.outcomesArrive(2);
  expect(outcome).toMatchObject({ jobId: `${old}~2`, redriveOf: old, status: "succeeded", campaignId: "spring", credits: { charged: 1 } });
  expect((await system.queue("messages").getJob(`${old}~2`))?.priority).toBe(100);
  expect(await redrives.redrive("messages", old, SURE)).toEqual({
    kind: "redriven",
    queue: "messages",
    jobId: `${old}~2`,
    of: old,
    duplicate: true,
  });
  expect(await redrives.redrive("messages", `${old}~2`, SURE)).toEqual(refusal("succeeded"));
  expect(await redrives.redrive("messages", "nobody", SURE)).toEqual(refusal("not_found"));
  expect(system.sandbox.summary().effects.done).toBe(1);
  await expectAgreement(system);
});
