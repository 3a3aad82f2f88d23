/** Writes that were told unknown, and that somebody asks to look for afterwards: what is told of each, and that none is sent a second time. */
import type { Outcome } from "@linkup-queue/contracts";
import type { Engine } from "@linkup-queue/queue";
import type { ScenarioPatch } from "@linkup-queue/sandbox";
import { waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { expectAgreement } from "./expect-agreement.ts";
import { message, type NewJob, type System, type SystemOptions, startSystem } from "./fixture.ts";

let system: System;
afterEach(async () => system.close());

type Fault = NonNullable<ScenarioPatch["next"]>[number];
const lost = (when: "before" | "after" | "late", operation = "message.send"): Fault => ({ status: "hang", when, operation });

/** A system with one account, in which one job ended unknown. Answers the job's id. */
async function unknown(
  fault: Fault,
  job: NewJob = message("ada", 1),
  { scenario = {}, settings = {} }: Pick<SystemOptions, "scenario" | "settings"> = {},
) {
  system = await startSystem({ scenario: { ...scenario, next: [fault] }, settings: { timeoutMs: 1_000, lookGapMs: 400, ...settings } });
  await system.activeAccounts(["ada"]);
  const [id = ""] = await system.add(queueOf(job), [{ ...job, opts: { jobId: "first" } }]);
  const [outcome] = await system.outcomesArrive(1);
  expect(outcome).toMatchObject({ status: "unknown", code: "timed_out" });
  return id;
}

const queueOf = ({ name }: NewJob) => (name === "invitation.send" ? "network" : "messages");

async function ask(id: string, queue: "messages" | "network" = "messages"): ReturnType<Engine["jobs"]["reconciles"]["look"]> {
  const [found] = await system.engine.jobs.views.find(id, queue);
  return await system.engine.jobs.reconciles.look(found ?? expect.fail(`no job ${id}`));
}

/** The newest telling of a job. */
const told = (jobId: string): Outcome | undefined => system.outcomes.findLast((outcome) => outcome.jobId === jobId);

async function lookEnds(jobId: string): Promise<Outcome> {
  return (
    (await waitFor(() => told(jobId), { what: `${jobId} to end`, until: (outcome) => outcome !== undefined })) ?? expect.fail("no outcome")
  );
}

function called(): string[] {
  return system.sandbox
    .journal()
    .map(({ operation }) => operation ?? "")
    .filter((operation) => !operation.startsWith("auth."));
}

/** Each job as it was told last: whoever keeps outcomes stores the later one. */
async function expectLatestAgree(): Promise<void> {
  const latest = [...new Map(system.outcomes.map((outcome) => [outcome.outcomeId, outcome])).values()];
  await expectAgreement({ ...system, outcomes: latest });
}

test("a message that was told unknown is found: its outcome is told once more, its status stays, and nothing is sent again", async () => {
  const id = await unknown(lost("after"));
  expect(await ask(id)).toEqual({ kind: "looking", queue: "messages", jobId: "first~look", of: "first", duplicate: false });
  expect(await lookEnds("first~look")).toMatchObject({
    ...{
      operation: "message.conversation",
      status: "succeeded",
      output: { happened: true },
      calls: 2,
      credits: { charged: 2, uncertain: 0 },
    },
    reconciled: { by: "message.conversation" },
  });
  await waitFor(() => told("first")?.resolved, { what: "the word on the message" });
  expect(told("first")).toMatchObject({
    ...{ status: "unknown", code: "timed_out", calls: 1, credits: { charged: 0, uncertain: 1 } },
    reconciled: { by: "message.conversation", at: expect.any(String) },
    resolved: { happened: true, by: "message.conversation", at: expect.any(String) },
  });
  expect(called()).toEqual(["message.send", "profile.me", "message.conversation"]);
  const again = await system.engine.jobs.redrives.redrive("messages", "first", { maySendTwice: true });
  expect(again).toMatchObject({ kind: "refused", why: "happened" });
  expect(await ask(id)).toMatchObject({ kind: "refused", why: "resolved" });
  await expectLatestAgree();
});

test("a message that never came is not there by two looks apart, and may be done again", async () => {
  const older = { text: "Hello number 1", own: true, agoMs: 3_600_000 };
  const id = await unknown(lost("before"), message("ada", 1), { scenario: { messagesBefore: [older] } });
  await ask(id);
  expect(await ask(id), "asked twice, one look").toMatchObject({ jobId: "first~look", duplicate: true });
  expect(await lookEnds("first~look")).toMatchObject({ status: "succeeded", output: { happened: false }, calls: 3 });
  await waitFor(() => told("first")?.resolved, { what: "the word on the message" });
  expect(told("first")).toMatchObject({ status: "unknown", resolved: { happened: false, by: "message.conversation" } });
  expect(called()).toEqual(["message.send", "profile.me", "message.conversation", "message.conversation"]);
  expect(await system.engine.jobs.redrives.redrive("messages", "first", { maySendTwice: true })).toMatchObject({ kind: "redriven" });
  expect((await lookEnds("first~2")).status).toBe("succeeded");
  await expectLatestAgree();
});

test("a look that can't tell leaves the write as it was, and may be asked for once more", async () => {
  const id = await unknown(lost("after"));
  const nameless: Fault = { status: 200, body: { status: "success", data: { headline: "?" } }, operation: "profile.me" };
  system.sandbox.scenario({ next: [nameless] });
  await ask(id);
  expect(await lookEnds("first~look")).toMatchObject({ status: "succeeded", reconciled: null, output: { happened: null } });
  expect(told("first")).toMatchObject({ status: "unknown", resolved: null, reconciled: null });
  expect(await ask(id)).toMatchObject({ kind: "looking", jobId: "first~look2", duplicate: false });
  expect(await lookEnds("first~look2")).toMatchObject({ status: "succeeded", output: { happened: true } });
  await waitFor(() => told("first")?.resolved, { what: "the word on the message" });
  await expectLatestAgree();
});

test("an invitation that is pending may be an older one: nothing is told of it", async () => {
  const invitation = {
    name: "invitation.send",
    data: { accountId: "ada", input: { linkedin_url: "https://www.linkedin.com/in/person-1" } },
  };
  const id = await unknown(lost("after", "invitation.send"), invitation);
  await ask(id, "network");
  expect(await lookEnds("first~look")).toMatchObject({ operation: "invitation.status", output: { happened: null } });
  expect(told("first")).toMatchObject({ status: "unknown", resolved: null });
  expect(called()).toEqual(["invitation.send", "invitation.status"]);
  await expectLatestAgree();
});

test("a look whose write is done again meanwhile proves nothing: the second message is not taken for the first", async () => {
  const id = await unknown(lost("before"), message("ada", 1), {
    scenario: { messagesBefore: [{ text: "Hi", own: true, agoMs: 3_600_000 }] },
    settings: { lookGapMs: 3_000 },
  });
  await ask(id);
  await waitFor(called, { what: "the first look", until: (operations) => operations.includes("message.conversation") });
  expect(await system.engine.jobs.redrives.redrive("messages", id, { maySendTwice: true })).toMatchObject({ kind: "redriven" });
  expect((await lookEnds("first~2")).status, "sent before the second look").toBe("succeeded");
  expect(await lookEnds("first~look")).toMatchObject({ status: "succeeded", output: { happened: null }, reconciled: null });
  expect(told("first")).toMatchObject({ status: "unknown", resolved: null, reconciled: null });
  await expectLatestAgree();
});

test("a person's word that comes while a look is out stays, and the look's own outcome says what it saw", async () => {
  const id = await unknown(lost("before"), message("ada", 1), {
    scenario: { messagesBefore: [{ text: "Hi", own: true, agoMs: 3_600_000 }] },
    settings: { lookGapMs: 3_000 },
  });
  await ask(id);
  await waitFor(called, { what: "the first look", until: (operations) => operations.includes("message.conversation") });
  const [found] = await system.engine.jobs.views.find(id, "messages");
  await system.engine.jobs.resolutions.resolve(found ?? expect.fail("no job"), { happened: true, by: "ada" });
  expect(await lookEnds("first~look")).toMatchObject({ output: { happened: false } });
  const [after] = await system.engine.jobs.views.find(id, "messages");
  expect(after?.view.outcome).toMatchObject({ resolved: { happened: true, by: "ada" }, reconciled: null });
});
