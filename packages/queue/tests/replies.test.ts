/** Stop on reply, through the real scripts: which jobs a reply stops at the gate, at the mark and where they wait, which it leaves, and what is kept of it. */
import { personKey } from "@linkup-queue/contracts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { CampaignDefinition, DELIVERY_PACE, WebhookDeliveries } from "../src/index.ts";
import { type JobOptions, type Rig, type RigJob, startRig } from "./rig.ts";

let rig: Rig;
const DAY_MS = 86_400_000;
const ADA = "https://www.linkedin.com/in/ada-lovelace";
const BOB = "https://www.linkedin.com/in/bob";
const CAMPAIGN = {
  name: "Spring",
  operation: "message.send",
  accountIds: ["acc-1", "acc-2"],
  input: { linkedin_url: "{{url}}", message_text: "Hi" },
};

beforeAll(async () => {
  rig = await startRig({ accountConcurrency: 5 });
});
afterAll(async () => await rig.close());
beforeEach(async () => {
  await rig.reset();
  await rig.open();
  await rig.account("acc-1");
  await rig.account("acc-2");
});

const create = async (id: string, more: Partial<CampaignDefinition> = { stopOnReply: true }) =>
  await rig.engine.campaigns.create(id, CampaignDefinition.parse({ ...CAMPAIGN, ...more }));
const replied = async (address: string, atMs?: number) => await rig.engine.people.replies.put({ address, atMs });
const message = async (to: string, campaignId: string | null = "spring", more: JobOptions = {}) =>
  await rig.job("acc-1", { operation: "message.send", to, ...(campaignId === null ? {} : { campaignId }), ...more });
const asked = async (job: RigJob) => {
  const answer = await rig.ask(job);
  return answer.kind === "refused" ? answer.code : answer.kind;
};

test("a reply stops every campaign that asks for it, of every account, in any spelling; nothing and nobody else", async () => {
  await create("spring");
  await create("autumn");
  await create("deaf", {});
  await create("no", { stopOnReply: false });
  const reply = await replied("linkedin.com/in/Ada-Lovelace/");
  expect(reply).toMatchObject({ isNews: true, mayStop: true, repliedAt: new Date(rig.nowMs).toISOString() });
  expect(await asked(await message(ADA))).toBe("replied");
  expect(await asked(await rig.job("acc-2", { operation: "message.send", to: ADA, campaignId: "autumn" }))).toBe("replied");
  expect(await asked(await rig.job("acc-2", { operation: "invitation.send", queue: "network", to: ADA, campaignId: "spring" }))).toBe(
    "replied",
  );
  expect(await asked(await message(ADA, "deaf"))).toBe("granted");
  expect(await asked(await message(ADA, "no"))).toBe("granted");
  expect(await asked(await message(ADA, "a-name"))).toBe("granted");
  expect(await asked(await message(ADA, null))).toBe("granted");
  expect(await asked(await message(BOB))).toBe("granted");
  expect(await asked(await rig.job("acc-2", { operation: "profile.scrape", queue: "profiles", to: ADA, campaignId: "spring" }))).toBe(
    "granted",
  );
});

test("a reply of before the campaign was made stops it not, also where it is told afterwards; one since then does, before anything was sent", async () => {
  await replied(ADA);
  await rig.advance(1);
  await create("spring");
  expect(await asked(await message(ADA))).toBe("granted");
  const madeMs = rig.nowMs;
  await rig.advance(1_000);
  await replied(ADA, madeMs - 1);
  expect(await asked(await message(ADA))).toBe("granted");
  expect(await replied(ADA, madeMs)).toMatchObject({ isNews: true });
  expect(await asked(await message(ADA))).toBe("replied");
  // An older one, told late, takes nothing back.
  expect(await replied(ADA, madeMs - 5_000)).toMatchObject({ isNews: false, repliedAt: new Date(madeMs).toISOString() });
  expect(await asked(await message(ADA))).toBe("replied");
});

test("a reply between the grant and the mark stops the call, also the first of all; others' marks pass", async () => {
  await create("spring");
  await create("deaf", {});
  const granted = async (job: RigJob) => {
    const call = rig.newCall();
    expect((await rig.ask(job, call)).kind).toBe("granted");
    return { job, call };
  };
  const first = await granted(await message(ADA));
  await replied(ADA);
  expect(await rig.gate.markLeft(first.job.ref, first.call)).toBe(false);
  await rig.settle(first.job, { callId: first.call, epoch: 1 }, "not_left");
  expect(await asked(first.job)).toBe("replied");
  const [second, deaf, other] = [
    await granted(await message(BOB)),
    await granted(await message(BOB, "deaf")),
    await granted(await message("https://www.linkedin.com/in/carol")),
  ];
  await rig.advance(1);
  await replied(BOB);
  expect(await rig.gate.markLeft(second.job.ref, second.call)).toBe(false);
  expect(await rig.gate.markLeft(deaf.job.ref, deaf.call)).toBe(true);
  expect(await rig.gate.markLeft(other.job.ref, other.call)).toBe(true);
});

test("a campaign that asks for it later stops what was granted before", async () => {
  await create("spring", {});
  const recipients = [{ id: "r-1", fields: { url: ADA } }];
  await rig.engine.campaigns.accept("spring", { accountIds: ["acc-1", "acc-2"], recipients });
  await rig.engine.campaigns.change("spring", "start", { allowDoubtfulText: true });
  await replied(ADA);
  const [job, call] = [await message(ADA), rig.newCall()];
  expect((await rig.ask(job, call)).kind).toBe("granted");
  await rig.engine.campaigns.change("spring", "pause");
  await rig.engine.campaigns.edit("spring", CampaignDefinition.parse({ ...CAMPAIGN, stopOnReply: true }));
  await rig.engine.campaigns.change("spring", "resume");
  expect(await rig.gate.markLeft(job.ref, call)).toBe(false);
  await rig.settle(job, { callId: call, epoch: 1 }, "not_left");
  expect(await asked(job)).toBe("replied");
});

test("a campaign that is made later stops what was granted for its name before", async () => {
  await replied(BOB);
  const [job, call] = [await message(ADA), rig.newCall()];
  expect((await rig.ask(job, call)).kind).toBe("granted");
  await create("spring");
  await replied(ADA);
  expect(await rig.gate.markLeft(job.ref, call)).toBe(false);
  await rig.settle(job, { callId: call, epoch: 1 }, "not_left");
  expect(await asked(job)).toBe("replied");
});

test("jobs that wait end at once, wherever they wait; a call that is out is told as out", async () => {
  await create("spring");
  await create("deaf", {});
  await rig.account("acc-1", 1);
  const out = await message(ADA);
  const sent = await rig.send(out);
  const parked = await message(ADA);
  expect(await rig.park(parked)).toBe("parked");
  const waiting = await rig.job("acc-2", { operation: "message.send", to: ADA, campaignId: "spring" });
  const others = await rig.job("acc-2", { operation: "message.send", to: BOB, campaignId: "spring" });
  const deaf = await rig.job("acc-2", { operation: "message.send", to: ADA, campaignId: "deaf" });
  await replied(ADA);
  const { stoppedJobs } = rig.engine.people;
  expect(await stoppedJobs.end("replied", [personKey(ADA)])).toEqual({ ended: 2, inFlight: 1 });
  expect(new Set((await rig.results()).keys())).toEqual(new Set([parked.ref.id, waiting.ref.id]));
  expect((await rig.engine.jobs.views.find(parked.ref.id, "messages"))[0]?.view.outcome).toMatchObject({
    status: "cancelled",
    code: "replied",
    credits: { charged: 0 },
  });
  expect(await asked(others)).toBe("granted");
  expect(await asked(deaf)).toBe("granted");
  expect((await rig.settle(out, sent, "ok")).kind).toBe("ended");
  expect(await stoppedJobs.end("replied")).toEqual({ ended: 0, inFlight: 0 });
});

test("where no campaign ever asked for it a reply is known, and no job need be looked for", async () => {
  await create("deaf", {});
  expect(await replied(ADA)).toMatchObject({ isNews: true, mayStop: false });
});

test("a reply is remembered for a year, and goes then", async () => {
  await create("spring");
  const { person } = await replied(ADA);
  await rig.advance(364 * DAY_MS);
  expect(await asked(await message(ADA))).toBe("replied");
  await rig.advance(2 * DAY_MS);
  expect(await rig.client.exists(rig.key(`answered:${person.slice(0, 2)}`))).toBe(0);
});

test("erasure leaves the reply, which names nobody, and takes where the person is found", async () => {
  await create("spring");
  await rig.engine.webhooks.put("crm", { url: "https://example.com/hook", secret: `whsec_${Buffer.alloc(24, 1).toString("base64")}` });
  const { person } = await replied("https://uk.linkedin.com/in/Ada-Lovelace?x=1");
  const deliveries = new WebhookDeliveries(rig.engine, DELIVERY_PACE);
  const { posts } = await deliveries.claim(10, { perWebhook: 10, inFlight: new Map() });
  const bodies = async () => await Promise.all(posts.map(async (post) => JSON.parse((await deliveries.body(post)) ?? "null")));
  const repliedAt = new Date(rig.nowMs).toISOString();
  expect(await bodies()).toEqual([{ type: "person.replied", timestamp: repliedAt, data: { person, url: ADA, repliedAt } }]);
  await rig.engine.forgetPerson(personKey(ADA));
  expect(await bodies()).toMatchObject([{ type: "person.replied", data: { person, url: null } }]);
  expect(await asked(await message(ADA))).toBe("replied");
});

test("each reply that is news is an event, once", async () => {
  await rig.engine.webhooks.put("crm", { url: "https://example.com/hook", secret: `whsec_${Buffer.alloc(24, 1).toString("base64")}` });
  const atMs = rig.nowMs;
  for (const when of [atMs, atMs, atMs - 1_000]) await replied(ADA, when);
  await rig.advance(1_000);
  await replied(ADA);
  const deliveries = new WebhookDeliveries(rig.engine, DELIVERY_PACE);
  let told = 0;
  for (;;) {
    const { posts } = await deliveries.claim(10, { perWebhook: 10, inFlight: new Map() });
    if (posts.length === 0) break;
    told += posts.length;
    for (const post of posts) await deliveries.done(post, { ok: true });
  }
  expect(told).toBe(2);
});
