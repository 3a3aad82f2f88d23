/** Sequences: people come to each step once, after its wait, from the account that did the first; and whatever ends them early. */

import { personKey } from "@linkup-queue/contracts";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { unpackRecipients } from "../src/campaigns/campaign-recipients.ts";
import { campaignPauseScript, campaignStartScript } from "../src/campaigns/lua/campaign.ts";
import { forgetRecipients } from "../src/erasure/forget-recipients.ts";
import { type CampaignStep, changedDefinition } from "../src/index.ts";
import { type Rig, startRig } from "./rig.ts";
import { address, DAY_MS, invitation, look, message, person, SequenceRig } from "./sequence-rig.ts";

let rig: Rig;
let system: SequenceRig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(async () => await rig.close());
beforeEach(async () => {
  await rig.reset();
  await rig.open();
  for (const id of ["ada", "bob"]) await rig.account(id);
  system = new SequenceRig(rig);
});
afterEach(async () => {
  expect(system.errors).toEqual([]);
  await system.close();
});

const MINUTE_MS = 60_000;
const THREE = [look(), invitation({ afterDays: [1, 1] }), message({ afterDays: [3, 5] })];

test("each person comes to each step once, after its wait, and each outcome says which step it is of", async () => {
  await system.start("spring", THREE, { names: ["cyd", "dan"], accountIds: ["ada", "bob"] });
  expect((await system.sendAll()).sort()).toEqual(["cyd 1", "dan 1"]);
  expect((await system.read("spring")).steps?.map(({ waiting }) => waiting)).toEqual([0, 2, 0]);
  await rig.advance(DAY_MS - MINUTE_MS);
  expect(await system.sendAll()).toEqual([]);
  await rig.advance(MINUTE_MS);
  expect((await system.sendAll()).sort()).toEqual(["cyd 2", "dan 2"]);
  await rig.advance(3 * DAY_MS - MINUTE_MS);
  expect(await system.sendAll()).toEqual([]);
  await rig.advance(2 * DAY_MS + MINUTE_MS);
  expect((await system.sendAll()).sort()).toEqual(["cyd 3", "dan 3"]);
  expect((await system.outcomes("spring")).sort()).toEqual(
    ["cyd", "dan"].flatMap((name) => [1, 2, 3].map((step) => `${name} ${step} succeeded`)),
  );
  const { state, recipients, steps } = await system.read("spring");
  expect({ state, recipients }).toMatchObject({ state: "ended", recipients: { accepted: 2, fed: 2, ended: 2, waiting: 0 } });
  expect(steps).toEqual([1, 2, 3].map(() => ({ waiting: 0, byStatus: { succeeded: 2 } })));
});

const change = async (event: "pause" | "resume" | "cancel") => void (await rig.engine.campaigns.change("spring", event));
const edit = async (steps: readonly object[]) => {
  await rig.engine.campaigns.amend("spring", (definition) => changedDefinition(definition, { steps: steps as CampaignStep[] }));
};
const spring = async (
  steps: readonly object[],
  more: Partial<Parameters<SequenceRig["start"]>[2]> & { stopOnReply?: boolean; contactGapDays?: number; handover?: boolean } = {},
) => await system.start("spring", steps, { names: ["cyd"], ...more });

test("a pause keeps what is left of each wait, however long it is", async () => {
  await spring([look(), look({ afterDays: [2, 2] })]);
  await system.sendAll();
  await rig.advance(DAY_MS);
  await change("pause");
  await rig.advance(30 * DAY_MS);
  expect(await system.sendAll()).toEqual([]);
  await change("resume");
  await rig.advance(DAY_MS - MINUTE_MS);
  expect(await system.sendAll()).toEqual([]);
  await rig.advance(MINUTE_MS);
  expect(await system.sendAll()).toEqual(["cyd 2"]);
});

test("an edit changes the text and the wait of steps that are not begun, and steps may follow; no step goes or becomes another", async () => {
  await spring([look(), message({ afterDays: [2, 2] })]);
  await system.sendAll();
  await change("pause");
  await edit([look(), message({ afterDays: [5, 6] }, "Good day"), look({ afterDays: [1, 1] })]);
  for (const steps of [[look()], [look(), look()], [message(), look()]]) {
    await expect(edit(steps)).rejects.toMatchObject({ code: "conflict" });
  }
  await change("resume");
  await rig.advance(5 * DAY_MS - MINUTE_MS);
  expect(await system.sendAll()).toEqual([]);
  await rig.advance(MINUTE_MS);
  await system.feed();
  expect((await system.waiting()).map(({ text }) => text)).toEqual(["Good day"]);
  expect(await system.sendAll()).toEqual(["cyd 2"]);
  await rig.advance(DAY_MS);
  expect(await system.sendAll()).toEqual(["cyd 3"]);
});

test("of a draft steps may go and become others, and not of one that was started while it was edited", async () => {
  const { campaigns, scripts } = rig.engine;
  await system.create("spring", [look(), message({ afterDays: [2, 2] })]);
  await edit([message(), look({ afterDays: [1, 1] }), look()]);
  await edit([look(), message({ afterDays: [2, 2] })]);
  const meanwhile: Promise<unknown>[] = [];
  await campaigns.accept("spring", { accountIds: ["ada"], recipients: [person("cyd")] });
  const late = campaigns.amend("spring", (definition) => {
    // Both are on their way before the edit is.
    if (meanwhile.length === 0)
      meanwhile.push(
        ...[campaignStartScript, campaignPauseScript].map(async (script) => await scripts.run(script, { campaign: "spring" })),
      );
    return changedDefinition(definition, { steps: [message() as CampaignStep] });
  });
  await expect(late).rejects.toMatchObject({ code: "conflict", message: expect.stringContaining("was started") });
  await Promise.all(meanwhile);
  expect(await campaigns.read("spring")).toMatchObject({
    state: "paused",
    definition: { steps: [look(), message({ afterDays: [2, 2] })] },
  });
});

test("whoever answers is at their end before the next step, also one that writes to nobody", async () => {
  await spring([message(), look({ afterDays: [1, 1] }), message()], { names: ["cyd", "dan"] });
  await system.sendAll();
  await rig.engine.people.replies.put({ address: address("cyd") });
  await rig.advance(DAY_MS);
  await system.feed();
  for (const job of await system.waiting()) {
    const answer = await rig.ask(job);
    expect([job.recipient, answer.kind === "refused" ? answer.code : answer.kind]).toEqual([
      job.recipient,
      job.recipient === "cyd" ? "replied" : "granted",
    ]);
  }
});

test("a step for those who have not answered passes over whoever has, who goes on behind it", async () => {
  const steps = [message(), message({ onlyIf: "no_reply", afterDays: [1, 1] }), look({ afterDays: [1, 1] })];
  await spring(steps, { stopOnReply: false, names: ["cyd", "dan"] });
  await system.sendAll();
  await rig.engine.people.replies.put({ address: address("cyd") });
  await rig.advance(DAY_MS);
  await system.feed();
  for (const job of await system.waiting()) {
    await system.take(job);
    if (job.recipient === "dan") await rig.call(job);
    else await system.refuse(job, "replied");
  }
  await rig.advance(DAY_MS);
  expect((await system.sendAll()).sort()).toEqual(["cyd 3", "dan 3"]);
  expect((await system.read("spring")).state).toBe("ended");
});

test("the steps of a sequence are no touches to each other, and those of another are", async () => {
  await spring([message(), message({ afterDays: [1, 1] }), message({ afterDays: [1, 1] })], { contactGapDays: 30, names: ["cyd", "dan"] });
  await system.sendAll();
  await rig.advance(DAY_MS);
  expect((await system.sendAll()).sort()).toEqual(["cyd 2", "dan 2"]);
  await rig.advance(MINUTE_MS);
  await system.start("autumn", [message()], { names: ["dan"], accountIds: ["bob"] });
  expect(await system.sendAll()).toEqual(["dan 1"]);
  await rig.advance(DAY_MS);
  await system.feed();
  const [cyd, dan] = (await system.waiting()).sort((one, other) => (one.recipient < other.recipient ? -1 : 1));
  if (cyd === undefined || dan === undefined) throw new Error("both are due");
  expect((await rig.call(await system.take(cyd))).kind).toBe("ended");
  await system.refuse(dan, "contacted_recently");
  expect(await system.read("spring")).toMatchObject({ state: "ended", recipients: { ended: 2, waiting: 0 } });
});

test("a step of unknown effect stops its person, and one that is known not to have been sent is tried again a day later, three times at most", async () => {
  await spring([message(), look({ afterDays: [1, 1] })], { names: ["cyd"] });
  await system.sendAll("timed_out");
  await rig.advance(30 * DAY_MS);
  expect(await system.sendAll()).toEqual([]);
  expect(await system.read("spring")).toMatchObject({ state: "ended", recipients: { ended: 1, waiting: 0 } });
  await system.start("autumn", [look(), look()], { names: ["dan"], accountIds: ["bob"] });
  for (let attempt = 1; attempt <= 3; attempt++) {
    expect(await system.sendAll("family_limited")).toEqual(["dan 1"]);
    await rig.advance(DAY_MS - MINUTE_MS);
    expect(await system.sendAll()).toEqual([]);
    await rig.advance(MINUTE_MS);
  }
  expect(await system.sendAll()).toEqual([]);
  expect(await system.outcomes("autumn")).toEqual(Array.from({ length: 3 }, () => "dan 1 linkedin_limited"));
  expect((await system.read("autumn")).state).toBe("ended");
});

test("a cap of a step's family holds up no step of another", async () => {
  await rig.engine.accounts.register("ada", { loginToken: "token-of-ada", policy: { caps: { invite: { perDay: 1 } } } });
  await spring([invitation(), look()], { names: ["cyd", "dan"] });
  expect(await system.sendSome("network", 1)).toEqual(["cyd 1"]);
  await system.feed();
  expect((await system.waiting()).map(({ recipient, step }) => `${recipient} ${step}`)).toContain("cyd 2");
});

test("whatever step a feeder dies at, each step of a person is one job", async () => {
  await spring([look(), look({ afterDays: [1, 1] }), look({ afterDays: [1, 1] })]);
  const sent: string[] = [];
  for (let step = 1; step <= 3; step++) {
    await system.feedAndDie("campaign_prepare");
    expect(await system.waiting()).toEqual([]);
    await system.feedAndDie("campaign_fed");
    for (const job of await system.waiting()) {
      sent.push(`${job.recipient} ${job.step}`);
      await rig.call(await system.take(job));
    }
    expect(await system.sendAll()).toEqual([]);
    await rig.advance(DAY_MS);
  }
  expect(sent).toEqual(["cyd 1", "cyd 2", "cyd 3"]);
  expect(await system.read("spring")).toMatchObject({ state: "ended", recipients: { ended: 1, waiting: 0 } });
});

test("whoever is forgotten between two steps is sent nothing more, and no row names them", async () => {
  await spring([look(), look({ afterDays: [1, 1] }), message({ afterDays: [1, 1] })], { names: ["cyd", "dan"] });
  await system.sendAll();
  await rig.advance(DAY_MS);
  expect((await system.sendAll()).length).toBe(2);
  const { scripts, gate, outbox, campaigns } = rig.engine;
  await forgetRecipients({ scripts, gate, outbox, campaigns }, personKey(address("cyd")));
  await rig.advance(DAY_MS);
  expect(await system.sendAll()).toEqual(["dan 3"]);
  const rows = await rig.client.hvalsBuffer(scripts.keys.stepRows("spring"));
  expect(rows.flatMap(unpackRecipients).map(({ id }) => id)).toEqual(["", "dan"]);
  expect(await system.read("spring")).toMatchObject({ state: "ended", recipients: { ended: 2, waiting: 0 } });
});

test("other accounts of a sequence take over nobody who was written to", async () => {
  await spring([message(), message({ afterDays: [1, 1] })], { names: ["cyd", "dan", "eve"], accountIds: ["ada"], handover: true });
  expect(await system.sendSome("messages", 1)).toEqual(["cyd 1"]);
  await change("pause");
  await rig.engine.campaigns.amend("spring", (definition) => changedDefinition(definition, { accountIds: ["bob"] }));
  await change("resume");
  await rig.advance(DAY_MS);
  // Another process feeds from now on.
  await system.close();
  system = new SequenceRig(rig);
  const sent: string[] = [];
  for (let turn = 0; turn < 6; turn++) {
    await system.feed();
    for (const job of await system.waiting()) {
      sent.push(`${job.accountId} ${job.recipient} ${job.step}`);
      await rig.call(await system.take(job));
    }
    await rig.advance(DAY_MS);
  }
  // Two were put ahead for the account before it was changed.
  expect(sent.sort()).toEqual(["ada cyd 2", "ada dan 1", "ada dan 2", "bob eve 1", "bob eve 2"]);
});

test("a campaign that is over and forgotten leaves nothing of who waited", async () => {
  await spring([look(), look({ afterDays: [1, 1] })], { names: ["cyd", "dan"] });
  await system.sendAll();
  await change("cancel");
  await rig.engine.campaigns.remove("spring");
  const names = await rig.client.keys("*");
  expect(names.filter((name) => /waits|step-rows|recipients:/.test(name))).toEqual([]);
});

test("whoever waits takes no job, and at most 60 bytes of Redis", async () => {
  const names = Array.from({ length: 300 }, (_none, at) => `person-${at}`);
  await spring([message(), message({ afterDays: [3, 5] })], { names, contactGapDays: 30 });
  for (let sent = 0; sent < 300; sent += (await system.sendSome("messages", 2)).length) await rig.advance(1_000);
  expect((await system.read("spring")).recipients.waiting).toBe(300);
  let bytes = 0;
  for (const key of await rig.client.keys("*waits:*")) bytes += Number(await rig.client.memory("USAGE", key));
  expect(bytes / 300).toBeLessThanOrEqual(60);
  expect(await system.waiting()).toEqual([]);
});

test("looks at nobody, waits that can't be, and two ways to say what is done are refused, each with its path", async () => {
  const refusal = async (steps: readonly object[], more: object = {}) => {
    const error: unknown = await system.create("summer", steps, more).catch((thrown: unknown) => thrown);
    return ((error as { issues?: { path: string }[] }).issues ?? []).map(({ path }) => path);
  };
  expect(
    await refusal([
      { operation: "profile.me", input: {} },
      { operation: "profile.me", input: {}, onlyIf: "accepted" },
    ]),
  ).toEqual(["steps.1.onlyIf"]);
  expect(await refusal([look(), message({ afterDays: [3, 2] })])).toEqual(["steps.1.afterDays"]);
  expect(await refusal([look({ afterDays: [1, 1] })])).toEqual(["steps.0.afterDays"]);
  expect(await refusal([look(), { operation: "message.send", input: { message_text: "Hi {{" } }])).toContain("steps.1.input.message_text");
  expect(await refusal([look()], { operation: "profile.scrape", input: {} })).toEqual(["operation", "input"]);
  expect(await refusal(Array.from({ length: 11 }, () => look()))).toEqual(["steps"]);
});
