/** Re-driving against the sandbox: one new job for an old one, with its own cost, and never a second send that nobody asked for. */
import { PRIORITIES, personKey } from "@linkup-queue/contracts";
import { CampaignDefinition, type Campaigns, REDRIVE_REFUSALS, type RedriveManyAnswer, type RedrivePlace } from "@linkup-queue/queue";
import { CallQueues, JobCancels, JobPages, JobViews, type RedriveManyRequest, Redrives, readStored } from "@linkup-queue/queue/inside";
import { fromNow, waitFor } from "@linkup-queue/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { expectAgreement } from "./expect-agreement.ts";
import { message, type System, scrape, startSystem } from "./fixture.ts";

let system: System;
let queues: CallQueues;
let redrives: Redrives;

beforeEach(async () => {
  system = await startSystem({ settings: { maxAttempts: 1, rateLimit: 100_000 }, scenario: { limit: null } });
  const { scripts, config, prices } = system.engine;
  queues = new CallQueues(scripts.client, config.keyId);
  redrives = new Redrives({
    scripts,
    config,
    prices,
    queues,
    views: new JobViews(scripts, config, prices),
    pages: new JobPages(scripts, config, prices),
  });
  await system.activeAccounts(["ada"]);
});
afterEach(async () => {
  await queues.close();
  await system.close();
});

/** All answers about many, from the first to the one that ends the walk. */
async function redriveAll(request: Omit<RedriveManyRequest, "place">): Promise<RedriveManyAnswer[]> {
  const answers: RedriveManyAnswer[] = [];
  let place: RedrivePlace | undefined;
  do {
    const answer = await redrives.redriveMany({ ...request, place });
    answers.push(answer);
    place = answer.next ?? undefined;
  } while (place !== undefined);
  return answers;
}

/** Campaign `spring` of this many recipients, person-0 and so on, run to its end. */
async function runSpring(count: number, accountIds = ["ada"]): Promise<Campaigns> {
  const campaigns = system.engine.campaigns;
  const input = { linkedin_url: "{{linkedin_url}}", message_text: "Hello {{name}}" };
  await campaigns.create("spring", CampaignDefinition.parse({ name: "Spring", operation: "message.send", accountIds, input }));
  const recipients = Array.from({ length: count }, (_, index) => {
    const id = `https://www.linkedin.com/in/person-${index}`;
    return { id, fields: { linkedin_url: id, name: `Person ${index}` } };
  });
  await campaigns.accept("spring", { accountIds, recipients });
  await campaigns.change("spring", "start");
  await system.outcomesArrive(count);
  await waitFor(async () => (await campaigns.read("spring"))?.state, { what: "the campaign to end", until: (seen) => seen === "ended" });
  return campaigns;
}

/** Waits until BullMQ has this many failed jobs: it is told of an end a moment after the outcome was published. */
const failedAre = (count: number) =>
  waitFor(() => system.queue("messages").getFailedCount(), { what: `${count} failed jobs`, until: (seen) => seen === count });

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
    credits: 1,
  });
  expect(await redrives.redrive("messages", `${old}~2`, SURE)).toEqual(refusal("succeeded"));
  expect(await redrives.redrive("messages", "nobody", SURE)).toEqual(refusal("not_found"));
  expect(system.sandbox.summary().effects.done).toBe(1);
  await expectAgreement(system);
});

test("a write of unknown effect is done again only with the word that it may be sent twice; a read needs none", async () => {
  system.sandbox.scenario({
    next: [
      { status: 502, operation: "message.send" },
      { status: 502, operation: "profile.scrape" },
    ],
  });
  const [write = ""] = await system.add("messages", [message("ada", 1, { opts: { jobId: "my-own~2" } })]);
  const [read = ""] = await system.add("profiles", [scrape("ada", 2)]);
  await system.outcomesArrive(2);
  expect(system.outcomes.map(({ status }) => status)).toEqual(["unknown", "unknown"]);
  expect(await redrives.redrive("messages", write, SURE)).toEqual(refusal("may_send_twice"));
  expect(system.sandbox.summary().effects.done).toBe(0);
  expect(await redrives.redrive("messages", write, { maySendTwice: true })).toMatchObject({ jobId: "my-own~3", duplicate: false });
  expect(await redrives.redrive("profiles", read, SURE)).toMatchObject({ jobId: `${read}~2`, duplicate: false });
  await system.outcomesArrive(4);
  expect(system.outcomes.slice(2).map(({ status }) => status)).toEqual(["succeeded", "succeeded"]);
  await expectAgreement(system);
});

test("a job that can't be done again is refused with its reason: no outcome yet, bad data, expired, its data gone", async () => {
  await system.engine.accounts.pause("ada");
  const [parked = "", bad = "", late = ""] = await system.add("messages", [
    message("ada", 1),
    { name: "message.send", data: { accountId: "ada", input: {} } },
    message("ada", 3, { expiresAt: fromNow(-1_000).toISOString(), opts: { jobId: "late" } }),
  ]);
  await system.outcomesArrive(2);
  expect(await redrives.redrive("messages", parked, SURE)).toEqual(refusal("not_ended"));
  expect(await redrives.redrive("messages", bad, SURE)).toEqual(refusal("invalid"));
  expect(await redrives.redrive("messages", late, SURE)).toEqual(refusal("expired"));
  await failedAre(2);
  await system.queue("messages").remove(late);
  expect(await redrives.redrive("messages", late, SURE)).toEqual(refusal("data_gone"));
});

test("an id that an older job of the same number took is passed over, and the job it was named for keeps it", async () => {
  system.sandbox.scenario({ next: [{ status: 500, operation: "message.send", times: 2 }] });
  const [old = ""] = await system.add("messages", [message("ada", 1, { opts: { jobId: "x" } })]);
  await system.add("messages", [message("ada", 2, { opts: { jobId: "x~2" } })]);
  await system.outcomesArrive(2);
  expect(await redrives.redrive("messages", old, SURE)).toMatchObject({ jobId: "x~3", duplicate: false });
  expect(await redrives.redrive("messages", "x~2", SURE)).toMatchObject({ jobId: "x~4", duplicate: false });
  expect(await redrives.redrive("messages", old, SURE)).toMatchObject({ jobId: "x~3", duplicate: true });
  await system.outcomesArrive(4);
  await expectAgreement(system);
});

test("many are re-driven by code and campaign, page by page to the limit, each once, and what failed again is left alone", async () => {
  system.sandbox.scenario({ next: [{ status: 500, operation: "message.send", times: 12 }] });
  const jobs = Array.from({ length: 12 }, (_, index) => message("ada", index, { campaignId: index < 8 ? "spring" : "autumn" }));
  await system.add("messages", [...jobs, { name: "message.send", data: { accountId: "ada", campaignId: "spring", input: {} } }]);
  await system.outcomesArrive(13);
  await failedAre(13);
  const request = { code: "server_error", campaignId: "spring", limit: 3, maySendTwice: false } as const;
  const answers = await redriveAll(request);
  expect(answers.map(({ redriven, already, refused }) => [redriven, already, refused])).toEqual([
    [3, 0, 0],
    [3, 0, 0],
    [2, 0, 0],
  ]);
  await system.outcomesArrive(21);
  expect(system.outcomes.slice(13).every(({ campaignId, status }) => campaignId === "spring" && status === "succeeded")).toBe(true);
  expect(await redrives.redriveMany({ ...request, code: undefined })).toMatchObject({
    redriven: 0,
    already: 8,
    refused: 1,
    reasons: { invalid: 1 },
  });
  await expectAgreement(system);
});

test("a campaign's re-driven recipients spend its credits and are among its results, and never end it early", async () => {
  system.sandbox.scenario({ next: [{ status: 500, operation: "message.send" }] });
  const campaigns = await runSpring(3);
  expect(await redrives.redriveMany({ campaignId: "spring", limit: 10, maySendTwice: false })).toMatchObject({ redriven: 1, refused: 0 });
  const again = (await system.outcomesArrive(4))[3];
  expect(again).toMatchObject({ campaignId: "spring", status: "succeeded", redriveOf: expect.stringMatching(/^c-/) });
  expect(again?.recipientId).not.toBeNull();
  expect(await campaigns.read("spring")).toMatchObject({
    state: "ended",
    recipients: { accepted: 3, ended: 3 },
    byStatus: { succeeded: 2, failed: 1 },
    credits: { charged: 3, redriven: 1 },
  });
  const { total, byCampaign, byOperation } = await system.credits();
  expect(total).toMatchObject({ redriven: 1 });
  expect(byCampaign).toMatchObject([{ campaignId: "spring", charged: 3, redriven: 1 }]);
  expect(byOperation.find(({ operation }) => operation === "message.send")).toMatchObject({ charged: 3, redriven: 1 });
  await expectAgreement(system);
});

test("a campaign's recipients are done again long after BullMQ dropped their jobs, each once, but not one who was erased", async () => {
  const failed = 240;
  system.sandbox.scenario({ next: [{ status: 400, operation: "message.send", times: failed }] });
  const accountIds = Array.from({ length: 12 }, (_, index) => `acc-${index}`);
  await system.activeAccounts(accountIds);
  await runSpring(failed + 10, accountIds);
  await failedAre(failed);
  await system.queue("messages").clean(0, 0, "failed");
  expect(await system.queue("messages").getFailedCount()).toBe(0);

  const { engine } = system;
  const views = engine.jobs.views;
  const _cancels = new JobCancels({
    scripts: engine.scripts,
    gate: engine.gate,
    outbox: engine.outbox,
    views,
    pages: engine.jobs.pages,
    queues,
  });
  const [erased, some] = system.outcomes.filter(({ status }) => status === "failed");
  const kept = async () => (await readStored(engine.scripts, erased?.outcomeId ?? ""))?.fields;
  expect(await kept()).toMatchObject({ linkedin_url: erased?.recipientId });
  await engine.forgetPerson(personKey(erased?.recipientId ?? ""));
  expect(await kept()).toBeUndefined();
  expect(await redrives.redrive("messages", some?.jobId ?? "", SURE)).toMatchObject({ jobId: `${some?.jobId}~2`, duplicate: false });
  expect(await redrives.redrive("messages", erased?.jobId ?? "", SURE)).toEqual(refusal("data_gone"));

  const request = { code: "invalid_request", campaignId: "spring", limit: 100, maySendTwice: false } as const;
  const answers = await redriveAll(request);
  expect(answers.map(({ redriven }) => redriven)).toEqual([100, 100, failed - 202]);
  expect(answers.reduce((sum, { already, refused }) => sum + already + refused, 0)).toBe(2);
  const all = await system.outcomesArrive(2 * failed + 9);
  const again = all.filter(({ redriveOf }) => redriveOf !== null);
  expect(new Set(again.map(({ recipientId }) => recipientId)).size).toBe(failed - 1);
  expect(again.every(({ status, accountId }) => status === "succeeded" && accountId?.startsWith("acc-"))).toBe(true);
  expect((await system.queue("messages").getJob(`${some?.jobId}~2`))?.priority).toBe(PRIORITIES.bulk);
  expect(system.sandbox.summary().effects.done).toBe(failed + 9);
  expect(await redriveAll({ ...request, limit: 1_000 })).toMatchObject([{ redriven: 0, already: failed - 1, refused: 1 }]);
  await expectAgreement(system);
});
