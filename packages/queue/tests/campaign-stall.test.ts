/** Campaigns that can't move: what is said of them, who takes their jobs over, and that they hold up none that can. */
import { expect, test } from "vitest";
import { campaignStartScript } from "../src/campaigns/lua/campaign.ts";
import { type CampaignRig, campaignsEachTest } from "./campaign-rig.ts";
import type { Rig } from "./rig.ts";

let rig: Rig;
let system: CampaignRig;

campaignsEachTest(
  (itsRig, itsSystem) => {
    rig = itsRig;
    system = itsSystem;
  },
  { accounts: ["ada", "bob"], config: { maxCreditsPerDay: 3 } },
);

const said = (id: string) => system.told.filter(({ campaign }) => campaign === id).map(({ event, why }) => `${event} ${why}`.trim());

/** All is fed: bob's part is done, ada's last two are held, as she is away. */
async function lastTwoHeld(id: string, more: { handover?: boolean } = {}) {
  await system.start(id, ["ada", "bob"], { count: 4, ...more });
  await system.feed();
  await rig.engine.accounts.pause("ada");
  const held = (await system.waiting(id)).filter(({ accountId }) => accountId === "ada");
  for (const job of held) await rig.park(await system.take(job));
  return held;
}

test("a campaign whose last jobs wait for an account that is away is told as stalled, and moves when that one is back", async () => {
  const held = await lastTwoHeld("c");
  await system.feed();
  expect(await system.read("c")).toMatchObject({ stalled: false });
  for (const job of await system.waiting("c"))
    await rig.engine.gate.settle(rig.settlement(job, await rig.send(await system.take(job)), "ok"));
  await system.feed();
  expect(await system.read("c")).toMatchObject({ state: "running", stalled: true, stalledWhy: "accounts_away", recipients: { ended: 2 } });
  await rig.engine.accounts.resume("ada");
  await system.feed();
  expect(said("c").slice(-2)).toEqual(["stalled accounts_away", "moving"]);
  expect(await system.read("c")).toMatchObject({ stalled: false, stalledWhy: "" });
  expect(held).toHaveLength(2);
});

test("with handover the jobs that are held for an account that is away become another's: the same jobs, each sent once", async () => {
  const held = await lastTwoHeld("c", { handover: true });
  await system.feed();
  // As far as bob has room: he has two of his own ahead.
  expect(await system.waiting("c")).toHaveLength(2);
  const [own] = await system.waiting("c");
  if (own === undefined) throw new Error("bob has jobs ahead");
  await rig.call(await system.take(own));
  await system.feed();
  const [, passed] = (await system.waiting("c")).map(({ ref }) => ref.id).sort();
  expect(passed).toBeDefined();
  await system.callAll("c");
  await system.feed();
  const now = await system.waiting("c");
  expect(now.map(({ accountId }) => accountId)).toEqual(["bob"]);
  // Her return changes nothing of what was handed over.
  await rig.engine.accounts.resume("ada");
  await rig.advance(86_400_000);
  await system.callAll("c");
  const campaign = await system.read("c");
  expect(campaign).toMatchObject({ state: "ended", recipients: { accepted: 4, fed: 4, ended: 4 }, byAccount: { bob: { succeeded: 4 } } });
  for (const job of held) expect(await rig.ask(await system.job(job.ref.id))).toMatchObject({ kind: "settled" });
  expect(await rig.client.zcard(rig.key("lane:ada"))).toBe(0);
});

test("a job that its worker has not put away yet is not handed over", async () => {
  await system.start("c", ["ada", "bob"], { count: 1, handover: true });
  await system.feed();
  const [job] = await system.waiting("c");
  if (job === undefined) throw new Error("a job is ahead");
  await rig.engine.accounts.pause(job.accountId);
  expect(await rig.ask(await system.take(job))).toMatchObject({ kind: "parked" });
  await system.feed();
  expect((await system.job(job.ref.id)).accountId).toBe(job.accountId);
  await rig.moveToDelayed(job);
  await rig.advance(31_000);
  await system.feed();
  expect((await system.job(job.ref.id)).accountId).not.toBe(job.accountId);
});

test("a stopped key and a used-up day are told as what a campaign waits for", async () => {
  await system.start("c", ["ada"], 6);
  await system.feed();
  await rig.engine.keys.pause();
  await system.feed();
  expect(await system.read("c")).toMatchObject({ stalled: true, stalledWhy: "key_stopped" });
  await rig.engine.keys.resume();
  await system.feed();
  await system.callAll();
  await system.feed();
  const [third] = await system.waiting();
  if (third === undefined) throw new Error("a third is ahead");
  await rig.call(await system.take(third));
  await system.feed();
  expect(await system.read("c")).toMatchObject({ stalledWhy: "day_budget" });
  await rig.advance(86_400_000);
  await system.feed();
  expect(said("c")).toEqual(["draft", "running", "stalled key_stopped", "moving", "stalled day_budget", "moving"]);
});

test("hundreds of campaigns that can't move hold up none that can, however long they were there before", async () => {
  await rig.account("cyd");
  await rig.engine.accounts.pause("cyd");
  for (let n = 0; n < 230; n++) await system.start(`stuck-${String(n).padStart(3, "0")}`, ["cyd"], 1);
  // As many whose account has no room.
  for (let n = 0; n < 230; n++) await system.start(`full-${String(n).padStart(3, "0")}`, ["ada"], 1);
  await system.start("z-moves", ["bob"], 2);
  expect(await system.feed()).toBe(4);
  expect(await system.read("z-moves")).toMatchObject({ recipients: { fed: 2 } });
  expect(await system.read("stuck-229")).toMatchObject({ stalledWhy: "accounts_away" });
  await rig.engine.accounts.resume("cyd");
  expect(await system.feed()).toBe(2);
  expect(await system.read("stuck-229")).toMatchObject({ stalled: false });
});

test("a campaign that can't be read is told of once and holds up no other, nor does an event that can't be announced", async () => {
  await system.draft("bad", ["ada"], 2);
  await rig.client.hset(rig.key("campaign:bad"), "definition", '{"name":7}');
  await rig.engine.scripts.run(campaignStartScript, { campaign: "bad" });
  await system.start("good", ["bob"], 3);
  const feeder = system.newFeeder(() => {
    throw new Error("not now");
  });
  expect(await feeder.feedOnce()).toMatchObject({ fed: 2 });
  await feeder.close();
  expect(system.errors.map(String)).toContain("Error: not now");
  expect(said("good")).toEqual([]);
  system.errors.length = 0;
  await system.feed();
  await system.feed();
  expect(said("good")).toEqual(["draft", "running"]);
  expect(system.errors).toHaveLength(1);
});

test("a campaign that was made anew under its id is fed its own recipients", async () => {
  await system.start("c", ["ada"], 3);
  await system.feed();
  await rig.client.flushall();
  await rig.setClock(rig.nowMs + 60 * 86_400_000);
  await rig.open();
  await rig.account("ada");
  await system.draft("c", ["ada"], 0);
  await system.campaigns.accept("c", {
    accountIds: ["ada"],
    recipients: ["x", "y", "z"].map((id) => ({ id, fields: { linkedin_url: `https://www.linkedin.com/in/${id}` } })),
  });
  await system.campaigns.change("c", "start");
  await system.feed();
  expect((await system.waiting()).map(({ meta }) => meta.recipientId).sort()).toEqual(["x", "y"]);
});

test("a campaign whose accounts have all spent their caps is not stalled, and goes on by itself when a place frees", async () => {
  for (const id of ["ada", "bob"]) await rig.account(id, undefined, { policy: { caps: { view: { perDay: 1 } } } });
  await system.start("c", ["ada", "bob"], 4);
  const turn = async (): Promise<string[]> => {
    await system.feed();
    const kinds: string[] = [];
    for (const job of await system.waiting("c")) {
      const taken = await system.take(job);
      const callId = rig.newCall();
      const { kind } = await rig.ask(taken, callId);
      kinds.push(kind);
      if (kind === "granted") {
        await rig.gate.markLeft(taken.ref, callId);
        await rig.settle(taken, { callId, epoch: 1 }, "ok");
      } else {
        await rig.moveToDelayed(taken);
        await rig.gate.confirmPark(taken.ref);
      }
    }
    return kinds;
  };
  expect((await turn()).filter((kind) => kind === "granted")).toHaveLength(2);
  await turn();
  expect(await system.read("c")).toMatchObject({ state: "running", stalled: false, recipients: { ended: 2 } });
  await rig.advance(86_400_000);
  await rig.swept();
  await turn();
  await turn();
  expect(await system.read("c")).toMatchObject({ recipients: { ended: 4 } });
  expect(said("c").filter((word) => /stalled|paused/.test(word))).toEqual([]);
});
