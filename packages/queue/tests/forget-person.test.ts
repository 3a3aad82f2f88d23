/** Forgetting a recipient beside a feeder that has read them already, and against cursors that move on. */
import { personKey } from "@linkup-queue/contracts";
import { acquireRedis, type TestRedis, testPrefix, testSecretsKey } from "@linkup-queue/testkit";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { packRecipients } from "../src/campaigns/campaign-recipients.ts";
import { CampaignFeeder } from "../src/campaigns/feed/campaign-feeder.ts";
import { forgetRecipients } from "../src/erasure/forget-recipients.ts";
import { replaceText } from "../src/erasure/forget-text.ts";
import { CampaignDefinition, type Campaigns, connectRedis, createEngine, type Engine, type RedisClient, Secrets } from "../src/index.ts";
import { CallQueues } from "../src/redis/call-queues.ts";
import type { EngineConfig } from "../src/redis/engine-config.ts";
import { TEST_PRICES } from "./test-prices.ts";

let redis: TestRedis;
let client: RedisClient;
let engine: Engine;
let queues: CallQueues;
let campaigns: Campaigns;
let feeder: CampaignFeeder;
const config: EngineConfig = {
  keyId: testPrefix(),
  rateLimit: 300,
  rateWindowMs: 60_000,
  timeoutMs: 1_000,
  maxAttempts: 5,
  accountConcurrency: 1,
  accountPolicy: "none",
  maxCreditsPerDay: null,
  ledgerDays: 30,
  outcomeDays: 7,
  resultsMax: 1_000,
  redisReplicas: 0,
};
const definition = CampaignDefinition.parse({
  name: "N",
  operation: "profile.scrape",
  accountIds: ["ada"],
  input: { linkedin_url: "{{linkedin_url}}" },
});
const address = (n: number) => `https://www.linkedin.com/in/p-${n}`;
const people = (count: number) => Array.from({ length: count }, (_none, n) => ({ id: `crm-${n}`, fields: { linkedin_url: address(n) } }));

beforeAll(async () => {
  redis = await acquireRedis({ durable: false, fresh: true });
  client = await connectRedis({ kind: "single", url: redis.url });
  engine = createEngine({ client, config, secrets: new Secrets(Buffer.from(testSecretsKey(), "base64")), prices: TEST_PRICES });
  queues = new CallQueues(client, config.keyId);
  campaigns = engine.campaigns;
  await engine.accounts.register("ada", { loginToken: "token" });
});
afterAll(async () => {
  await feeder.close();
  await queues.close();
  await engine.close();
  client.disconnect();
  await redis.stop();
});
beforeEach(async () => {
  await feeder?.close();
  feeder = new CampaignFeeder(engine.scripts, config, {
    onError: (error) => {
      throw error;
    },
  });
});

async function start(id: string, count: number) {
  await campaigns.create(id, definition);
  await campaigns.accept(id, { accountIds: ["ada"], recipients: people(count) });
  await campaigns.change(id, "start");
}

/** As when what is ahead ended: the next two go. */
async function feed(): Promise<number> {
  await client.del(engine.scripts.key("ahead:ada"));
  return (await feeder.feedOnce()).fed;
}

const inQueue = async () => (await queues.of("profiles").getJobs()).map(({ data }) => String(data.recipientId)).sort();

test("one whom the feeder has read and not yet put into a queue is passed over, and counted", async () => {
  await start("c1", 7);
  expect(await feed()).toBe(2);
  expect(await forgetRecipients(engine, personKey(address(4)))).toBe(1);
  // One who is in a queue already is found there.
  expect(await forgetRecipients(engine, personKey(address(0)))).toBe(0);
  for (let fed = 2; fed < 7; ) fed += await feed();
  expect(await inQueue()).toEqual(["crm-0", "crm-1", "crm-2", "crm-3", "crm-5", "crm-6"]);
  expect(await campaigns.read("c1")).toMatchObject({
    recipients: { accepted: 7, fed: 7, unsent: 0, ended: 1 },
    left: { ada: 0 },
    byStatus: { cancelled: 1 },
  });
  expect(await client.keys(engine.scripts.key("todo:*"))).toEqual([]);
});

test("one whose address only the campaign's text makes of a field is found", async () => {
  const input = { linkedin_url: "https://www.linkedin.com/in/{{handle}}" };
  await campaigns.create("c3", CampaignDefinition.parse({ ...definition, input }));
  const recipients = [1, 2].map((n) => ({ id: `crm-${n}`, fields: { handle: `p-${n}` } }));
  await campaigns.accept("c3", { accountIds: ["ada"], recipients });
  expect(await forgetRecipients(engine, personKey(address(2)))).toBe(1);
  expect(await forgetRecipients(engine, personKey(address(3)))).toBe(0);
});

test("no chunk is passed over while the feeder takes chunks away", async () => {
  await campaigns.create("c4", definition);
  for (const n of [70, 71, 72]) {
    await campaigns.accept("c4", { accountIds: ["ada"], recipients: [{ id: `crm-${n}`, fields: { linkedin_url: address(n) } }] });
  }
  let looks = 0;
  const look = client.lindexBuffer.bind(client) as (...args: unknown[]) => Promise<Buffer | null>;
  const spy = vi.spyOn(client, "lindexBuffer").mockImplementation((async (...args: unknown[]) => {
    if (String(args[0]).includes("todo:c4")) looks += 1;
    // Between the cursor and the second chunk the feeder ends the first.
    if (looks === 2) {
      await client.lpop(engine.scripts.key("todo:c4:ada"));
      await client.hincrby(engine.scripts.key("campaign:c4"), "chunk:ada", 1);
    }
    return await look(...args);
  }) as never);
  try {
    expect(await forgetRecipients(engine, personKey(address(71)))).toBe(1);
  } finally {
    spy.mockRestore();
  }
});

test("a chunk that moved on is never overwritten by what was read before", async () => {
  await start("c2", 3);
  const list = engine.scripts.key("todo:c2:ada");
  const was = (await client.lindexBuffer(list, 0)) as Buffer;
  const place = { event: "chunk", campaign: "c2", account: "ada", chunk: 0 } as const;
  expect(await replaceText(engine.scripts, place, { was: packRecipients(people(1)), becomes: "x" })).toBe("changed");
  for (let fed = 0; fed < 3; ) fed += await feed();
  await campaigns.accept("c2", { accountIds: ["ada"], recipients: [{ id: "late", fields: { linkedin_url: address(90) } }] });
  expect(await replaceText(engine.scripts, place, { was, becomes: "x" })).toBe("gone");
  expect(await forgetRecipients(engine, personKey(address(90)))).toBe(1);
  expect(await forgetRecipients(engine, personKey(address(90)))).toBe(0);
  const known = [{ id: "late", fields: { linkedin_url: address(90) } }];
  expect(await campaigns.accept("c2", { accountIds: ["ada"], recipients: known })).toMatchObject({ accepted: 0, duplicates: 1 });
});
