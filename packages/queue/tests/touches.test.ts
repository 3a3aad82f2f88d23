/** One touch: nobody is written to twice within the gap, whatever the account and the campaign; what reached nobody counts for nothing. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { CampaignDefinition } from "../src/index.ts";
import { type CallEnd, type JobOptions, type Rig, type RigJob, startRig } from "./rig.ts";

let rig: Rig;
const DAY_MS = 86_400_000;
/** The end of a call is known so long after its deadline at the latest, ms. */
const KNOWN_MS = 5_000;
const ADA = "https://www.linkedin.com/in/ada-lovelace";
const BOB = "https://www.linkedin.com/in/bob";

beforeAll(async () => {
  rig = await startRig({ accountConcurrency: 5, contactGapDays: 30 });
});
afterAll(async () => await rig.close());
beforeEach(async () => {
  await rig.reset();
  await rig.open();
  await rig.account("acc-1");
  await rig.account("acc-2");
});

const SPRING = { name: "Spring", operation: "message.send", accountIds: ["acc-1"], input: { linkedin_url: "{{url}}", message_text: "Hi" } };
const message = async (to: string, account = "acc-1", more: JobOptions = {}) =>
  await rig.job(account, { operation: "message.send", to, ...more });
const invitation = async (to: string, account = "acc-1") => await rig.job(account, { operation: "invitation.send", queue: "network", to });
const asked = async (job: RigJob) => {
  const answer = await rig.ask(job);
  return answer.kind === "refused" ? answer.code : answer.kind;
};

test("whoever was written to is written to by no account again, in any spelling, until the gap is over", async () => {
  await rig.call(await message(ADA));
  const sentMs = rig.nowMs;
  await rig.advance(KNOWN_MS);
  expect(await asked(await invitation(ADA, "acc-2"))).toBe("contacted_recently");
  expect(await asked(await message("linkedin.com/in/Ada-Lovelace/", "acc-2"))).toBe("contacted_recently");
  expect(await asked(await message(BOB, "acc-2"))).toBe("granted");
  expect(await asked(await rig.job("acc-2", { operation: "profile.scrape", to: ADA }))).toBe("granted");
  await rig.setClock(sentMs + 30 * DAY_MS - 1);
  expect(await asked(await message(ADA, "acc-2"))).toBe("contacted_recently");
  await rig.setClock(sentMs + 30 * DAY_MS);
  expect(await asked(await message(ADA, "acc-2"))).toBe("granted");
});

test("two accounts in the same millisecond: one writes, and the other hears of what came of it", async () => {
  const [one, other] = [await message(ADA), await message(ADA, "acc-2")];
  const sent = await rig.send(one);
  expect(await rig.ask(other)).toMatchObject({ kind: "snooze", reason: "open_call", forMs: rig.engine.config.timeoutMs + KNOWN_MS });
  await rig.settle(one, sent, "ok");
  expect(await rig.ask(other)).toMatchObject({ kind: "snooze", forMs: KNOWN_MS });
  await rig.advance(KNOWN_MS);
  expect(await asked(other)).toBe("contacted_recently");
});

test.each<[CallEnd, string]>([
  ["ok", "contacted_recently"],
  ["timed_out", "contacted_recently"],
  ["doubtful", "contacted_recently"],
  ["not_found", "granted"],
  ["family_limited", "granted"],
  ["not_left", "granted"],
  ["no_connection", "granted"],
  ["server_error", "granted"],
])("after a call that ended %s the next is %s", async (end, next) => {
  await rig.call(await message(ADA), end);
  await rig.advance(rig.engine.config.timeoutMs + KNOWN_MS);
  expect(await asked(await message(ADA, "acc-2"))).toBe(next);
});

test("a worker that dies before the mark wrote to nobody; one that dies behind it may have", async () => {
  const [before, behind] = [await message(ADA), await message(BOB)];
  expect(await asked(before)).toBe("granted");
  await rig.send(behind);
  await rig.advance(rig.engine.config.timeoutMs + KNOWN_MS);
  await rig.swept();
  expect(await asked(await message(ADA, "acc-2"))).toBe("granted");
  expect(await asked(await message(BOB, "acc-2"))).toBe("contacted_recently");
});

test("a call that reached nobody leaves the touch of before as it was", async () => {
  await rig.call(await message(ADA));
  await rig.advance(31 * DAY_MS);
  await rig.call(await message(ADA, "acc-2"), "not_found");
  const campaign = {
    name: "Spring",
    operation: "message.send",
    accountIds: ["acc-1"],
    input: { linkedin_url: "{{url}}", message_text: "Hi" },
  };
  await rig.engine.campaigns.create("spring", CampaignDefinition.parse({ ...campaign, contactGapDays: 60 }));
  expect(await asked(await message(ADA, "acc-1", { campaignId: "spring" }))).toBe("contacted_recently");
  expect(await asked(await message(ADA))).toBe("granted");
});

test("a campaign may ask for more days than the setting, and not for fewer", async () => {
  const campaign = {
    name: "Spring",
    operation: "message.send",
    accountIds: ["acc-1"],
    input: { linkedin_url: "{{url}}", message_text: "Hi" },
  };
  await rig.engine.campaigns.create("more", CampaignDefinition.parse({ ...campaign, contactGapDays: 90 }));
  await rig.engine.campaigns.create("fewer", CampaignDefinition.parse({ ...campaign, contactGapDays: 1 }));
  await rig.call(await message(ADA));
  await rig.advance(2 * DAY_MS);
  expect(await asked(await message(ADA, "acc-1", { campaignId: "fewer" }))).toBe("contacted_recently");
  await rig.advance(28 * DAY_MS);
  expect(await asked(await message(ADA, "acc-1", { campaignId: "more" }))).toBe("contacted_recently");
  expect(await asked(await message(ADA, "acc-1", { campaignId: "fewer" }))).toBe("granted");
});

test("while nobody asks for a gap nothing is booked, and the strictest of live workers holds", async () => {
  await rig.reset();
  const none = rig.withConfig({ contactGapDays: 0 });
  await none.keys.start({ worker: "none", apiKey: "rig-api-key", secrets: none.secrets, fresh: true });
  await rig.client.hdel(rig.key("key"), "unproven");
  await rig.account("acc-1");
  const ask = async (job: RigJob) => (await none.gate.ask(rig.request(job))).kind;
  expect(await ask(await message(ADA))).toBe("granted");
  expect(await rig.client.keys("*touched*")).toEqual([]);
  await none.close();
  await rig.engine.keys.start({ worker: "gap", apiKey: "rig-api-key", secrets: rig.engine.secrets, fresh: false });
  const again = rig.withConfig({ contactGapDays: 0 });
  await rig.call(await message(BOB));
  await rig.advance(KNOWN_MS);
  expect((await again.gate.ask(rig.request(await message(BOB)))).kind).toBe("refused");
  await again.close();
});

test("an answer to somebody who wrote is no touch: it may leave, and is not counted as one", async () => {
  await rig.call(await message(ADA));
  const sentMs = rig.nowMs;
  await rig.advance(DAY_MS);
  await rig.engine.people.replies.put({ address: "linkedin.com/in/Ada-Lovelace" });
  expect((await rig.call(await message(ADA, "acc-2"))).kind).toBe("ended");
  // A second message of the conversation, at once.
  expect((await rig.call(await message(ADA, "acc-2"))).kind).toBe("ended");
  // An invitation and a campaign's text answer nobody: the gap since the touch holds for them, and no longer.
  await rig.engine.campaigns.create("spring", CampaignDefinition.parse(SPRING));
  expect(await asked(await invitation(ADA, "acc-2"))).toBe("contacted_recently");
  expect(await asked(await message(ADA, "acc-2", { campaignId: "spring" }))).toBe("contacted_recently");
  await rig.setClock(sentMs + 30 * DAY_MS);
  expect((await rig.call(await message(ADA, "acc-2", { campaignId: "spring" }))).kind).toBe("ended");
  await rig.advance(KNOWN_MS);
  expect(await asked(await message(ADA))).toBe("contacted_recently");
});

test("who wrote before they were written to is not answered by another message", async () => {
  await rig.engine.people.replies.put({ address: ADA });
  await rig.advance(1);
  await rig.call(await message(ADA));
  await rig.advance(KNOWN_MS);
  expect(await asked(await message(ADA, "acc-2"))).toBe("contacted_recently");
});

test("a message without a gap to pass is a touch, whenever the person wrote", async () => {
  await rig.engine.people.replies.put({ address: ADA });
  await rig.advance(1);
  const [one, other] = [await message(ADA), await message(ADA, "acc-2")];
  await rig.send(one);
  expect(await rig.ask(other)).toMatchObject({ kind: "snooze", reason: "open_call" });
});
