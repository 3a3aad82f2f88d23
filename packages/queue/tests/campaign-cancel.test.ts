/** The rest of a campaign after its stop: nothing that may be sent later, and nothing that a full Redis could prevent. */
import { STARTS } from "@linkup-queue/testkit";
import { expect, test } from "vitest";
import { JobCancels } from "../src/again/cancels.ts";
import { jobDigest, outcomeIdOf } from "../src/index.ts";
import { campaignJobId } from "../src/job/recipient-job-id.ts";
import { readStored } from "../src/ledger/outcome-store.ts";
import { CallQueues } from "../src/redis/call-queues.ts";
import { JobViews } from "../src/views/job-views.ts";
import { ledgerStatesScript } from "../src/views/lua/ledger-states.ts";
import { type CampaignRig, campaignsEachTest, person } from "./campaign-rig.ts";
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

test("cancelling lets go of jobs that are held for accounts that are away: they end cancelled, also while the key is stopped", async () => {
  await system.start("c", ["ada"], 5);
  await system.feed();
  await rig.engine.accounts.pause("ada");
  const [first, second] = await system.parkAll("c");
  const kept = await rig.job("ada");
  await rig.park(kept);
  if (first === undefined || second === undefined) throw new Error("two jobs are held");
  await rig.engine.keys.pause();
  await system.campaigns.change("c", "cancel");
  for (const job of [first, second]) {
    expect(await rig.ask(await system.take(job))).toMatchObject({ kind: "refused", code: "cancelled" });
    await rig.endUncalled(job);
  }
  expect(await system.waiting("c")).toEqual([]);
  expect(await system.read("c")).toMatchObject({
    state: "cancelled",
    recipients: { accepted: 5, fed: 2, ended: 2, unsent: 3 },
    byStatus: { cancelled: 2 },
  });
  expect(await rig.stateOf(kept)).toBe("parked");
  expect(await rig.client.zcard(rig.key("lane:ada"))).toBe(1);
});

test("cancelling lets go of jobs that wait behind a brake", async () => {
  await system.start("c", ["ada"], 5);
  await system.feed();
  await rig.call(await rig.job("bob", { queue: "profiles", operation: "profile.scrape" }), "service_refused");
  const jobs = await system.waiting("c");
  for (const job of jobs) {
    expect(await rig.ask(await system.take(job))).toEqual({ kind: "parked", why: "brake" });
    await rig.moveToDelayed(job);
  }
  await system.campaigns.change("c", "cancel");
  for (const job of jobs) {
    expect(await rig.ask(await system.take(job))).toMatchObject({ kind: "refused", code: "cancelled" });
    await rig.endUncalled(job);
  }
  expect(await system.read("c")).toMatchObject({ state: "cancelled", recipients: { ended: 2, unsent: 3 } });
  expect((await rig.engine.keys.read()).brakes).toMatchObject([{ waiting: 0 }]);
});

test("one recipient's job that is cancelled is counted by status and code, and may be done again later", async () => {
  await system.start("c", ["ada"], 2);
  await system.feed();
  const [job] = await system.waiting("c");
  const { scripts, config, prices, gate, outbox } = rig.engine;
  const views = new JobViews(scripts, config, prices);
  const queues = new CallQueues(scripts.client, config.keyId);
  const [found] = await views.find(job?.ref.id ?? "", "profiles");
  if (found === undefined) throw new Error("the job was not found");
  expect(await new JobCancels({ scripts, gate, outbox, views, pages: rig.engine.jobs.pages, queues }).cancel(found)).toBe("cancelled");
  await queues.close();
  expect(await system.read("c")).toMatchObject({ byStatus: { cancelled: 1 }, byCode: { cancelled: 1 } });
  expect((await readStored(scripts, outcomeIdOf(found.digest)))?.fields).toEqual(person(found.view.recipientId ?? "").fields);
});

/** Rounds of a feeder, some days later. */
async function daysLater(days: number): Promise<void> {
  await rig.advance(days * DAY_MS);
  const feeder = system.newFeeder();
  await feeder.feedOnce();
  await feeder.close();
}

test("a campaign is not forgotten before its last job has ended", async () => {
  await system.start("c", ["ada"], 1);
  await system.start("done", ["bob"], 1);
  await system.feed();
  const [job] = await system.waiting("c");
  if (job === undefined) throw new Error("a job is ahead");
  await system.take(job);
  await system.callAll("done");
  await system.campaigns.change("c", "cancel");
  await daysLater(60);
  expect(await system.campaigns.read("done")).toBeNull();
  expect(await system.campaigns.read("c")).toMatchObject({ state: "cancelled" });
  await rig.endUncalled(job);
  await daysLater(2);
  expect(await system.campaigns.read("c")).toBeNull();
});

test("a recipient's job whose campaign has no record is not sent, nor is one that does it again; a name of no campaign is only a name", async () => {
  const jobOf = async (id: string, recipientId: string) => {
    const job = await rig.job("ada", { id, campaignId: "gone" });
    return { ...job, meta: { ...job.meta, recipientId } };
  };
  const own = campaignJobId("gone", "r");
  for (const id of [own, `${own}~2`]) expect(await rig.ask(await jobOf(id, "r"))).toMatchObject({ kind: "refused", code: "cancelled" });
  expect(await rig.ask(await jobOf(own, "another"))).toMatchObject({ kind: "granted" });
});

test("a campaign is paused and cancelled also when Redis is full", async () => {
  await system.start("c", ["ada"], 3);
  await rig.client.config("SET", "maxmemory", "1");
  try {
    await expect(system.campaigns.change("c", "start")).rejects.toThrow("OOM");
    expect(await system.campaigns.change("c", "pause")).toMatchObject({ state: "paused" });
    expect(await system.campaigns.change("c", "cancel")).toMatchObject({ state: "cancelled", recipients: { unsent: 3 } });
  } finally {
    await rig.client.config("SET", "maxmemory", "0");
  }
});

test("a recipient whose job was put into its queue by a feeder that crashed, and has ended, is not among the unsent", async () => {
  await system.start("c", ["ada"], 3);
  const job = await rig.job("ada", { id: campaignJobId("c", "c-0"), queue: "profiles", campaignId: "c" });
  await rig.call({ ...job, meta: { ...job.meta, recipientId: "c-0" } });
  await system.campaigns.change("c", "cancel");
  expect(await system.read("c")).toMatchObject({ recipients: { accepted: 3, ended: 1, unsent: 2 } });
});

test.each(STARTS)(
  "from $name: a cancelled campaign whose jobs ended and were told much later is known until all their ids are free, and not for long after",
  async ({ ms: startMs }) => {
    await rig.reset(startMs);
    await rig.open();
    await rig.account("ada");
    const { ledgerDays } = rig.engine.config;
    // A feeder of its own each day: one forgets a campaign every ten seconds.
    const isKnown = async () => {
      const feeder = system.newFeeder();
      await feeder.feedOnce();
      await feeder.close();
      return (await system.campaigns.read("c")) !== null;
    };
    await system.start("c", ["ada"], 2);
    await system.feed();
    const jobs = await system.waiting("c");
    await system.campaigns.change("c", "cancel");
    await rig.advance(60 * DAY_MS);
    expect(await isKnown()).toBe(true);
    for (const job of jobs) await rig.endUncalled(await system.take(job));
    const digests = jobs.map(({ ref }) => jobDigest(ref));
    expect(digests).toHaveLength(2);
    // There was no room on the results for the second one.
    for (const digest of digests) {
      await rig.gate.markPublished(digest);
      await rig.advance(20 * DAY_MS);
    }
    const known = async () => await rig.engine.scripts.run(ledgerStatesScript, { digests, ledgerDays });
    let days = 20;
    for (; await isKnown(); days++) await rig.advance(DAY_MS);
    expect(days).toBeLessThanOrEqual(ledgerDays + 15);
    expect((await known()).flat().join("")).toBe("");
  },
);
