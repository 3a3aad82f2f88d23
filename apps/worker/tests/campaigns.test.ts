/** Campaigns from their recipients to their outcomes, against the sandbox. */
import { CampaignDefinition, type Campaigns, type Recipient } from "@linkup-queue/queue";
import { fromNow, waitFor } from "@linkup-queue/testkit";
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
  return { campaigns: system.engine.campaigns, accountIds };
}

const settled = (campaigns: Campaigns, id: string, states: readonly string[]) =>
  waitFor(async () => states.includes((await campaigns.read(id))?.state ?? ""), { what: `campaign ${id} to be ${states.join(" or ")}` });

/** Waits until a call of the account is out and another job of its campaign waits behind it. Calls must be longer than the feeder takes. */
async function oneWaitsBehind(accountId: string): Promise<void> {
  const { scripts } = system.engine;
  const sizeOf = (name: string) => scripts.client.scard(scripts.key(`${name}:${accountId}`));
  // A grant alone would be taken back by what happens next: its call must have left.
  const out = () => system.sandbox.journal().some(({ answeredMs, abandoned }) => answeredMs === null && !abandoned);
  const both = async () => out() && (await sizeOf("flying")) === 1 && (await sizeOf("ahead")) === 2;
  await waitFor(both, { what: `a job to wait behind the call of ${accountId}`, everyMs: 5 });
}

test("every recipient is sent to once, shared evenly by the accounts, and the campaign ends", async () => {
  const { campaigns, accountIds } = await start(5);
  await campaigns.create("spring", definition(accountIds));
  const first = await campaigns.accept("spring", { accountIds, recipients: people(120) });
  const again = await campaigns.accept("spring", { accountIds, recipients: people(150) });
  expect([first, again]).toMatchObject([
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
  expect(campaign?.credits).toEqual({ charged: 150, uncertain: 0, wasted: 0, redriven: 0, held: 0 });
  expect(Object.values(campaign?.byAccount ?? {}).map((counts) => counts["succeeded"])).toEqual([30, 30, 30, 30, 30]);
  const summary = system.sandbox.summary();
  expect([summary.effects.done, summary.repeated]).toEqual([150, 0]);
  const exported = [];
  for await (const { outcome } of campaigns.outcomes("spring")) exported.push(outcome.recipientId);
  expect(new Set(exported).size).toBe(150);
});

test("a paused campaign sends nothing more, resumed it goes on, cancelled it counts what was not sent", async () => {
  const { campaigns, accountIds } = await start(3, { scenario: { latencyMs: 20 } });
  await campaigns.create("c", definition(accountIds));
  await campaigns.accept("c", { accountIds, recipients: people(200) });
  await campaigns.change("c", "start");
  await system.outcomesArrive(20);
  await campaigns.change("c", "pause");
  await waitFor(async () => (await campaigns.read("c"))?.credits.held, { what: "calls in flight to finish", until: (seen) => seen === 0 });
  const sent = system.sandbox.summary().requests;
  await campaigns.change("c", "resume");
  await system.outcomesArrive(sent + 20);
  await campaigns.change("c", "cancel");
  // A job that the feeder had in hand at that moment is in a queue too, and learns there that the campaign was cancelled.
  const fedHaveEnded = async () => {
    const { recipients } = (await campaigns.read("c")) ?? {};
    return recipients !== undefined && recipients.ended === recipients.fed;
  };
  await waitFor(fedHaveEnded, { what: "fed jobs to end" });
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

/** Jain's index of fairness: 1 when all have the same, 1/n when one has everything. */
function jain(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0);
  return sum ** 2 / (shares.length * shares.reduce((total, share) => total + share ** 2, 0));
}
const countBy = (campaignId: string, among: readonly { campaignId: string | null }[]) =>
  among.filter((outcome) => outcome.campaignId === campaignId).length;

async function fill(campaigns: Campaigns, id: string, { of, count, from = 0 }: { of: CampaignDefinition; count: number; from?: number }) {
  await campaigns.create(id, of);
  for (let at = 0; at < count; at += 1_000) {
    await campaigns.accept(id, { accountIds: of.accountIds, recipients: people(Math.min(1_000, count - at), from + at), offset: at });
  }
}

test("two equal campaigns get equal shares while both run", async () => {
  const { campaigns, accountIds } = await start(10, { scenario: { latencyMs: 5 } });
  for (const [index, id] of ["one", "two"].entries())
    await fill(campaigns, id, { of: definition(accountIds), count: 300, from: index * 1_000 });
  await Promise.all(["one", "two"].map((id) => campaigns.change(id, "start")));
  await system.outcomesArrive(300);
  const shares = ["one", "two"].map((id) => countBy(id, system.outcomes.slice(0, 300)));
  expect(jain(shares)).toBeGreaterThanOrEqual(0.99);
});

test("a campaign of 100 started together with one of 5,000 is done when it would be on half of what leaves", async () => {
  const { campaigns, accountIds } = await start(20, { scenario: { latencyMs: 5 } });
  await fill(campaigns, "large", { of: definition(accountIds), count: 5_000 });
  await fill(campaigns, "small", { of: definition(accountIds), count: 100, from: 10_000 });
  await campaigns.change("large", "start");
  await campaigns.change("small", "start");
  await settled(campaigns, "small", ["ended"]);
  const { effects } = system.sandbox.summary();
  await campaigns.change("large", "cancel");
  // The large one had its start alone, at most what may be ahead, and goes on while the end of the small one is seen.
  const byLarge = (await campaigns.read("large"))?.recipients.ended ?? 0;
  expect(effects.done).toBeGreaterThanOrEqual(100);
  const journal = system.sandbox.journal().filter(({ operation }) => operation === "message.send");
  expect(journal.length).toBeGreaterThanOrEqual(byLarge);
  const order = system.outcomes.toSorted((first, second) => first.finishedAt.localeCompare(second.finishedAt));
  const lastOfSmall = order.findLastIndex(({ campaignId }) => campaignId === "small") + 1;
  const firstOfSmall = order.findIndex(({ campaignId }) => campaignId === "small");
  expect(lastOfSmall - firstOfSmall).toBeLessThanOrEqual(200 * 1.1);
});

test("a campaign of higher priority gets its weight", async () => {
  const { campaigns, accountIds } = await start(5, { scenario: { latencyMs: 5 } });
  await fill(campaigns, "bulk", { of: definition(accountIds, { priority: "bulk" }), count: 300 });
  await fill(campaigns, "normal", { of: definition(accountIds, { priority: "normal" }), count: 300, from: 1_000 });
  await campaigns.change("bulk", "start");
  await campaigns.change("normal", "start");
  await system.outcomesArrive(220);
  const first = system.outcomes.slice(0, 220);
  expect(countBy("normal", first) / Math.max(1, countBy("bulk", first))).toBeGreaterThan(5);
});

test("paused campaigns keep no place from another one with the same account", async () => {
  const { campaigns, accountIds } = await start(1, { scenario: { latencyMs: 500 } });
  for (const [index, id] of ["first", "second"].entries()) {
    await fill(campaigns, id, { of: definition(accountIds), count: 30, from: index * 1_000 });
    await campaigns.change(id, "start");
    await oneWaitsBehind("acc-0");
    await campaigns.change(id, "pause");
    // Each leaves a job behind that was in its queue and is held now.
    const held = system.engine.scripts.key(`held:${id}`);
    await waitFor(() => system.engine.scripts.client.zcard(held), { what: `a job of ${id} to be held`, until: (seen) => seen > 0 });
  }
  system.sandbox.scenario({ latencyMs: 10 });
  await fill(campaigns, "third", { of: definition(accountIds), count: 10, from: 5_000 });
  await campaigns.change("third", "start");
  await settled(campaigns, "third", ["ended"]);
  for (const id of ["first", "second"]) {
    await campaigns.change(id, "resume");
    await settled(campaigns, id, ["ended"]);
  }
  expect(system.sandbox.summary()).toMatchObject({ repeated: 0, effects: { done: 70 } });
});

test("the share of an account that is away waits for it, and others take it over only where that was asked for", async () => {
  const { campaigns, accountIds } = await start(2);
  const [here = "", away = ""] = accountIds;
  await system.engine.accounts.pause(away);
  await fill(campaigns, "keeps", { of: definition(accountIds), count: 20 });
  await fill(campaigns, "hands", { of: definition(accountIds, { handover: true }), count: 20, from: 1_000 });
  await campaigns.change("keeps", "start");
  await campaigns.change("hands", "start");
  await settled(campaigns, "hands", ["ended"]);
  expect((await campaigns.read("hands"))?.byAccount).toEqual({ [here]: { succeeded: 20 } });
  await waitFor(async () => (await campaigns.read("keeps"))?.stalled, {
    what: "the campaign to be told as stalled",
    until: (seen) => seen === true,
  });
  expect(await campaigns.read("keeps")).toMatchObject({ state: "running", left: { [here]: 0, [away]: 10 }, byStatus: { succeeded: 10 } });
  await system.engine.accounts.resume(away);
  await settled(campaigns, "keeps", ["ended"]);
  expect(await campaigns.read("keeps")).toMatchObject({ stalled: false, byAccount: { [away]: { succeeded: 10 } } });
});

test("a cancelled campaign's jobs that wait for an account that is away end at once, and are not sent when it is back", async () => {
  const { campaigns, accountIds } = await start(1, { scenario: { latencyMs: 500 } });
  const [away = ""] = accountIds;
  await fill(campaigns, "c", { of: definition(accountIds), count: 60 });
  await campaigns.change("c", "start");
  await oneWaitsBehind(away);
  await system.engine.accounts.pause(away);
  await system.outcomesArrive(1);
  await campaigns.change("c", "cancel");
  const allEnded = async () => (await campaigns.read("c"))?.recipients.ended === (await campaigns.read("c"))?.recipients.fed;
  await waitFor(allEnded, { what: "the held jobs to end" });
  const sent = system.sandbox.summary().requests;
  await system.engine.accounts.resume(away);
  expect(await campaigns.read("c")).toMatchObject({ state: "cancelled", byStatus: { succeeded: sent, cancelled: 1 } });
});

test("with handover the jobs that wait for an account that went away are sent by the others, each once, and the campaign ends", async () => {
  const { campaigns, accountIds } = await start(3, { scenario: { latencyMs: 20 } });
  const [away = "", ...others] = accountIds;
  await fill(campaigns, "c", { of: definition(accountIds, { handover: true }), count: 45 });
  await campaigns.change("c", "start");
  await system.outcomesArrive(9);
  await system.engine.accounts.pause(away);
  await settled(campaigns, "c", ["ended"]);
  const { byStatus, byAccount } = (await campaigns.read("c")) ?? {};
  expect(byStatus).toEqual({ succeeded: 45 });
  expect(others.reduce((sum, id) => sum + (byAccount?.[id]?.["succeeded"] ?? 0), 0)).toBeGreaterThan(30);
  expect(system.sandbox.summary()).toMatchObject({ repeated: 0, effects: { done: 45 } });
});

test("the recipients of an account that was removed end account_unavailable, free, and the campaign comes to its end", async () => {
  const { campaigns, accountIds } = await start(2);
  await fill(campaigns, "c", { of: definition(accountIds), count: 20 });
  await system.engine.accounts.pause("acc-1");
  await campaigns.change("c", "start");
  await system.outcomesArrive(10);
  await system.engine.accounts.remove("acc-1");
  await settled(campaigns, "c", ["ended"]);
  await system.outcomesArrive(20);
  const campaign = await campaigns.read("c");
  expect(campaign).toMatchObject({ byCode: { account_unavailable: 10 }, credits: { charged: 10 } });
  expect(system.outcomes.filter(({ code }) => code === "account_unavailable")).toHaveLength(10);
});

test("a campaign starts at its startAt and not before", async () => {
  const { campaigns, accountIds } = await start(2);
  const at = fromNow(1_500);
  await fill(campaigns, "later", { of: definition(accountIds, { startAt: at.toISOString() }), count: 10 });
  expect(await campaigns.change("later", "start")).toMatchObject({ state: "scheduled" });
  await settled(campaigns, "later", ["ended"]);
  const first = Math.min(...system.outcomes.map(({ enqueuedAt }) => Date.parse(enqueuedAt)));
  expect(first).toBeGreaterThanOrEqual(at.getTime() - 50);
});

test("nothing is sent after expiresAt: the campaign ends, and who was left is counted", async () => {
  const { campaigns, accountIds } = await start(1, { scenario: { latencyMs: 50 } });
  const expiresAt = fromNow(1_500).toISOString();
  await fill(campaigns, "c", { of: definition(accountIds, { expiresAt }), count: 200 });
  await campaigns.change("c", "start");
  await settled(campaigns, "c", ["ended"]);
  const campaign = await campaigns.read("c");
  expect(campaign?.why).toBe("expired");
  expect(campaign?.recipients.unsent).toBeGreaterThan(100);
  await expect(campaigns.accept("c", { accountIds, recipients: people(1, 900) })).rejects.toMatchObject({ code: "conflict" });
  const arrivals = system.sandbox.journal().map(({ time }) => Date.parse(time));
  expect(Math.max(...arrivals)).toBeLessThanOrEqual(Date.parse(expiresAt) + 100);
});

test("recipients may be added while a campaign runs, and one that had ended goes on with them", async () => {
  const { campaigns, accountIds } = await start(3, { scenario: { latencyMs: 10 } });
  await fill(campaigns, "c", { of: definition(accountIds), count: 30 });
  await campaigns.change("c", "start");
  await system.outcomesArrive(5);
  await campaigns.accept("c", { accountIds, recipients: people(60) });
  await settled(campaigns, "c", ["ended"]);
  expect((await campaigns.read("c"))?.byStatus).toEqual({ succeeded: 60 });
  await campaigns.accept("c", { accountIds, recipients: people(70) });
  await system.outcomesArrive(70);
  await settled(campaigns, "c", ["ended"]);
  expect(system.sandbox.summary()).toMatchObject({ repeated: 0, effects: { done: 70 } });
});

test("fifty calls at once of four workers, a fifth of them free failures, never overrun maxCredits", async () => {
  const { campaigns, accountIds } = await start(50, {
    workers: 4,
    settings: { maxAttempts: 12 },
    scenario: { latencyMs: { min: 5, max: 60 }, share500Before: 0.2 },
  });
  await fill(campaigns, "budget", { of: definition(accountIds, { maxCredits: 120 }), count: 400 });
  await campaigns.change("budget", "start");
  await settled(campaigns, "budget", ["paused"]);
  expect(await campaigns.read("budget")).toMatchObject({ why: "budget_exhausted", credits: { charged: 120, held: 0 } });
  expect(system.sandbox.summary()).toMatchObject({ repeated: 0, credits: { charged: 120 } });
  await campaigns.edit("budget", definition(accountIds, { maxCredits: 150 }));
  await campaigns.change("budget", "resume");
  await settled(campaigns, "budget", ["paused"]);
  expect(system.sandbox.summary()).toMatchObject({ repeated: 0, credits: { charged: 150 } });
});
