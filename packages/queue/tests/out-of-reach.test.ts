/** Recipients whom a campaign would not write to, counted before it starts: as the gate would answer their jobs, and what the estimate makes of it. */
import { personKey } from "@linkup-queue/contracts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { drawRecipients } from "../src/campaigns/draw-samples.ts";
import type { Preview } from "../src/campaigns/preview.ts";
import { CampaignDefinition, type Recipient } from "../src/index.ts";
import { type Rig, startRig } from "./rig.ts";

let rig: Rig;
const DAY_MS = 86_400_000;
const ACCOUNTS = ["acc-1", "acc-2"];
const CAMPAIGN = {
  name: "Spring",
  operation: "message.send",
  accountIds: ACCOUNTS,
  input: { linkedin_url: "{{url}}", message_text: "Hi {{name}}" },
};

beforeAll(async () => {
  rig = await startRig({ accountConcurrency: 50, rateLimit: 1_000, contactGapDays: 7 });
});
afterAll(async () => await rig.close());
beforeEach(async () => {
  await rig.reset();
  await rig.open();
  for (const id of ACCOUNTS) await rig.account(id);
});

const address = (name: string) => `https://www.linkedin.com/in/${name}`;
const recipient = (name: string): Recipient => ({ id: `row-${name}`, fields: { url: address(name), name } });
const people = (count: number, prefix = "p") => Array.from({ length: count }, (_none, n) => `${prefix}-${n}`);

async function draft(id: string, names: readonly string[], more: Partial<CampaignDefinition> = {}): Promise<void> {
  await rig.engine.campaigns.create(id, CampaignDefinition.parse({ ...CAMPAIGN, ...more }));
  for (let at = 0; at < names.length; at += 1_000)
    await rig.engine.campaigns.accept(id, { accountIds: ACCOUNTS, recipients: names.slice(at, at + 1_000).map(recipient) });
}

async function preview(id: string): Promise<Preview> {
  const campaign = await rig.engine.campaigns.read(id);
  if (campaign === null) throw new Error(`there is no campaign ${id}`);
  return await rig.engine.preview(campaign, await rig.engine.load([campaign]));
}

async function suppress(name: string, scope = "all"): Promise<void> {
  await rig.engine.people.suppressions.put([{ people: [personKey(address(name))], scope, reason: "", until: null }]);
}

const message = async (name: string, accountId: string, campaignId?: string) =>
  await rig.job(accountId, { operation: "message.send", to: address(name), ...(campaignId === undefined ? {} : { campaignId }) });

async function write(name: string): Promise<void> {
  await rig.call(await message(name, "acc-1"));
}

test("each recipient is counted by the code with which the gate refuses their job", async () => {
  const names = people(12);
  await draft("spring", names, { stopOnReply: true, contactGapDays: 20 });
  await rig.advance(1_000);
  await suppress("p-0");
  await suppress("p-1", "campaign:spring");
  await suppress("p-2", "campaign:autumn");
  // The shares go by turns: p-3 is the second account's.
  await suppress("p-3", "account:acc-1");
  await suppress("p-5", "account:acc-2");
  await rig.engine.people.replies.put({ address: address("p-6") });
  await write("p-7");
  await rig.advance(15 * DAY_MS);
  // Suppressed comes before all else; written to long ago, and lately.
  await suppress("p-6");
  await write("p-8");
  await rig.engine.people.replies.put({ address: address("p-9") });
  await rig.advance(30_000);

  const { estimate } = await preview("spring");
  const refusals = { suppressed: 0, replied: 0, contacted_recently: 0 };
  for (const [at, name] of names.entries()) {
    const answer = await rig.ask(await message(name, ACCOUNTS[at % 2] ?? "", "spring"));
    if (answer.kind === "refused") refusals[answer.code as keyof typeof refusals] += 1;
  }
  expect(refusals).toEqual({ suppressed: 4, replied: 1, contacted_recently: 2 });
  expect(estimate.outOfReach).toEqual({ recipients: 7, byCode: refusals, looked: 12 });
  expect(estimate).toMatchObject({ recipients: 12, credits: 5 * estimate.creditsPerRecipient });
  expect(estimate.notes).toContain(
    "7 of the 12 recipients that are left would not be written to now, and end free of charge: 4 suppressed, 1 answered, 2 written to lately",
  );
});

test("nobody is counted for a campaign that reads, nor where nobody was ever suppressed, answered or written to", async () => {
  await draft("spring", people(3));
  expect((await preview("spring")).estimate).toMatchObject({ outOfReach: { recipients: 0, looked: 3 }, notes: [] });
  await suppress("p-0");
  await draft("reading", people(3), { operation: "profile.scrape", input: { linkedin_url: "{{url}}" } });
  expect((await preview("reading")).estimate.outOfReach).toBeNull();
});

test("of a long list some are drawn, and the count is told as about", async () => {
  const names = people(5_000);
  await draft("spring", names);
  for (let at = 0; at < names.length; at += 500) {
    const entries = names.slice(at, at + 500).filter((_name, place) => place % 4 === 0);
    await rig.engine.people.suppressions.put(
      entries.map((name) => ({ people: [personKey(address(name))], scope: "all", reason: "", until: null })),
    );
  }
  const readsOf = async (doIt: () => Promise<unknown>) => {
    await rig.client.config("RESETSTAT");
    await doIt();
    return Number(/cmdstat_lrange:calls=(\d+)/.exec(await rig.client.info("commandstats"))?.[1]);
  };
  const campaign = await rig.engine.campaigns.read("spring");
  if (campaign === null) throw new Error("there is no campaign spring");
  const ofOneDraw = await readsOf(() => drawRecipients(rig.engine.scripts, campaign, { count: 5_000, random: Math.random }));
  let seen: Preview | undefined;
  // The list is read once for the examples and the count together.
  expect(await readsOf(async () => (seen = await preview("spring")))).toBeLessThanOrEqual(ofOneDraw);
  expect(seen?.samples).toHaveLength(10);
  const { outOfReach, notes } = seen?.estimate ?? {};
  expect(outOfReach?.looked).toBe(2_000);
  // Of 2,000 draws of a quarter the standard deviation is 19, of the whole 48.
  expect(Math.abs((outOfReach?.recipients ?? 0) - 1_250)).toBeLessThan(250);
  expect(notes?.join()).toMatch(/^About \d+ of the 5000 recipients/);
});

test("of a campaign that is over nobody is left who could be out of reach", async () => {
  await draft("spring", people(4));
  for (const name of people(4)) await suppress(name);
  const campaign = await rig.engine.campaigns.read("spring");
  if (campaign === null) throw new Error("there is no campaign spring");
  const over = { ...campaign, state: "cancelled" as const };
  const { estimate } = await rig.engine.preview(over, await rig.engine.load([over]));
  expect(estimate).toMatchObject({ recipients: 0, credits: 0 });
});
