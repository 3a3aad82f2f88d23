/** Writes that are looked for whichever way they came: by a campaign, a schedule, a re-drive. None is ever sent a second time by itself. */
import { CampaignDefinition, defineSchedule, ScheduleRequest } from "@linkup-queue/queue";
import type { ScenarioPatch } from "@linkup-queue/sandbox";
import { waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { expectAgreement } from "./expect-agreement.ts";
import { type System, type SystemOptions, startSystem } from "./fixture.ts";

let system: System;
afterEach(async () => system.close());

type Fault = NonNullable<ScenarioPatch["next"]>[number];
const lost = (when: "before" | "after"): Fault => ({ status: "hang", when, operation: "message.send" });
const OLDER = { text: "Hello", own: true, agoMs: 3_600_000 };

async function start(next: readonly Fault[], settings: SystemOptions["settings"] = {}): Promise<void> {
  const scenario = { messagesBefore: [OLDER], next: [...next] };
  system = await startSystem({ scenario, settings: { timeoutMs: 1_000, lookGapMs: 400, ...settings } });
  await system.activeAccounts(["ada"]);
}

const sends = () => system.sandbox.journal().filter(({ operation }) => operation === "message.send").length;

/** A campaign of messages to so many people that asks for looks, run to its end. */
async function runCampaign(people: number) {
  const { campaigns } = system.engine;
  const definition = {
    ...{ name: "Spring", operation: "message.send", accountIds: ["ada"], onUnknown: "reconcile" },
    input: { linkedin_url: "{{linkedin_url}}", message_text: "Hello {{name}}" },
  };
  await campaigns.create("spring", CampaignDefinition.parse(definition));
  const recipients = Array.from({ length: people }, (_none, number) => {
    const id = `https://www.linkedin.com/in/person-${number}`;
    return { id, fields: { linkedin_url: id, name: `number ${number}` } };
  });
  await campaigns.accept("spring", { accountIds: ["ada"], recipients });
  await campaigns.change("spring", "start");
  await system.outcomesArrive(people);
  return await waitFor(async () => await campaigns.read("spring"), {
    what: "the campaign to end",
    until: (campaign) => campaign?.state === "ended",
  });
}

test("of a campaign one recipient was reached and one was not, as looks tell; its end waits for them, and it pays for them", async () => {
  await start([lost("after"), lost("before")]);
  const campaign = await runCampaign(3);
  expect(campaign).toMatchObject({ why: "all_done", byStatus: { succeeded: 2, failed: 1 }, recipients: { ended: 3, unsent: 0 } });
  const ledger = await system.credits();
  const logins = ledger.byOperation.filter(({ operation }) => operation.startsWith("auth.")).reduce((sum, { charged }) => sum + charged, 0);
  expect(campaign?.credits).toMatchObject({ charged: ledger.total.charged - logins, uncertain: ledger.total.uncertain, held: 0 });
  expect(system.outcomes.filter(({ reconciled }) => reconciled?.by === "message.conversation")).toHaveLength(2);
  expect(sends()).toBe(3);
  await expectAgreement(system);
});

test("the recipient who was not reached is re-driven without a word more, and that one is looked for, too", async () => {
  await start([lost("before")]);
  await runCampaign(1);
  const [first] = system.outcomes;
  expect(first).toMatchObject({ status: "failed", code: "not_done" });
  system.sandbox.scenario({ next: [lost("after")] });
  const redriven = await system.engine.jobs.redrives.redrive("messages", first?.jobId ?? "", { maySendTwice: false });
  expect(redriven).toMatchObject({ kind: "redriven", jobId: `${first?.jobId}~2` });
  const [, second] = await system.outcomesArrive(2);
  expect(second).toMatchObject({ status: "succeeded", redriveOf: first?.jobId, reconciled: { by: "message.conversation" } });
  expect(sends()).toBe(2);
  await expectAgreement(system);
});

test("a campaign that is paused while it looks goes on with its look when it is resumed", async () => {
  await start([lost("before")], { lookGapMs: 1_500 });
  const running = runCampaign(1);
  await waitFor(() => system.sandbox.journal(), {
    what: "the first look",
    until: (calls) => calls.some(({ operation, answeredMs }) => operation === "message.conversation" && answeredMs !== null),
  });
  await system.engine.campaigns.change("spring", "pause");
  const { scripts } = system.engine;
  await waitFor(async () => await scripts.client.zcard(scripts.keys.held("spring")), {
    what: "the look to be held",
    until: (held) => held === 1,
  });
  expect(system.outcomes).toEqual([]);
  await system.engine.campaigns.change("spring", "resume");
  expect(await running).toMatchObject({ byStatus: { failed: 1 } });
  expect(system.outcomes).toMatchObject([{ code: "not_done" }]);
  expect(sends()).toBe(1);
  await expectAgreement(system);
});

test("a schedule's tick is looked for before it is over, and no tick of it overtakes that", async () => {
  await start([lost("after")]);
  const input = { linkedin_url: "https://www.linkedin.com/in/person-1", message_text: "Hello every second" };
  const job = { operation: "message.send", accountId: "ada", input, onUnknown: "reconcile" };
  const asked = ScheduleRequest.parse({ everyMs: 1_000, overlap: "skip", job });
  await system.engine.schedules.put("s1", defineSchedule(asked));
  await system.outcomesArrive(1);
  await system.engine.schedules.remove("s1");
  expect(system.outcomes[0]).toMatchObject({ status: "succeeded", reconciled: { by: "message.conversation" } });
  const operations = system.sandbox.journal().map(({ operation }) => operation);
  const own = operations.filter((operation) => operation === "message.send" || operation === "message.conversation");
  expect(own.slice(0, 2), "the look stands before the next tick").toEqual(["message.send", "message.conversation"]);
});
