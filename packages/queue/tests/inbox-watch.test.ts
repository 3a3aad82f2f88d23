/** The line of inboxes that are read, through the real scripts: when a read is taken and when it is not, how a reading goes on, and what is kept of it. */
import { personKey } from "@linkup-queue/contracts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { CampaignDefinition } from "../src/index.ts";
import { type Rig, type RigJob, startRig } from "./rig.ts";

let rig: Rig;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const BOB = "https://www.linkedin.com/in/bob";
const DICE = { least: () => 0, most: () => 0.999_999 };

beforeAll(async () => {
  rig = await startRig({ accountConcurrency: 3 });
});
afterAll(async () => await rig.close());
beforeEach(async () => {
  await rig.reset();
  await rig.open();
  await rig.engine.accounts.register("ada", { loginToken: "token-of-ada", replyWatch: { everyMinutes: 60 } });
});

const keys = () => rig.engine.scripts.keys;
const addDue = async (random = DICE.least) => await rig.engine.people.inboxes.addDue(random);
async function campaign(id: string, more: Partial<CampaignDefinition> = {}): Promise<void> {
  const startAt = new Date(rig.nowMs + 30 * 24 * HOUR_MS).toISOString();
  const input = { linkedin_url: "{{linkedin_url}}", message_text: "Hi" };
  const definition = { name: id, operation: "message.send", accountIds: ["ada"], input, stopOnReply: true, startAt, ...more };
  await rig.engine.campaigns.create(id, CampaignDefinition.parse(definition));
  await rig.engine.campaigns.change(id, "start", { allowDoubtfulText: true });
}

/** The read that is in a queue now. */
async function read(): Promise<RigJob | null> {
  const [key = ""] = await rig.client.keys(rig.bull("*", "watch~*"));
  const [queue = "", id = ""] = key.split(":").slice(-2);
  const operation = await rig.client.hget(key, "name");
  if (operation === null) return null;
  const meta = { operation, accountId: "ada", campaignId: null, recipientId: null, redriveOf: null, enqueuedAtMs: rig.nowMs };
  return {
    ref: { queue: queue as "messages", id, timestamp: rig.nowMs },
    accountId: "ada",
    priority: 10,
    price: 1,
    meta,
    expiresAtMs: null,
    target: id,
  };
}

type Told = { cursor?: string; asks?: { id: string; address: string; atMs: number }[] };
/** The read that is due is taken, called, and says what it found. Answers its operation. */
async function step({ cursor = "", asks = [] }: Told = {}): Promise<string> {
  await rig.advance(1_000);
  await addDue();
  const job = (await read()) ?? expect.fail("no read is due");
  const sent = await rig.send(job);
  const { operation } = job.meta;
  await rig.engine.people.inboxes.told(job.ref, operation === "message.inbox" ? { cursor, asks } : null, DICE.least);
  await rig.gate.settle({ ...rig.publishing(rig.settlement(job, sent, "ok")), ...(operation === "profile.me" ? { self: "name" } : {}) });
  await rig.engine.jobs.queues.of(job.ref.queue as "messages").remove(job.ref.id);
  return operation;
}

test("nothing is read while no campaign stops on replies, or all that do are over, or are drafts", async () => {
  expect(await addDue()).toBe(0);
  await campaign("deaf", { stopOnReply: false });
  expect(await addDue()).toBe(0);
  await rig.engine.campaigns.create(
    "draft",
    CampaignDefinition.parse({
      name: "d",
      operation: "message.send",
      accountIds: ["ada"],
      input: { linkedin_url: "{{u}}", message_text: "Hi" },
      stopOnReply: true,
    }),
  );
  expect(await addDue()).toBe(0);
  await campaign("spring");
  await rig.engine.campaigns.change("spring", "cancel");
  expect(await addDue()).toBe(0);
  await campaign("autumn");
  expect(await addDue()).toBe(1);
});

test("a campaign that begins or ceases to stop on replies while it is paused is known at once", async () => {
  await campaign("spring", { stopOnReply: false });
  await rig.engine.campaigns.change("spring", "pause");
  await rig.engine.campaigns.amend("spring", (definition) => ({ ...definition, stopOnReply: true }));
  expect(await rig.client.zcard(keys().stopping)).toBe(1);
  await rig.engine.campaigns.amend("spring", (definition) => ({ ...definition, stopOnReply: false }));
  expect(await rig.client.zcard(keys().stopping)).toBe(0);
});

test("a reading is the name once, its pages, then the conversations that they leave open; the next is half to all of the rhythm later", async () => {
  const madeMs = rig.nowMs;
  await campaign("spring");
  const ask = { id: "c-1", address: BOB, atMs: rig.nowMs };
  expect(await step()).toBe("profile.me");
  expect(await step({ cursor: "2", asks: [ask] })).toBe("message.inbox");
  expect(await rig.client.hmget(keys().watch("ada"), "target", "cursor")).toEqual([String(madeMs), "2"]);
  expect(await step()).toBe("message.inbox");
  expect((await rig.engine.accounts.read("ada"))?.inboxReadAt).toBeNull();
  expect(await step()).toBe("message.conversation");
  const endMs = rig.nowMs;
  expect(await rig.engine.accounts.read("ada")).toMatchObject({ inboxReadAt: new Date(endMs).toISOString(), inboxWaitsSince: null });
  await rig.setClock(endMs + HOUR_MS / 2 - 1);
  expect(await addDue()).toBe(0);
  expect(await step()).toBe("message.inbox");
  expect(Number(await rig.client.hget(keys().watch("ada"), "since"))).toBeLessThanOrEqual(madeMs);
  await rig.setClock(rig.nowMs + HOUR_MS / 2 - 1);
  expect(await addDue(DICE.most)).toBe(0);
});

test("an inbox that nobody asked for longer than ids are known is read again", async () => {
  await campaign("spring");
  expect(await step()).toBe("profile.me");
  expect(await step()).toBe("message.inbox");
  await rig.engine.campaigns.change("spring", "cancel");
  await rig.advance(60 * 24 * HOUR_MS);
  await campaign("autumn");
  expect(await step()).toBe("message.inbox");
});

test("a campaign that was made before what is known is read back to", async () => {
  const draft = {
    name: "d",
    operation: "message.send",
    accountIds: ["ada"],
    input: { linkedin_url: "{{u}}", message_text: "Hi" },
    stopOnReply: true,
  };
  const madeMs = rig.nowMs;
  await rig.engine.campaigns.create(
    "draft",
    CampaignDefinition.parse({ ...draft, startAt: new Date(rig.nowMs + 30 * 24 * HOUR_MS).toISOString() }),
  );
  await rig.advance(24 * HOUR_MS);
  await campaign("spring");
  await step();
  await step();
  await rig.engine.campaigns.change("draft", "start", { allowDoubtfulText: true });
  await rig.advance(HOUR_MS);
  await addDue();
  expect(await rig.client.hget(keys().watch("ada"), "target")).toBe(String(madeMs));
});

test.each<[string, () => Promise<unknown>, () => Promise<unknown>]>([
  ["the account is paused", () => rig.engine.accounts.pause("ada"), () => rig.engine.accounts.resume("ada")],
  ["the key is stopped", () => rig.engine.keys.pause(), () => rig.engine.keys.resume()],
])("while %s nothing is taken, and afterwards it is told since when the inbox waits", async (_case, stop, go) => {
  await campaign("spring");
  await stop();
  expect(await addDue()).toBe(0);
  await go();
  await rig.advance(MINUTE_MS);
  expect(await addDue()).toBe(1);
  expect((await rig.engine.accounts.read("ada"))?.inboxWaitsSince).not.toBeNull();
});

test("outside of its hours nothing is taken and nothing is missed; the first read comes some time after they open", async () => {
  await campaign("spring");
  const [day = "", time = ""] = new Date(rig.nowMs + 2 * HOUR_MS).toISOString().split("T");
  const hours = {
    timezone: "UTC",
    weekdays: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
    from: time.slice(0, 5),
    to: "24:00",
  } as const;
  await rig.engine.accounts.register("ada", { loginToken: "token-of-ada", policy: { hours: { ...hours, weekdays: [...hours.weekdays] } } });
  expect(await addDue(() => 0.5)).toBe(0);
  expect((await rig.engine.accounts.read("ada"))?.inboxWaitsSince).toBeNull();
  const opensMs = Date.parse(`${day}T${time.slice(0, 5)}:00.000Z`);
  await rig.setClock(opensMs + 15 * MINUTE_MS - 1);
  expect(await addDue()).toBe(0);
  await rig.advance(1);
  expect(await addDue()).toBe(1);
});

test("a read that ended and said nothing is a failed one: the reading begins anew from its first page, half the rhythm later", async () => {
  await campaign("spring");
  await step();
  await step({ cursor: "2" });
  await rig.advance(1_000);
  await addDue();
  const job = (await read()) ?? expect.fail("no read");
  await rig.call(job, "not_found");
  await rig.engine.jobs.queues.of("messages").remove(job.ref.id);
  await rig.advance(MINUTE_MS);
  expect(await addDue()).toBe(0);
  expect(await rig.client.hmget(keys().watch("ada"), "cursor", "mark")).toEqual([null, null]);
  // A late word of it is not believed.
  await rig.engine.people.inboxes.told(job.ref, { cursor: "", asks: [] }, DICE.least);
  expect((await rig.engine.accounts.read("ada"))?.inboxReadAt).toBeNull();
  await rig.advance(HOUR_MS / 2 - 1);
  expect(await addDue()).toBe(0);
  await rig.advance(1);
  expect(await step()).toBe("message.inbox");
});

test("whom an account wrote to through us is known while its inbox is read, from any operation that reaches them", async () => {
  const target = "target-of-bob";
  await rig.call(await rig.job("ada", { operation: "invitation.send", queue: "network", target }));
  expect(await rig.client.zscore(keys().watchSent("ada"), target)).toBe(String(rig.nowMs));
  await rig.call(await rig.job("ada", { operation: "message.send", target: "failed" }), "not_found");
  await rig.call(await rig.job("ada", { operation: "post.react", queue: "posts", target: "post" }));
  await rig.account("eve");
  await rig.call(await rig.job("eve", { operation: "message.send", target }));
  expect(await rig.client.zcard(keys().watchSent("ada"))).toBe(1);
  expect(await rig.client.exists(keys().watchSent("eve"))).toBe(0);
});

test("a person who is forgotten while a reading is to look at their conversation is found by it no more", async () => {
  await campaign("spring");
  await step();
  await step({
    asks: [
      { id: "c-1", address: BOB, atMs: rig.nowMs },
      { id: "c-2", address: "https://www.linkedin.com/in/carol", atMs: rig.nowMs },
    ],
  });
  await rig.engine.forgetPerson(personKey(BOB));
  const asks = JSON.parse((await rig.client.hget(keys().watch("ada"), "asks")) ?? "[]");
  expect(asks).toMatchObject([
    { id: "c-1", address: "" },
    { id: "c-2", address: "https://www.linkedin.com/in/carol" },
  ]);
});

test("an account that is removed, or whose watch is, leaves nothing of it", async () => {
  await campaign("spring");
  await step();
  await rig.engine.accounts.register("ada", { loginToken: "token-of-ada", replyWatch: null });
  expect([await rig.client.zcard(keys().watches), await rig.client.exists(keys().watch("ada"))]).toEqual([0, 0]);
  await rig.engine.accounts.register("ada", { loginToken: "token-of-ada", replyWatch: { everyMinutes: 5 } });
  expect(await addDue()).toBe(1);
  await rig.engine.accounts.remove("ada");
  expect(await rig.client.exists(keys().watches, keys().watch("ada"), keys().watchSent("ada"))).toBe(0);
});
