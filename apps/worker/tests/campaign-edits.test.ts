/** An edited campaign: whatever has not left goes by the text of now, wherever it lies at the edit. The texts are those that LinkUp gets. */
import { CampaignDefinition, type Campaigns, type Recipient } from "@linkup-queue/queue";
import { fromNow, waitFor } from "@linkup-queue/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type BodyRecorder, startBodyRecorder } from "./body-recorder.ts";
import { type System, startSystem } from "./fixture.ts";

let system: System;
let recorder: BodyRecorder;
let campaigns: Campaigns;
beforeEach(async () => {
  recorder = await startBodyRecorder();
});
afterEach(async () => {
  await system.close();
  await recorder.close();
});

const address = (number: number) => `https://www.linkedin.com/in/person-${number}`;
const people = (count: number, fields: (number: number) => Record<string, string> = () => ({})): Recipient[] =>
  Array.from({ length: count }, (_, number) => ({
    id: address(number),
    fields: { linkedin_url: address(number), first_name: `P${number}`, ...fields(number) },
  }));

const definition = (accountIds: string[], text: string, more: object = {}): CampaignDefinition =>
  CampaignDefinition.parse({
    name: "Spring",
    operation: "message.send",
    accountIds,
    input: { linkedin_url: "{{linkedin_url}}", message_text: text },
    ...more,
  });

async function start(accounts: number, options: Parameters<typeof startSystem>[0] = {}): Promise<string[]> {
  system = await startSystem({
    ...options,
    scenario: { limit: null, ...options.scenario },
    settings: { rateLimit: 100_000, baseUrl: recorder.url, ...options.settings },
  });
  recorder.target = system.sandbox.url;
  campaigns = system.engine.campaigns;
  const accountIds = Array.from({ length: accounts }, (_, index) => `acc-${index}`);
  for (const id of accountIds) await system.account(id, { loginToken: `token-of-${id}` });
  return accountIds;
}

async function fill(id: string, of: CampaignDefinition, recipients: readonly Recipient[]): Promise<void> {
  await campaigns.create(id, of);
  await campaigns.accept(id, { accountIds: of.accountIds, recipients });
}

const until = (what: string, met: () => Promise<boolean>) => waitFor(met, { what });
const ended = (id: string) => until(`campaign ${id} to end`, async () => (await campaigns.read(id))?.state === "ended");
const nothingIsOut = (id: string) => until("calls to end", async () => (await campaigns.read(id))?.credits.held === 0);
const held = (id: string) => system.engine.scripts.client.zcard(system.engine.scripts.key(`held:${id}`));
const parked = (account: string) => system.engine.scripts.client.zcard(system.engine.scripts.key(`lane:${account}`));
const textsSent = () => recorder.bodies.map((body) => String(body["message_text"]));
const sentTo = (number: number) => recorder.bodies.filter((body) => body["linkedin_url"] === address(number));

/** Jobs of the campaign in `messages`, in BullMQ's own states. */
const queued = (...states: ("prioritized" | "delayed" | "active")[]) => system.queue("messages").getJobCountByTypes(...states);

test("jobs that are held or parked at the edit leave with the new text, and what had left keeps the old one", async () => {
  const accountIds = await start(4, { scenario: { latencyMs: 250 } });
  await system.engine.keys.pause();
  await fill("c", definition(accountIds, "Hello {{first_name}}"), people(40));
  await campaigns.change("c", "start");
  await until("two jobs for each account to be queued", async () => (await queued("prioritized", "active")) === 8);
  // Of one account nothing can leave: its jobs in the queue are parked, not held.
  await system.engine.accounts.pause("acc-3");
  await system.engine.keys.resume();
  await until("jobs to be parked", async () => (await parked("acc-3")) === 2);
  await system.outcomesArrive(6);
  // Another waits for the call that is out: when that has ended, it asks and is held.
  await until("a job to wait for its account", async () => (await parked("acc-0")) > 0);
  await campaigns.change("c", "pause");
  await nothingIsOut("c");
  await until("a job to be held", async () => (await held("c")) > 0);
  const before = textsSent().length;
  expect(textsSent().every((text) => text.startsWith("Hello P"))).toBe(true);

  await campaigns.edit("c", definition(accountIds, "Good day {{first_name}}"));
  await system.engine.accounts.resume("acc-3");
  await campaigns.change("c", "resume");
  await ended("c");
  const after = recorder.bodies.slice(before);
  expect(after.map((body) => body["message_text"])).toEqual(
    after.map((body) => `Good day P${String(body["linkedin_url"]).replace(/.*-/, "")}`),
  );
  expect(recorder.bodies.length).toBe(40);
  expect(system.sandbox.summary()).toMatchObject({ repeated: 0, effects: { done: 40 }, credits: { charged: 40 } });
});

test("jobs that wait in their queue and in the worker's line at the edit leave with the new text", async () => {
  const accountIds = await start(10);
  await system.engine.keys.pause();
  await fill("c", definition(accountIds, "Hello {{first_name}}"), people(60));
  await campaigns.change("c", "start");
  await until("two jobs for each account to be queued", async () => (await queued("prioritized", "active")) === 20);
  await until("a job to be in the line", async () => (await queued("active")) > 0);
  expect(await queued("prioritized")).toBeGreaterThan(0);

  await campaigns.change("c", "pause");
  await campaigns.edit("c", definition(accountIds, "Good day {{first_name}}"));
  await campaigns.change("c", "resume");
  await system.engine.keys.resume();
  await ended("c");
  expect(textsSent().sort()).toEqual(
    people(60)
      .map(({ fields }) => `Good day ${fields["first_name"]}`)
      .sort(),
  );
  expect(system.sandbox.summary()).toMatchObject({ repeated: 0, credits: { charged: 60 } });
});

test("a queued recipient whom the new text does not fit ends invalid_input, free, and the others are sent to", async () => {
  const accountIds = await start(3);
  await system.engine.keys.pause();
  // The first in each account's share have no company, and they are in their queues when the text begins to ask for one.
  await fill(
    "c",
    definition(accountIds, "Hello {{first_name}}"),
    people(30, (number) => (number < 3 ? {} : { company: `C${number}` })),
  );
  await campaigns.change("c", "start");
  await until("two jobs for each account to be queued", async () => (await queued("prioritized", "active")) === 6);
  await campaigns.change("c", "pause");
  await campaigns.edit("c", definition(accountIds, "Good day {{first_name}} of {{company}}"));
  await campaigns.change("c", "resume");
  await system.engine.keys.resume();
  await ended("c");
  await system.outcomesArrive(30);
  expect(await campaigns.read("c")).toMatchObject({
    byStatus: { succeeded: 27, failed: 3 },
    byCode: { invalid_input: 3 },
    credits: { charged: 27, wasted: 0, held: 0 },
  });
  for (const number of [0, 1, 2]) {
    expect(sentTo(number)).toEqual([]);
    const outcome = system.outcomes.find(({ recipientId }) => recipientId === address(number));
    expect(outcome).toMatchObject({ code: "invalid_input", calls: 0, credits: { charged: 0 } });
    expect(outcome?.message).toContain("company");
  }
});

test("an edit that makes a call dearer is counted so before it leaves: maxCredits holds", async () => {
  const accountIds = await start(2);
  await system.engine.keys.pause();
  await fill("c", definition(accountIds, "Hello {{first_name}}", { maxCredits: 7 }), people(10));
  await campaigns.change("c", "start");
  await until("two jobs for each account to be queued", async () => (await queued("prioritized", "active")) === 4);
  await campaigns.change("c", "pause");
  const withPicture = definition(accountIds, "Good day {{first_name}}", { maxCredits: 7 });
  await campaigns.edit("c", { ...withPicture, input: { ...withPicture.input, media_link: "https://example.com/picture.png" } });
  await campaigns.change("c", "resume");
  await system.engine.keys.resume();
  await until("the budget to be used", async () => (await campaigns.read("c"))?.why === "budget_exhausted");
  await nothingIsOut("c");
  expect(await campaigns.read("c")).toMatchObject({ credits: { charged: 6, held: 0 } });
  expect(system.sandbox.summary().credits.charged).toBe(6);
  expect(recorder.bodies.every((body) => body["media_link"] === "https://example.com/picture.png")).toBe(true);
});

test("a later expiresAt saves jobs that were queued under the earlier one", async () => {
  const accountIds = await start(2);
  await system.engine.keys.pause();
  const soon = fromNow(1_200).getTime();
  await fill("c", definition(accountIds, "Hello {{first_name}}", { expiresAt: new Date(soon).toISOString() }), people(4));
  await campaigns.change("c", "start");
  await until("all to be queued", async () => (await queued("prioritized", "active")) === 4);
  await campaigns.change("c", "pause");
  await campaigns.edit("c", definition(accountIds, "Good day {{first_name}}", { expiresAt: new Date(soon + 60_000).toISOString() }));
  await until("the first date to pass", () => Promise.resolve(fromNow(0).getTime() > soon));
  await campaigns.change("c", "resume");
  await system.engine.keys.resume();
  await ended("c");
  expect(textsSent().sort()).toEqual(["Good day P0", "Good day P1", "Good day P2", "Good day P3"]);
});
