/** Outcomes on their way to webhooks: all of them, signed, in their recipients' order, whoever consumes `results` and however long it fails. */
import { RESULTS_QUEUE } from "@linkup-queue/contracts";
import { CampaignDefinition, DELIVERY_PACE, type DeliveryPace } from "@linkup-queue/queue";
import { waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { message, type NewJob, type System, type SystemOptions, startSystem } from "./fixture.ts";
import { type Receiver, startReceiver } from "./webhook-receiver.ts";

let system: System;
const receivers: Receiver[] = [];
afterEach(async () => {
  await Promise.all(receivers.splice(0).map((receiver) => receiver.close()));
  await system.close();
});

/** A day of 3 s. */
const SHORT_DAY: DeliveryPace = {
  ...DELIVERY_PACE,
  leaseMs: 3_000,
  firstRetryMs: 20,
  mostRetryMs: 300,
  giveUpMs: 3_000,
  failingMs: 1_000,
  firstRestMs: 20,
  mostRestMs: 200,
};

async function start(options: SystemOptions = {}): Promise<Receiver> {
  system = await startSystem({ webhookPace: SHORT_DAY, ...options });
  return await receive();
}

async function receive(secret?: string): Promise<Receiver> {
  const receiver = await startReceiver(secret);
  receivers.push(receiver);
  return receiver;
}

const put = (id: string, { url, secret }: Receiver, more: object = {}) => system.engine.webhooks.put(id, { url, secret, ...more });

/** Waits until the webhook's own count says so: a post is told of a moment after it arrived. */
const delivered = (id: string, count: number) =>
  waitFor(async () => (await system.engine.webhooks.read(id))?.delivered, { what: `${count} deliveries`, until: (seen) => seen === count });

/** Jobs that end at once, free: no such account. The n-th of `count` is of recipient n mod `recipients`. */
const quick = (count: number, recipients = count): NewJob[] =>
  Array.from({ length: count }, (_, n) => {
    const job = message("nobody", n, { recipientId: `https://www.linkedin.com/in/person-${n % recipients}` });
    return { ...job, opts: { jobId: `quick-${n}` } };
  });

/** Deliveries that wait for a webhook in the order in which they were settled: the outcomeIds of each lane. */
async function waitingLines(): Promise<string[][]> {
  const { client } = system.engine.scripts;
  const lines = (await leftovers()).filter((key) => key.includes(":line:"));
  const entries = await Promise.all(lines.map((key) => client.lrange(key, 0, -1)));
  return entries.map((line) => line.map((entry) => entry.split("|")[0] ?? ""));
}

test("a test by hand is posted, signed, whatever the webhook asked for, until it has ended", async () => {
  const receiver = await start();
  await put("crm", receiver, { statuses: ["failed"], events: ["outcome"], campaignId: "spring" });
  const messageId = await system.engine.webhooks.test("crm");
  await delivered("crm", 1);
  expect(receiver.posts).toMatchObject([{ messageId, type: "webhook.test", data: { webhookId: "crm" } }]);
  expect(await system.engine.webhooks.read("crm")).toMatchObject({ waiting: 0, state: "ok" });
  await expect(system.engine.webhooks.test("nobody")).rejects.toMatchObject({ code: "not_found" });
  receiver.answer = () => 410;
  await system.engine.webhooks.test("crm");
  await waitFor(async () => (await system.engine.webhooks.read("crm"))?.state, { what: "its end", until: (state) => state === "ended" });
  await expect(system.engine.webhooks.test("crm")).rejects.toMatchObject({ code: "conflict" });
});

test("every outcome is posted, signed, under its outcomeId, as the results queue has it", async () => {
  const receiver = await start();
  await put("all", receiver);
  await system.activeAccounts(["ada"]);
  await system.add("messages", [message("ada", 1, { recipientId: "r-1" }), message("ada", 2), message("nobody", 3)]);
  const outcomes = await system.outcomesArrive(3);
  await waitFor(() => receiver.taken().length, { what: "three posts", until: (seen) => seen === 3 });
  const byId = new Map(receiver.taken().map((post) => [post.messageId, post]));
  for (const outcome of outcomes) {
    expect(byId.get(outcome.outcomeId)).toMatchObject({ type: `outcome.${outcome.status}`, data: outcome });
  }
  expect(outcomes.map(({ status }) => status).sort()).toEqual(["failed", "succeeded", "succeeded"]);
  expect([receiver.unverified, receiver.posts.length]).toEqual([0, 3]);
  await delivered("all", 3);
  expect(await system.engine.webhooks.read("all")).toMatchObject({ waiting: 0, delivered: 3, dead: 0, state: "ok", lastError: null });
});

test("a webhook gets the statuses and the campaign that it asked for, and nothing from before it was there or after it was removed", async () => {
  const failed = await start();
  const [succeeded, campaign, events] = [await receive(), await receive(), await receive()];
  await system.add("messages", [message("nobody", 0)]);
  await system.outcomesArrive(1);
  await put("failed", failed, { statuses: ["failed", "unknown"], events: ["outcome"] });
  await put("succeeded", succeeded, { statuses: ["succeeded"] });
  await put("campaign", campaign, { campaignId: "spring" });
  await put("events", events, { events: ["campaign"] });
  await system.add("messages", [message("nobody", 1, { campaignId: "spring" }), message("nobody", 2, { campaignId: "autumn" })]);
  const told = { eventId: "spring-1", campaignId: "spring", word: "started", atMs: 1_700_000_000_000, more: { name: "Spring" } } as const;
  expect(await system.engine.webhooks.publish(told)).toBe(3);
  expect(await system.engine.webhooks.publish(told)).toBe(0);
  await waitFor(() => failed.taken().length === 2 && campaign.taken().length === 2 && events.taken().length === 1, { what: "the posts" });
  expect(events.taken()[0]).toMatchObject({
    messageId: "e-spring-1",
    type: "campaign.started",
    data: { campaignId: "spring", name: "Spring" },
  });
  expect(
    campaign
      .taken()
      .map(({ type }) => type)
      .sort(),
  ).toEqual(["campaign.started", "outcome.failed"]);
  expect(succeeded.taken().map(({ type }) => type)).toEqual(["campaign.started"]);
  expect(await system.engine.webhooks.remove("failed")).toBe(true);
  await system.add("messages", [message("nobody", 3, { campaignId: "spring" })]);
  await waitFor(() => campaign.taken().length, { what: "the third post", until: (seen) => seen === 3 });
  expect(failed.taken()).toHaveLength(2);
});

test("a campaign's start, pause, resumption and end are told, once each and in order, beside its outcomes", async () => {
  const receiver = await start({ scenario: { limit: null, latencyMs: 20 }, settings: { rateLimit: 100_000 } });
  await put("campaigns", receiver);
  await system.account("ada", { loginToken: "token-of-ada" });
  const campaigns = system.engine.campaigns;
  const input = { linkedin_url: "{{linkedin_url}}", message_text: "Hello" };
  const definition = { name: "Spring", operation: "message.send", accountIds: ["ada"], input };
  await campaigns.create("spring", CampaignDefinition.parse(definition));
  const recipients = Array.from({ length: 40 }, (_, n) => {
    const url = `https://www.linkedin.com/in/person-${n}`;
    return { id: url, fields: { linkedin_url: url } };
  });
  await campaigns.accept("spring", { accountIds: ["ada"], recipients });
  const events = () => receiver.taken().filter(({ type }) => type.startsWith("campaign."));
  const heard = (count: number) => waitFor(() => events().length, { what: `${count} events`, until: (seen) => seen >= count });
  await campaigns.change("spring", "start");
  await heard(1);
  await campaigns.change("spring", "pause");
  await heard(2);
  await campaigns.change("spring", "resume");
  await heard(4);
  expect(events().map(({ type }) => type.slice("campaign.".length))).toEqual(["started", "paused", "started", "ended"]);
  expect(events()[1]?.data).toMatchObject({ campaignId: "spring", name: "Spring", why: "by_hand", recipients: { accepted: 40 } });
  expect(events()[3]?.data).toMatchObject({ why: "all_done", byStatus: { succeeded: 40 } });
  await waitFor(() => receiver.taken().length, { what: "the outcomes too", until: (seen) => seen === 44 });
  expect(receiver.posts).toHaveLength(44);
});

test("a receiver that fails for a while loses nothing and keeps each recipient's order, while nobody consumes results and outcomes are kept for no time", async () => {
  const receiver = await start({
    settings: { outcomeDays: 0, resultsMax: 10 },
    webhookPace: { ...SHORT_DAY, giveUpMs: 60_000 },
    workers: 2,
  });
  await system.queue(RESULTS_QUEUE).pause();
  let broken = true;
  // Each third post fails later on too: what comes behind it must wait.
  receiver.answer = () => (broken || receiver.posts.length % 3 === 0 ? 503 : 200);
  await put("flaky", receiver);
  await system.add("messages", quick(120, 12));
  const waiting = async () => (await system.engine.webhooks.read("flaky"))?.waiting;
  await waitFor(async () => receiver.posts.length > 20 && (await waiting()) === 120, { what: "posts that fail" });
  const resting = await system.engine.webhooks.read("flaky");
  expect(resting).toMatchObject({ state: "resting", waiting: 120, delivered: 0, lastError: "http_503" });
  const lines = await waitingLines();
  expect([lines.length, new Set(lines.flat()).size]).toEqual([12, 120]);
  broken = false;
  await waitFor(() => receiver.taken().length, { what: "all outcomes", until: (seen) => seen === 120 });
  const taken = receiver.taken().map(({ messageId }) => messageId);
  for (const line of lines) expect(taken.filter((messageId) => line.includes(messageId))).toEqual(line);
  expect(system.outcomes).toEqual([]);
  await system.queue(RESULTS_QUEUE).resume();
  const outcomes = await system.outcomesArrive(120);
  expect(new Set(outcomes.map(({ outcomeId }) => outcomeId))).toEqual(new Set(taken));
  // Nothing is kept of what was delivered.
  await waitFor(async () => (await leftovers()).length, { what: "nothing to be left", until: (seen) => seen === 0 });
});

/** Keys of deliveries and of outcomes that are still in Redis. */
async function leftovers(): Promise<string[]> {
  const { client, tag } = system.engine.scripts;
  const keys = await client.keys(`${tag.replaceAll(/[{}]/g, "?")}:gate:*`);
  return keys.filter((key) => /:gate:(hook:|outcome:|owed|event:)/.test(key));
}

test("one recipient's trouble holds up nobody else", async () => {
  const receiver = await start({ webhookPace: { ...SHORT_DAY, giveUpMs: 60_000 } });
  receiver.answer = ({ data }) => (data["recipientId"] === "https://www.linkedin.com/in/person-3" ? 422 : 200);
  await put("picky", receiver);
  await system.add("messages", quick(60, 6));
  await waitFor(() => receiver.taken().length, { what: "the other recipients' outcomes", until: (seen) => seen === 50 });
  await waitFor(() => receiver.posts.length, {
    what: "more tries than a webhook that fails as a whole would get",
    until: (seen) => seen >= 63,
  });
  const refused = receiver.posts.filter(({ answered }) => answered === 422);
  expect(new Set(refused.map(({ messageId }) => messageId)).size).toBe(1);
  await delivered("picky", 50);
  expect(await system.engine.webhooks.read("picky")).toMatchObject({ state: "ok", waiting: 10, delivered: 50 });
});

test("a delivery that failed for the day is a dead letter, is listed page by page, and arrives when it is sent again", async () => {
  const receiver = await start({ settings: { outcomeDays: 0 } });
  receiver.answer = () => 500;
  await put("down", receiver);
  await system.add("messages", quick(25, 10));
  await system.outcomesArrive(25);
  const { webhooks } = system.engine;
  await waitFor(async () => (await webhooks.read("down"))?.dead, { what: "25 dead letters", until: (seen) => seen === 25 });
  const first = await webhooks.dead("down", { limit: 10 });
  const last = first.at(-1);
  const rest = await webhooks.dead("down", { after: last, limit: 100 });
  expect(new Set([...first, ...rest].map(({ messageId }) => messageId))).toEqual(
    new Set(system.outcomes.map(({ outcomeId }) => outcomeId)),
  );
  expect(first.length + rest.length).toBe(25);
  expect([...first, ...rest].every(({ error }) => error === "http_500" || error === "webhook_down")).toBe(true);
  receiver.answer = () => 200;
  const one = first[0]?.messageId ?? "";
  expect(await webhooks.redrive("down", [one, "o-no-such-letter"])).toEqual({ redriven: 1, gone: 0 });
  await waitFor(() => receiver.taken().length, { what: "the one", until: (seen) => seen === 1 });
  expect(receiver.taken()[0]?.messageId).toBe(one);
  expect(await webhooks.redrive("down")).toEqual({ redriven: 24, gone: 0 });
  await waitFor(() => receiver.taken().length, { what: "all of them", until: (seen) => seen === 25 });
  await waitFor(async () => (await leftovers()).length, { what: "nothing to be left", until: (seen) => seen === 0 });
  await expect(webhooks.redrive("unknown")).rejects.toMatchObject({ code: "not_found" });
});

test("a receiver that asks to be left alone is posted to again when that time is over, with anything at all", async () => {
  const receiver = await start({ webhookPace: { ...SHORT_DAY, giveUpMs: 60_000 } });
  receiver.answer = () => (receiver.posts.length === 0 ? 429 : 204);
  receiver.retryAfter = "2";
  await put("busy", receiver);
  await system.add("messages", quick(1));
  await waitFor(() => receiver.posts.length, { what: "the first post", until: (seen) => seen === 1 });
  await waitFor(async () => (await system.engine.webhooks.read("busy"))?.lastError, { what: "it to be told" });
  // Another recipient's, too: it is the receiver who asked.
  await system.add("messages", [message("nobody", 99, { recipientId: "https://www.linkedin.com/in/person-99" })]);
  await delivered("busy", 2);
  const [first, ...later] = receiver.posts;
  for (const { atMs } of later) expect(atMs - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(1_900);
});

test("a receiver that answers 410 gets nothing more: what waits are dead letters, and put anew it goes on", async () => {
  const receiver = await start({ webhookPace: { ...SHORT_DAY, leaseMs: 60_000, giveUpMs: 60_000 } });
  const { webhooks } = system.engine;
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  receiver.answer = async () => {
    await gate;
    return 410;
  };
  await put("gone", receiver);
  await system.add("messages", quick(9, 3));
  await system.outcomesArrive(9);
  open();
  await waitFor(async () => (await webhooks.read("gone"))?.dead, { what: "nine dead letters", until: (seen) => seen === 9 });
  expect(await webhooks.read("gone")).toMatchObject({ state: "ended", lastError: "http_410", waiting: 0, delivered: 0 });
  // One for each recipient was out when the first answer came.
  const posted = receiver.posts.length;
  expect(posted).toBeLessThanOrEqual(3);
  await system.add("messages", [message("nobody", 99)]);
  await system.outcomesArrive(10);
  expect(await webhooks.read("gone")).toMatchObject({ state: "ended", waiting: 0, dead: 9 });
  receiver.answer = () => 204;
  await put("gone", receiver);
  expect(await webhooks.redrive("gone")).toEqual({ redriven: 9, gone: 0 });
  await delivered("gone", 9);
  expect(await webhooks.read("gone")).toMatchObject({ state: "ok", dead: 0 });
});

test("a delivery past the bound of waiting ones is a dead letter at once; dead letters are forgotten in time, and counted", async () => {
  const receiver = await start({ settings: { outcomeDays: 0 }, webhookPace: { ...SHORT_DAY, giveUpMs: 60_000, deadMs: 4_000 } });
  const { webhooks, scripts } = system.engine;
  await put("full", receiver);
  await scripts.client.hset(scripts.key("webhook:full"), "waiting", 500_000);
  await system.add("messages", quick(2));
  await system.outcomesArrive(2);
  const [first, second] = await webhooks.dead("full", { limit: 10 });
  expect([first?.error, second?.error]).toEqual(["too_many_waiting", "too_many_waiting"]);
  expect(await webhooks.redrive("full", [first?.messageId ?? ""])).toEqual({ redriven: 1, gone: 0 });
  await waitFor(async () => (await webhooks.read("full"))?.dropped, { what: "the other to be forgotten", until: (seen) => seen === 1 });
  await waitFor(() => receiver.taken().length, { what: "the one that was sent again", until: (seen) => seen === 1 });
  await waitFor(async () => (await leftovers()).length, { what: "nothing to be left", until: (seen) => seen === 0 });
});

test("a new address gets what waited for the old one; a removed webhook leaves nothing behind", async () => {
  const old = await start({ settings: { outcomeDays: 0 }, webhookPace: { ...SHORT_DAY, giveUpMs: 60_000 } });
  old.answer = () => 500;
  const other = await receive(`whsec_${Buffer.alloc(24, 1).toString("base64")}`);
  await put("moving", old);
  await put("leaving", old);
  await system.add("messages", quick(30, 5));
  await system.outcomesArrive(30);
  await put("moving", other);
  await waitFor(() => other.taken().length, { what: "all at the new address", until: (seen) => seen === 30 });
  expect(other.unverified).toBe(0);
  expect(await system.engine.webhooks.read("leaving")).toMatchObject({ waiting: 30 });
  await system.engine.webhooks.remove("leaving");
  await waitFor(async () => (await leftovers()).length, { what: "nothing to be left", until: (seen) => seen === 0 });
});

test("neither the secret nor the address lies in Redis in clear", async () => {
  const receiver = await start({ webhookPace: { ...SHORT_DAY, giveUpMs: 60_000 } });
  receiver.answer = () => 500;
  await put("hidden", receiver);
  await system.add("messages", quick(12));
  await waitFor(() => receiver.posts.length, { what: "posts", until: (seen) => seen > 12 });
  const dump = await dumpRedis();
  expect(dump).toContain("http_500");
  const bytes = receiver.secret.slice("whsec_".length);
  for (const secret of [bytes, Buffer.from(bytes, "base64").toString("latin1"), "path-secret", new URL(receiver.url).host]) {
    expect(dump.includes(secret)).toBe(false);
  }
});

/** Every key and value in Redis as text. */
async function dumpRedis(): Promise<string> {
  const { client } = system.engine.scripts;
  const texts: string[] = [];
  for (const key of await client.keys("*")) {
    const type = await client.type(key);
    const value =
      type === "hash"
        ? await client.hgetall(key)
        : type === "list"
          ? await client.lrange(key, 0, -1)
          : type === "set"
            ? await client.smembers(key)
            : type === "zset"
              ? await client.zrange(key, "0", "-1")
              : type === "stream"
                ? await client.xrange(key, "-", "+")
                : (await client.getBuffer(key))?.toString("latin1");
    texts.push(key, JSON.stringify(value));
  }
  return texts.join("\n");
}
