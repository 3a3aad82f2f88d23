/** The jobs that the feeder puts ahead: whom accounts that are away hold up, and what becomes of jobs that leave their queue unasked. */
import { Queue } from "bullmq";
import { describe, expect, test } from "vitest";
import { campaignJobId } from "../src/job/recipient-job-id.ts";
import { type CampaignRig, campaignsEachTest } from "./campaign-rig.ts";
import type { Rig, RigJob } from "./rig.ts";

let rig: Rig;
let system: CampaignRig;

campaignsEachTest((itsRig, itsSystem) => {
  rig = itsRig;
  system = itsSystem;
});

async function accounts(count: number, prefix = "acc"): Promise<string[]> {
  const ids = Array.from({ length: count }, (_none, n) => `${prefix}-${n}`);
  for (const id of ids) await rig.account(id);
  return ids;
}

test("a job that waits for an account that is away holds up none that are here", async () => {
  const away = await accounts(75);
  await system.start("away", away, 1_500);
  expect(await system.feed()).toBe(150);
  for (const id of away) await rig.engine.accounts.pause(id);
  await system.parkAll();
  const here = await accounts(3, "here");
  await system.start("here", here, 30);
  await system.start("both", [...away.slice(0, 5), "here-0"], 12);
  expect(await system.feed()).toBe(6);
});

test("jobs that were taken out of their queue end cancelled, and their account is fed again", async () => {
  await rig.account("ada");
  await system.start("c", ["ada"], 4);
  await system.feed();
  const [first, second] = await system.waiting();
  if (first === undefined || second === undefined) throw new Error("two jobs are ahead");
  // A job that no worker has seen yet, and a job that is held.
  await rig.engine.accounts.pause("ada");
  await rig.park(await system.take(second));
  await system.remove(first);
  await system.remove(second);
  expect(await system.feed()).toBe(0);
  await rig.advance(31_000);
  expect(await rig.swept()).toMatchObject({ vanished: 2 });
  expect(await system.read("c")).toMatchObject({
    recipients: { ended: 2 },
    byCode: { cancelled: 2 },
    byAccount: { ada: { cancelled: 2 } },
  });
  expect((await rig.results()).get(first.ref.id)).toBe("cancelled");
  await rig.engine.accounts.resume("ada");
  expect(await system.feed()).toBe(2);
  await system.callAll();
  expect(await system.read("c")).toMatchObject({ state: "ended", recipients: { accepted: 4, fed: 4, ended: 4 } });
  await rig.advance(31_000);
  expect(await rig.swept()).toMatchObject({ vanished: 0 });
  expect(await rig.client.exists(rig.key("ahead-looks"))).toBe(0);
});

/** Somebody adds the job of the campaign's first recipient by hand, before it is fed, and takes names out of its data. */
async function addedEarly(campaignId: string, data: object): Promise<RigJob> {
  const queue = new Queue("profiles", { connection: rig.client, prefix: rig.engine.scripts.tag });
  try {
    const id = campaignJobId(campaignId, `${campaignId}-0`);
    await queue.add("profile.scrape", data, { jobId: id, priority: 100 });
    return await system.job(id);
  } finally {
    await queue.close();
  }
}

describe("a recipient's job that was added by hand before it was fed", () => {
  test.each([
    ["names nobody", { accountId: "ada" }],
    ["names the campaign alone", { accountId: "ada", campaignId: "c" }],
    ["names another campaign", { accountId: "ada", campaignId: "d", recipientId: "c-0" }],
    ["names all", { accountId: "ada", campaignId: "c", recipientId: "c-0" }],
  ])("and %s is counted once, and the campaign ends", async (_says, data) => {
    await rig.account("ada");
    await system.start("d", ["ada"], 1);
    await system.start("c", ["ada"], 3);
    const early = await addedEarly("c", data);
    await rig.call(await system.take(early));
    for (let round = 0; round < 4; round++) {
      await system.feed();
      for (const job of await system.waiting()) {
        // Its id is used.
        if (job.ref.id !== early.ref.id) await rig.call(await system.take(job));
        else expect((await rig.ask(await system.take(job))).kind).toBe("settled");
      }
    }
    expect(await system.read("c")).toMatchObject({
      state: "ended",
      recipients: { accepted: 3, fed: 3, ended: 3 },
      byStatus: { succeeded: 3 },
    });
    const listed = await rig.client.lrange(rig.key("campaign-outcomes:c"), "0", "-1");
    expect(new Set(listed).size).toBe(listed.length);
    expect(listed).toHaveLength(3);
    expect(await system.read("d")).toMatchObject({ state: "ended", recipients: { ended: 1 } });
    expect((await rig.client.keys(rig.key("early-end:*"))).length).toBe(0);
  });

  test.each([
    ["an object without an account", '{"accountId":null,"campaignId":"c"}'],
    ["an account that is a number", '{"accountId":7}'],
    ["an account that is no id", JSON.stringify({ accountId: "x".repeat(10_000) })],
    ["null", "null"],
    ["a list", "[1]"],
    ["a text", '"ada"'],
    ["no JSON at all", "{accountId"],
    ["lists in lists", "[".repeat(5_000) + "]".repeat(5_000)],
  ])("and whose data is %s stops no feeding", async (_says, data) => {
    await rig.account("ada");
    await system.start("d", ["ada"], 1);
    await system.start("c", ["ada"], 3);
    const early = await addedEarly("c", {});
    await rig.client.hset(rig.bull("profiles", early.ref.id), { data });
    for (let round = 0; round < 4; round++) {
      await system.feed();
      for (const id of await system.waitingIds()) {
        if (id === early.ref.id) await rig.endUncalled(await system.take(early));
        else await rig.call(await system.take(await system.job(id)));
      }
    }
    expect(await system.read("c")).toMatchObject({ state: "ended", recipients: { fed: 3, ended: 3 } });
    expect(await system.read("d")).toMatchObject({ state: "ended" });
    expect(system.errors).toEqual([]);
  });

  test("and is wrong once its names are gone ends the recipient as it ended, also when its outcome is not published yet", async () => {
    await rig.account("ada");
    await system.start("c", ["ada"], 1);
    const early = await addedEarly("c", {});
    await rig.endUncalled(early);
    await system.feed();
    expect(await system.read("c")).toMatchObject({ state: "ended", recipients: { accepted: 1, fed: 1, ended: 1 } });
  });

  test("and waits still is the campaign's from its feeding on", async () => {
    await rig.account("ada");
    await system.start("c", ["ada"], 1);
    await rig.engine.accounts.pause("ada");
    await rig.park(await system.take(await addedEarly("c", { accountId: "ada" })));
    await rig.engine.accounts.resume("ada");
    await system.feed();
    await system.callAll();
    expect(await system.read("c")).toMatchObject({ state: "ended", recipients: { accepted: 1, fed: 1, ended: 1 } });
  });
});

test.each(["drain", "obliterate"] as const)(
  "a %s of its queue ends the recipients that lay there cancelled, sends none of them again, and the campaign goes on with the others",
  async (how) => {
    const [ada = "", bob = ""] = await accounts(2);
    await system.start("c", [ada, bob], 8);
    await system.feed();
    const taken = (await system.waiting()).map(({ ref }) => ref.id);
    const queue = new Queue("profiles", { connection: rig.client, prefix: rig.engine.scripts.tag });
    try {
      if (how === "drain") await queue.drain(true);
      else await queue.obliterate({ force: true });
    } finally {
      await queue.close();
    }
    await rig.advance(31_000);
    await rig.swept();
    expect([...(await rig.results())].sort()).toEqual(taken.map((id) => [id, "cancelled"]).sort());
    for (let rounds = 0; rounds < 4; rounds++) {
      await system.feed();
      for (const { ref } of await system.waiting()) expect(taken).not.toContain(ref.id);
      await system.callAll();
    }
    expect(await system.read("c")).toMatchObject({ state: "ended", recipients: { accepted: 8, fed: 8, ended: 8 } });
    expect((await system.read("c")).byStatus).toEqual({ cancelled: taken.length, succeeded: 8 - taken.length });
  },
);

test("a job that waits, is held, or is out is none that was taken away, however long it takes", async () => {
  const [busy = ""] = await accounts(1);
  await system.start("c", [busy], 5);
  await system.feed();
  const [first, second] = await system.waiting();
  if (first === undefined || second === undefined) throw new Error("two jobs are ahead");
  await rig.advance(31_000);
  expect(await rig.swept()).toMatchObject({ vanished: 0 });
  await rig.send(await system.take(first));
  await rig.park(await system.take(second));
  await rig.advance(31_000);
  expect(await rig.swept()).toMatchObject({ vanished: 0, interrupted: 1 });
  expect(await system.read("c")).toMatchObject({ recipients: { ended: 1 }, byStatus: { unknown: 1 } });
  expect(await rig.stateOf(second)).toBe("released");
});

test("jobs that name a campaign and are not its recipients' own never count as one, whatever their id", async () => {
  await rig.account("ada");
  await system.start("c", ["ada"], 2);
  for (const id of ["c-mine", `c-${"A".repeat(22)}`]) {
    const job = await rig.job("ada", { id, campaignId: "c" });
    await rig.call({ ...job, meta: { ...job.meta, recipientId: "c-0" } });
  }
  expect(await system.read("c")).toMatchObject({ state: "running", recipients: { ended: 0 }, byStatus: {}, credits: { charged: 2 } });
  await system.feed();
  await system.callAll();
  expect(await system.read("c")).toMatchObject({ state: "ended", recipients: { ended: 2 }, credits: { charged: 4 } });
});

test("a recipient's own job counts once, also when it ends before the feeder has noted it, or its recipient was erased meanwhile", async () => {
  await rig.account("ada");
  await system.start("c", ["ada"], 2);
  const early = await rig.job("ada", { id: campaignJobId("c", "c-0"), queue: "profiles", campaignId: "c" });
  await rig.call({ ...early, meta: { ...early.meta, recipientId: "c-0" } });
  expect(await system.read("c")).toMatchObject({ recipients: { ended: 1 } });
  await system.feed();
  const [late] = (await system.waiting()).filter(({ meta }) => meta.recipientId === "c-1");
  if (late === undefined) throw new Error("the other is ahead");
  await rig.call({ ...(await system.take(late)), meta: { ...late.meta, recipientId: null } });
  expect(await system.read("c")).toMatchObject({ state: "ended", recipients: { accepted: 2, fed: 2, ended: 2 } });
});

test("a recipient's job whose data does not name its campaign any more is the campaign's all the same: held while it is paused, counted, its credits too", async () => {
  await rig.account("ada");
  await system.start("c", ["ada"], { count: 2, maxCredits: 5 });
  await system.feed();
  const strip = ({ meta, ...job }: RigJob): RigJob => ({ ...job, meta: { ...meta, campaignId: null, recipientId: null } });
  const jobs = (await system.waiting()).map(strip);
  for (const job of jobs) await system.take(job);
  await system.campaigns.change("c", "pause");
  expect(await rig.ask(jobs[0] as RigJob)).toEqual({ kind: "parked", why: "campaign_paused" });
  await system.campaigns.change("c", "resume");
  for (const job of jobs) await rig.call(job);
  expect(await system.read("c")).toMatchObject({ state: "ended", byStatus: { succeeded: 2 }, credits: { charged: 2, held: 0 } });
});
