/** The jobs that the feeder puts ahead: whom accounts that are away hold up, and what becomes of jobs that leave their queue unasked. */
import { Queue } from "bullmq";
import { expect, test } from "vitest";
import { campaignJobId } from "../src/index.ts";
import { type CampaignRig, campaignsEachTest } from "./campaign-rig.ts";
import type { Rig } from "./rig.ts";

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
