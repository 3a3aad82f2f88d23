/** Writes whose effect nobody knows, and that their producer asked to look for: what becomes of each, and that none is ever sent a second time. */
import { type Outcome, personKey } from "@linkup-queue/contracts";
import type { ScenarioPatch } from "@linkup-queue/sandbox";
import { fromNow, waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { expectAgreement } from "./expect-agreement.ts";
import { message, type NewJob, type System, type SystemOptions, startSystem } from "./fixture.ts";

let system: System;
afterEach(async () => system.close());

type Fault = NonNullable<ScenarioPatch["next"]>[number];
const RECONCILE = { onUnknown: "reconcile" } as const;
const lost = (when: "before" | "after" | "late", operation = "message.send"): Fault => ({ status: "hang", when, operation });

function invitation(accountId: string, number: number): NewJob {
  return {
    name: "invitation.send",
    data: { accountId, input: { linkedin_url: `https://www.linkedin.com/in/person-${number}` }, ...RECONCILE },
  };
}

/** A system with one account, in which these calls go wrong. */
async function start(
  next: readonly Fault[],
  { scenario = {}, settings = {} }: Pick<SystemOptions, "scenario" | "settings"> = {},
): Promise<void> {
  system = await startSystem({ scenario: { ...scenario, next: [...next] }, settings: { timeoutMs: 1_500, lookGapMs: 400, ...settings } });
  await system.activeAccounts(["ada"]);
}

async function only(): Promise<Outcome> {
  const [outcome] = await system.outcomesArrive(1);
  return outcome ?? expect.fail("no outcome");
}

/** The operations that reached the sandbox for the account, in order, without log-ins. */
function called(): string[] {
  return system.sandbox
    .journal()
    .map(({ operation }) => operation ?? "")
    .filter((operation) => !operation.startsWith("auth."));
}

test("a message that hung and was delivered ends succeeded by the look that found it, and is sent once", async () => {
  await start([lost("after")]);
  await system.add("messages", [message("ada", 1, RECONCILE)]);
  const outcome = await only();
  expect(outcome).toMatchObject({
    status: "succeeded",
    code: null,
    operation: "message.send",
    calls: 3,
    credits: { charged: 2, uncertain: 1 },
    output: { deliveredAt: expect.any(Number), entityUrn: expect.any(String) },
    reconciled: { by: "message.conversation", at: expect.any(String) },
    resolved: null,
  });
  expect(called()).toEqual(["message.send", "profile.me", "message.conversation"]);
  await expectAgreement(system);
});

test("a message that hung and was delivered later is found by the second look", async () => {
  await start([lost("late")], { scenario: { lateEffectMs: 3_000 }, settings: { lookGapMs: 3_500 } });
  await system.add("messages", [message("ada", 1, RECONCILE)]);
  expect(await only()).toMatchObject({ status: "succeeded", reconciled: { by: "message.conversation" }, calls: 4 });
  expect(called()).toEqual(["message.send", "profile.me", "message.conversation", "message.conversation"]);
  await expectAgreement(system);
});

test("a message that never came through is not done by two looks, beside an older one of the same text, and its waiting is told", async () => {
  const older = { text: "Hello number 1", own: true, agoMs: 3_600_000 };
  await start([lost("before")], { scenario: { messagesBefore: [older] }, settings: { lookGapMs: 1_000 } });
  const [id = ""] = await system.add("messages", [message("ada", 1, RECONCILE)]);
  await waitFor(() => viewOf(id), {
    what: "the job to be looked for",
    until: (view) => view?.state === "delayed" && view.waitsFor?.reason === "reconciling" && view.waitsFor.until !== undefined,
  });
  expect(system.outcomes).toEqual([]);
  const outcome = await only();
  expect(outcome).toMatchObject({
    status: "failed",
    code: "not_done",
    output: null,
    calls: 4,
    credits: { charged: 3, uncertain: 1 },
    reconciled: { by: "message.conversation" },
  });
  await expectAgreement(system);
});

test("an account's own name is asked once, for all its looks", async () => {
  await start([lost("after"), lost("after")]);
  await system.add("messages", [message("ada", 1, RECONCILE)]);
  await system.outcomesArrive(1);
  await system.add("messages", [message("ada", 2, RECONCILE)]);
  await system.outcomesArrive(2);
  expect(called().filter((operation) => operation === "profile.me")).toHaveLength(1);
  expect(system.outcomes.map(({ status }) => status)).toEqual(["succeeded", "succeeded"]);
  await expectAgreement(system);
});

test("in doubt a message stays unknown as it was: its account's name is not known, or the same text is there from the other side", async () => {
  const nameless: Fault = { status: 200, body: { status: "success", data: { headline: "?" } }, operation: "profile.me" };
  await start([lost("after"), nameless]);
  await system.add("messages", [message("ada", 1, RECONCILE)]);
  expect(await only()).toMatchObject({
    status: "unknown",
    code: "timed_out",
    reconciled: null,
    calls: 2,
    credits: { charged: 1, uncertain: 1 },
  });
  expect((await system.engine.unknownWrites.read({ limit: 5 })).outcomes).toHaveLength(1);
  await expectAgreement(system);
});

test("a look that fails free is made again, one that is lost counts, and a look that is refused ends the job unknown", async () => {
  const free: Fault = { status: 500, operation: "message.conversation", times: 2 };
  const refused: Fault = { status: 404, message: "Not found", operation: "message.conversation" };
  await start([lost("after"), free, lost("after", "message.conversation")]);
  await system.add("messages", [message("ada", 1, RECONCILE)]);
  await system.outcomesArrive(1);
  system.sandbox.scenario({ next: [lost("after"), refused] });
  await system.add("messages", [message("ada", 2, RECONCILE)]);
  await system.outcomesArrive(2);
  expect(system.outcomes).toMatchObject([
    { status: "succeeded", calls: 6, credits: { charged: 2, uncertain: 2 } },
    { status: "unknown", code: "timed_out", calls: 2, credits: { charged: 1, uncertain: 1 } },
  ]);
  await expectAgreement(system);
});

test("looks that never come through end, and the job is unknown", async () => {
  await start([lost("after"), { ...lost("before", "profile.me"), times: 9 }], { settings: { lookGapMs: 100, timeoutMs: 300 } });
  await system.add("messages", [message("ada", 1, RECONCILE)]);
  expect(await only()).toMatchObject({ status: "unknown", code: "timed_out", calls: 7, credits: { charged: 0, uncertain: 7 } });
  await expectAgreement(system);
});

test("an invitation counts as sent only where a look found none before: pending at the first look it may be an older one", async () => {
  await start([lost("late", "invitation.send"), lost("after", "invitation.send"), lost("before", "invitation.send")], {
    scenario: { lateEffectMs: 3_000 },
    settings: { lookGapMs: 3_500 },
  });
  for (const number of [1, 2, 3]) {
    await system.add("network", [invitation("ada", number)]);
    await system.outcomesArrive(number);
  }
  expect(system.outcomes).toMatchObject([
    { status: "succeeded", calls: 3, reconciled: { by: "invitation.status" } },
    { status: "unknown", code: "timed_out", calls: 2, reconciled: null },
    { status: "failed", code: "not_done", calls: 3, reconciled: { by: "invitation.status" } },
  ]);
  await expectAgreement(system);
});

test("a look waits for its account as any job does, goes on past its job's date, and repeats for a dead token", async () => {
  await start([lost("before")], { scenario: { dieOnce: { afterCalls: 1 } }, settings: { lookGapMs: 1_000 } });
  const expiresAt = fromNow(2_000).toISOString();
  const [id = ""] = await system.add("messages", [message("ada", 1, { ...RECONCILE, expiresAt })]);
  await waitFor(called, { what: "the first look", until: (operations) => operations.includes("message.conversation") });
  await system.engine.accounts.pause("ada");
  await waitFor(() => viewOf(id), {
    what: "the job to wait for its account",
    until: (view) => view?.state === "parked" && view.waitsFor?.reason === "disabled",
  });
  await system.engine.accounts.resume("ada");
  expect(await only()).toMatchObject({ status: "failed", code: "not_done", reconciled: { by: "message.conversation" } });
  await expectAgreement(system);
});

/** A job whose write may have been done, and whose second look is far off. */
async function inDoubt(extras: Parameters<typeof message>[2] = {}, options: Parameters<typeof start>[1] = {}): Promise<string> {
  await start([lost("before")], { ...options, settings: { lookGapMs: 60_000 } });
  const [id = ""] = await system.add("messages", [message("ada", 1, { ...RECONCILE, ...extras })]);
  await waitFor(async () => (await entryOf(id))["reconciling"] ?? "", {
    what: "the first look",
    until: (text) => text.includes('"absent":true'),
  });
  return id;
}

async function viewOf(id: string) {
  const { views } = system.engine.jobs;
  const [found] = await views.find(id, "messages");
  return found === undefined ? undefined : await views.withWait(found);
}

/** As if the time until its next look had passed. */
async function lookIsDue(id: string): Promise<void> {
  const { client, keys } = system.engine.scripts;
  const [job] = await system.engine.jobs.views.find(id, "messages");
  await client.hset(keys.job(job?.digest ?? ""), "lookAt", "1");
}

async function entryOf(id: string): Promise<Record<string, string>> {
  const { client, keys } = system.engine.scripts;
  const [job] = await system.engine.jobs.views.find(id, "messages");
  return job === undefined ? {} : await client.hgetall(keys.job(job.digest));
}

test("whoever lets a job go sooner than its look is due is told to wait, and no call is made", async () => {
  const id = await inDoubt();
  const before = called();
  await (await system.queue("messages").getJob(id))?.promote();
  await waitFor(async () => (await system.queue("messages").getJob(id))?.attemptsStarted, {
    what: "the job to be fetched once more",
    until: (count) => (count ?? 0) > 3,
  });
  await waitFor(async () => await (await system.queue("messages").getJob(id))?.getState(), {
    what: "it to be put off",
    until: (state) => state === "delayed",
  });
  expect(called()).toEqual(before);
});

test("a job that is looked for can't be cancelled: its call has left; a person who is forgotten is looked for no more", async () => {
  const id = await inDoubt();
  const [found] = await system.engine.jobs.views.find(id, "messages");
  expect(await system.engine.jobs.cancels.cancel(found ?? expect.fail("no job"))).toBe("call_out");
  expect(system.outcomes).toEqual([]);
  await system.engine.forgetPerson(personKey("https://www.linkedin.com/in/person-1"));
  const outcome = await only();
  expect(outcome).toMatchObject({ status: "unknown", code: "timed_out", recipientId: null });
  expect(JSON.stringify(await (await system.queue("messages").getJob(id))?.data)).not.toContain("person-1");
});

test("a job that is looked for and taken out of BullMQ, or loses its account, ends unknown, never cancelled", async () => {
  const id = await inDoubt();
  await system.engine.accounts.remove("ada");
  await lookIsDue(id);
  await (await system.queue("messages").getJob(id))?.promote();
  const outcome = await only();
  expect(outcome).toMatchObject({ status: "unknown", code: "timed_out" });
});

test("a job whose data was edited in BullMQ meanwhile is not looked for by other data, nor sent", async () => {
  const id = await inDoubt();
  const job = (await system.queue("messages").getJob(id)) ?? expect.fail("no job");
  await job.updateData({
    ...Object(job.data),
    input: { linkedin_url: "https://www.linkedin.com/in/person-2", message_text: "Hello number 1" },
  });
  await job.promote();
  expect(await only()).toMatchObject({ status: "unknown", code: "timed_out" });
  expect(called().filter((operation) => operation === "message.send")).toHaveLength(1);
});

test("a job whose data is wrong by now is not called failed: its write may have been done", async () => {
  const id = await inDoubt();
  const job = (await system.queue("messages").getJob(id)) ?? expect.fail("no job");
  await job.updateData({ accountId: "ada", onUnknown: "sometimes" });
  await job.promote();
  expect(await only()).toMatchObject({ status: "unknown", code: "timed_out" });
});
