/** A campaign's end by hand: recipients that are taken out one by one, campaigns that are deleted, and the lists of who is where. */
import { STARTS } from "@linkup-queue/testkit";
import { expect, test } from "vitest";
import { campaignJobId } from "../src/job/recipient-job-id.ts";
import { type CampaignRig, campaignsEachTest, people, person } from "./campaign-rig.ts";
import type { Rig } from "./rig.ts";

const DAY_MS = 86_400_000;
let rig: Rig;
let system: CampaignRig;

campaignsEachTest(
  (itsRig, itsSystem) => {
    rig = itsRig;
    system = itsSystem;
  },
  { accounts: ["ada", "bob"] },
);

async function listed(id: string, state: Parameters<Rig["engine"]["recipients"]>[1]["state"], limit = 2): Promise<(string | null)[]> {
  const campaign = await system.read(id);
  const ids: (string | null)[] = [];
  let after: Parameters<Rig["engine"]["recipients"]>[1]["after"];
  for (;;) {
    const page = await rig.engine.recipients(campaign, { state, after, limit });
    ids.push(...page.items.map(({ recipientId }) => recipientId));
    if (page.next === null) return ids;
    after = page.next;
  }
}

test("a recipient that is taken out of a draft is as if it had never come, and may come again", async () => {
  await system.draft("c", ["ada", "bob"], 5);
  expect(await rig.engine.removeRecipient("c", "c-2")).toBe("removed");
  await expect(rig.engine.removeRecipient("c", "c-2")).rejects.toMatchObject({ code: "not_found" });
  expect((await listed("c", "unsent")).sort()).toEqual(["c-0", "c-1", "c-3", "c-4"]);
  expect(await system.read("c")).toMatchObject({ recipients: { accepted: 5, removed: 1, unsent: 4 }, byStatus: {} });
  expect(await system.campaigns.accept("c", { accountIds: ["ada", "bob"], recipients: [person("c-2")], offset: 5 })).toMatchObject({
    accepted: 1,
  });
  await system.campaigns.change("c", "start");
  for (let rounds = 0; rounds < 5; rounds++) {
    await system.feed();
    await system.callAll("c");
  }
  expect(await system.read("c")).toMatchObject({ state: "ended", why: "all_done", byStatus: { succeeded: 5 } });
});

test("a draft whose only filler of a column is taken out is doubted again", async () => {
  await system.draft("c", ["ada"], {
    count: 0,
    input: { linkedin_url: "{{linkedin_url}}", message: "{{team|us}}" },
    operation: "invitation.send",
  });
  const [one, other] = people(2);
  const recipients = [
    { id: "one", fields: { ...one?.fields, team: "A" } },
    { id: "other", fields: { ...other?.fields } },
  ];
  await system.campaigns.accept("c", { accountIds: ["ada"], recipients });
  expect(await system.campaigns.doubts(await system.read("c"))).toEqual([]);
  await rig.engine.removeRecipient("c", "one");
  expect(await system.campaigns.doubts(await system.read("c"))).toMatchObject([{ path: "team" }]);
});

test("of a campaign that runs, one that was not put into a queue ends cancelled with its name, and no job of it is ever sent", async () => {
  await system.start("c", ["ada"], 4);
  await system.feed();
  expect(await rig.engine.removeRecipient("c", "c-3")).toBe("cancelled");
  expect(await listed("c", "cancelled")).toEqual(["c-3"]);
  for (let rounds = 0; rounds < 4; rounds++) {
    await system.callAll("c");
    await system.feed();
  }
  expect(await system.read("c")).toMatchObject({ state: "ended", byStatus: { succeeded: 3, cancelled: 1 } });
  await expect(rig.engine.removeRecipient("c", "c-0")).rejects.toMatchObject({ code: "conflict" });
});

test("a recipient in its queue is cancelled there; not once the call is out, or the outcome is known", async () => {
  await system.start("c", ["ada", "bob"], 4);
  await system.feed();
  expect((await listed("c", "queued")).length).toBe(4);
  const [first, second, third] = await system.waiting("c");
  if (first === undefined || second === undefined || third === undefined) throw new Error("three jobs wait");
  await rig.send(await system.take(first));
  await rig.call(await system.take(second));
  await expect(rig.engine.removeRecipient("c", first.meta.recipientId ?? "")).rejects.toThrow("call is out");
  await expect(rig.engine.removeRecipient("c", second.meta.recipientId ?? "")).rejects.toThrow("has its outcome");
  expect(await rig.engine.removeRecipient("c", third.meta.recipientId ?? "")).toBe("cancelled");
  expect(await listed("c", "succeeded")).toEqual([second.meta.recipientId]);
  expect(await listed("c", "cancelled")).toEqual([third.meta.recipientId]);
  expect(await listed("c", "queued")).not.toContain(third.meta.recipientId);
  expect(await listed("c", "queued")).toContain(first.meta.recipientId);
});

test("a draft is deleted whole, and its id is free at once", async () => {
  await system.draft("c", ["ada"], 3);
  await system.campaigns.remove("c");
  expect(await system.campaigns.read("c")).toBeNull();
  expect(await rig.client.keys(rig.key("*:c*"))).toEqual([]);
  await system.draft("c", ["bob"], 1);
});

test("a campaign that may go on is not deleted, and neither is one whose jobs have no outcome yet", async () => {
  await system.start("c", ["ada"], 2);
  await expect(system.campaigns.remove("c")).rejects.toMatchObject({ code: "conflict" });
  await system.campaigns.change("c", "pause");
  await expect(system.campaigns.remove("c")).rejects.toMatchObject({ code: "conflict" });
  await system.campaigns.change("c", "resume");
  await system.feed();
  await system.campaigns.change("c", "cancel");
  await expect(system.campaigns.remove("c")).rejects.toThrow("no outcome yet");
});

test.each(STARTS)("from $name: a deleted campaign sends nothing, and its id is taken until those of its jobs are free", async ({ ms }) => {
  await rig.reset(ms);
  await rig.open();
  for (const id of ["ada", "bob"]) await rig.account(id);
  await system.start("c", ["ada"], 1);
  await system.feed();
  const [job] = await system.waiting("c");
  if (job === undefined) throw new Error("a job waits");
  await system.callAll("c");
  await system.campaigns.remove("c");
  await expect(system.campaigns.remove("c")).rejects.toMatchObject({ code: "not_found" });
  expect(await system.campaigns.read("c")).toBeNull();
  expect((await system.campaigns.list({ limit: 10 })).campaigns).toEqual([]);
  await expect(system.campaigns.change("c", "resume")).rejects.toMatchObject({ code: "not_found" });
  await expect(system.campaigns.accept("c", { accountIds: ["ada"], recipients: people(1) })).rejects.toMatchObject({ code: "not_found" });
  await expect(system.draft("c", ["ada"], 1)).rejects.toThrow("choose another campaignId");
  // A producer's job that names it, and one of before a feeder's crash, are refused.
  const late = { ...(await rig.job("bob")), ref: { queue: "profiles", id: campaignJobId("c", "late"), timestamp: 0 } as const };
  expect(await rig.ask({ ...late, meta: { ...late.meta, campaignId: "c" } })).toMatchObject({ kind: "refused", code: "cancelled" });
  await rig.advance(50 * DAY_MS);
  await system.feed();
  await rig.advance(10_000);
  const later = system.newFeeder();
  await later.feedOnce();
  await later.close();
  expect(await rig.client.exists(rig.key("campaign:c"))).toBe(0);
});
