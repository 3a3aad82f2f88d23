/** Data kept of campaigns and for how long, on a clock of the test's own; counts that other jobs of a campaign must not disturb. */
import { STARTS } from "@linkup-queue/testkit";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { CampaignFeeder } from "../src/campaigns/feed/campaign-feeder.ts";
import { campaignEditScript } from "../src/campaigns/lua/campaign.ts";
import { CampaignDefinition, type CampaignEvent, type Campaigns, type Engine, type RedisClient } from "../src/index.ts";
import { type Rig, startRig } from "./rig.ts";

const DAY_MS = 86_400_000;

let rig: Rig;
let client: RedisClient;
let engine: Engine;
let campaigns: Campaigns;

beforeAll(async () => {
  rig = await startRig();
  client = rig.client;
  engine = rig.engine;
  campaigns = engine.campaigns;
});
afterAll(async () => await rig.close());
beforeEach(async () => {
  await rig.reset();
  await engine.accounts.register("ada", { loginToken: "token" });
});

const definition = CampaignDefinition.parse({
  name: "N",
  operation: "profile.scrape",
  accountIds: ["ada"],
  input: { linkedin_url: "{{linkedin_url}}" },
});
const people = (count: number) =>
  Array.from({ length: count }, (_none, n) => ({ id: `p-${n}`, fields: { linkedin_url: `https://www.linkedin.com/in/p-${n}` } }));

/** One round of a feeder that has just come up, and what it told. */
async function round(): Promise<CampaignEvent[]> {
  const told: CampaignEvent[] = [];
  const feeder = new CampaignFeeder(engine.scripts, engine.config, {
    onError: (error) => {
      throw error;
    },
    onEvent: (event) => {
      told.push(event);
    },
  });
  await feeder.feedOnce();
  await feeder.close();
  await rig.advance(6_000);
  return told;
}
const keysOf = (id: string) => client.keys(engine.scripts.key(`*:${id}*`));

test.each(STARTS)(
  "from $name: all that is kept of a campaign goes, the recipients' ids last, when those of its jobs are free again",
  async ({ ms: startMs }) => {
    await rig.reset(startMs);
    await engine.accounts.register("ada", { loginToken: "token" });
    await campaigns.create("old", definition);
    await campaigns.accept("old", { accountIds: ["ada"], recipients: people(500) });
    await campaigns.change("old", "cancel");
    await client.rpush(engine.scripts.key("campaign-outcomes:old"), "o-1");
    await round();
    expect((await keysOf("old")).length).toBeGreaterThan(100);
    await rig.advance(9 * DAY_MS);
    await round();
    expect(await client.exists(engine.scripts.key("campaign-outcomes:old"))).toBe(0);
    expect(await campaigns.read("old")).toMatchObject({ state: "cancelled", recipients: { accepted: 500, unsent: 500 } });
    await rig.advance(36 * DAY_MS);
    await round();
    expect(await campaigns.read("old")).toBeNull();
    expect(await campaigns.list({ limit: 10 })).toEqual({ campaigns: [], next: null });
    expect(await keysOf("old")).toEqual([]);
  },
);

test("of several rows of one id the first counts, in one batch as in two, each in its place", async () => {
  const row = (id: string, name: string) => ({ id, fields: { linkedin_url: `https://www.linkedin.com/in/${id}`, name } });
  const batches = [[row("ann", "first"), row("bob", "first"), row("ann", "second"), row("cyd", "first")], [row("bob", "second")]];
  await campaigns.create("twice", definition);
  for (const recipients of batches) await campaigns.accept("twice", { accountIds: ["ada"], recipients });
  const campaign = await campaigns.read("twice");
  if (campaign === null) throw new Error("the campaign is gone");
  const { items } = await campaigns.unsent(campaign, { limit: 10 });
  expect(items.map(({ id, fields }) => [id, fields["name"]])).toEqual([
    ["ann", "first"],
    ["bob", "first"],
    ["cyd", "first"],
  ]);
});

test("an event is told once, in order, also when the feeder changes", async () => {
  await campaigns.create("told", definition);
  await campaigns.accept("told", { accountIds: ["ada"], recipients: people(3) });
  await campaigns.change("told", "start");
  await engine.accounts.pause("ada");
  const first = await round();
  expect(first.map(({ campaign, event }) => `${campaign} ${event}`).slice(-2)).toEqual(["told running", "told stalled"]);
  await engine.accounts.resume("ada");
  const later = [...(await round()), ...(await round())];
  expect(later.at(-1)).toMatchObject({ campaign: "told", event: "moving" });
  expect(await campaigns.read("told")).toMatchObject({ stalled: false, recipients: { fed: 2 }, left: { ada: 1 } });
});

test("recipients that were checked against a text that was edited meanwhile are not taken", async () => {
  const { revision } = await campaigns.create("edited", definition);
  await campaigns.edit("edited", { ...definition, name: "Other" });
  await expect(campaigns.accept("edited", { accountIds: ["ada"], recipients: people(1), revision })).rejects.toMatchObject({
    code: "conflict",
  });
  expect(await campaigns.accept("edited", { accountIds: ["ada"], recipients: people(1), revision: revision + 1 })).toMatchObject({
    accepted: 1,
  });
});

test("an edit whose check saw fewer recipients than there are now is not made", async () => {
  const { revision } = await campaigns.create("raced", definition);
  await campaigns.accept("raced", { accountIds: ["ada"], recipients: people(2) });
  const asked = { campaign: "raced", definition: JSON.stringify(definition), accounts: '["ada"]', weight: 1, scopes: "" };
  const edit = (seen: { rev: number; accepted: number }) => engine.scripts.run(campaignEditScript, { ...asked, ...seen });
  expect(await edit({ rev: revision, accepted: 1 })).toEqual(["moved", "draft"]);
  expect(await edit({ rev: revision, accepted: 2 })).toEqual(["edited", "draft"]);
  expect(await edit({ rev: revision, accepted: 2 })).toEqual(["moved", "draft"]);
});

test("a start without one of its accounts is refused and says which", async () => {
  await campaigns.create("missing", { ...definition, accountIds: ["ada", "nobody"] });
  await expect(campaigns.change("missing", "start")).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringContaining("nobody"),
  });
  await campaigns.create("handed", { ...definition, accountIds: ["ada", "nobody"], handover: true });
  expect(await campaigns.change("handed", "start")).toMatchObject({ state: "ended" });
});

test("an export whose list is dropped while it is read is told as cut off, and never looks whole", async () => {
  const list = engine.scripts.key("campaign-outcomes:dropped");
  await client.rpush(list, "o-1", "o-2", "o-3");
  const read = async (pageSize: number) => {
    for await (const _outcome of campaigns.outcomes("dropped", { pageSize, onGone: () => void client.unlink(list) }));
  };
  await expect(read(2)).rejects.toMatchObject({ code: "interrupted" });
  await client.rpush(list, "o-1", "o-2", "o-3");
  await read(3);
});
