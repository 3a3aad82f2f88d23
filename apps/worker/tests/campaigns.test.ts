/** Campaigns from their recipients to their outcomes, against the sandbox. */
import { CampaignDefinition, Campaigns, type Recipient } from "@linkup-queue/queue";
import { waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { type System, startSystem } from "./fixture.ts";

let system: System;
afterEach(async () => system.close());

const person = (number: number): Recipient => ({
  id: `https://www.linkedin.com/in/person-${number}`,
  fields: { linkedin_url: `https://www.linkedin.com/in/person-${number}`, first_name: number % 3 === 0 ? "" : `P${number}` },
});
const people = (count: number, from = 0): Recipient[] => Array.from({ length: count }, (_, index) => person(from + index));

function definition(accountIds: string[], more: Partial<CampaignDefinition> = {}): CampaignDefinition {
  return CampaignDefinition.parse({
    name: "Spring",
    operation: "message.send",
    accountIds,
    input: { linkedin_url: "{{linkedin_url}}", message_text: "Hello {{first_name|there}}, nice to meet you" },
    ...more,
  });
}

async function start(
  accounts: number,
  options: Parameters<typeof startSystem>[0] = {},
): Promise<{ campaigns: Campaigns; accountIds: string[] }> {
  system = await startSystem({
    ...options,
    scenario: { limit: null, ...options.scenario },
    settings: { rateLimit: 100_000, ...options.settings },
  });
  const accountIds = Array.from({ length: accounts }, (_, index) => `acc-${index}`);
  for (const id of accountIds) await system.account(id, { loginToken: `token-of-${id}` });
  return { campaigns: new Campaigns(system.engine.scripts), accountIds };
}

const settled = (campaigns: Campaigns, id: string, states: readonly string[]) =>
  waitFor(async () => states.includes((await campaigns.read(id))?.state ?? ""), {
    timeoutMs: 25_000,
    what: `campaign ${id} to be ${states.join(" or ")}`,
  });

test("every recipient is sent to once, shared evenly by the accounts, and the campaign ends", async () => {
  const { campaigns, accountIds } = await start(5);
  await campaigns.create("spring", definition(accountIds));
  const first = await campaigns.accept("spring", { accountIds, recipients: people(120) });
  const again = await campaigns.accept("spring", { accountIds, recipients: people(150) });
  expect([first, again]).toEqual([
    { accepted: 120, duplicates: 0 },
    { accepted: 30, duplicates: 120 },
  ]);
  await campaigns.change("spring", "start");
  await settled(campaigns, "spring", ["ended"]);
  const campaign = await campaigns.read("spring");
  expect(campaign).toMatchObject({
    why: "all_done",
    recipients: { accepted: 150, fed: 150, ended: 150, unsent: 0 },
    byStatus: { succeeded: 150 },
  });
  expect(campaign?.credits).toEqual({ charged: 150, uncertain: 0, wasted: 0, held: 0 });
  expect(Object.values(campaign?.byAccount ?? {}).map((counts) => counts["succeeded"])).toEqual([30, 30, 30, 30, 30]);
  const summary = system.sandbox.summary();
  expect([summary.effects.done, summary.repeated]).toEqual([150, 0]);
  const exported = [];
  for await (const outcome of campaigns.outcomes("spring", 40)) exported.push(outcome.recipientId);
  expect(new Set(exported).size).toBe(150);
});

test("a paused campaign sends nothing more, resumed it goes on, cancelled it counts what was not sent", async () => {
  const { campaigns, accountIds } = await start(3, { scenario: { latencyMs: 20 } });
  await campaigns.create("c", definition(accountIds));
  await campaigns.accept("c", { accountIds, recipients: people(200) });
  await campaigns.change("c", "start");
  await system.outcomesArrive(20);
  await campaigns.change("c", "pause");
  await waitFor(async () => (await campaigns.read("c"))?.credits.held === 0, { timeoutMs: 5_000, what: "calls in flight to finish" });
  const sent = system.sandbox.summary().requests;
  await campaigns.change("c", "resume");
  await system.outcomesArrive(sent + 20);
  await campaigns.change("c", "cancel");
  const campaign = await campaigns.read("c");
  await waitFor(async () => (await campaigns.read("c"))?.recipients.ended === campaign?.recipients.fed, {
    timeoutMs: 10_000,
    what: "fed jobs to end",
  });
  const ended = await campaigns.read("c");
  expect(ended?.state).toBe("cancelled");
  expect((ended?.byStatus["succeeded"] ?? 0) + (ended?.byStatus["cancelled"] ?? 0)).toBe(ended?.recipients.fed);
  expect(ended?.recipients.unsent).toBe(200 - (ended?.recipients.fed ?? 0));
  expect(system.sandbox.summary().requests).toBe(ended?.byStatus["succeeded"]);
});

test("maxCredits is never overrun by two workers at once, and pauses the campaign", async () => {
  const { campaigns, accountIds } = await start(10, { workers: 2, scenario: { latencyMs: { min: 1, max: 30 } } });
  await campaigns.create("budget", definition(accountIds, { maxCredits: 37 }));
  await campaigns.accept("budget", { accountIds, recipients: people(100) });
  await campaigns.change("budget", "start");
  await settled(campaigns, "budget", ["paused"]);
  const campaign = await campaigns.read("budget");
  expect(campaign).toMatchObject({ state: "paused", why: "budget_exhausted", credits: { charged: 37, held: 0 } });
  expect(system.sandbox.summary().credits.charged).toBe(37);
});
