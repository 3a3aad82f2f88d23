/** Other accounts for a campaign: refusals, the jobs of those that it had before, and what comes between the look at its list and the change. */
import { personKey } from "@linkup-queue/contracts";
import { expect, test, vi } from "vitest";
import { forgetRecipients } from "../src/erasure/forget-recipients.ts";
import { campaignView } from "../src/index.ts";
import type { RedisScripts } from "../src/redis/scripts.ts";
import { type CampaignRig, campaignsEachTest, person } from "./campaign-rig.ts";
import type { Rig } from "./rig.ts";

let rig: Rig;
let system: CampaignRig;

campaignsEachTest(
  (itsRig, itsSystem) => {
    rig = itsRig;
    system = itsSystem;
  },
  { accounts: ["ada", "bob", "cyd"] },
);

const change = (id: string, accountIds: string[]) =>
  system.campaigns.amend(id, (definition) => ({ ...definition, accountIds })).catch((error: unknown) => error);

async function unsent(id: string): Promise<string[]> {
  const campaign = await system.read(id);
  const { items } = await rig.engine.recipients(campaign, { state: "unsent", limit: 1_000 });
  return items.map(({ recipientId }) => recipientId ?? "");
}

async function forget(recipientId: string): Promise<number> {
  const { scripts, gate, outbox, campaigns } = rig.engine;
  return await forgetRecipients({ scripts, gate, outbox, campaigns }, personKey(person(recipientId).fields["linkedin_url"] ?? ""));
}

/** Lets `meanwhile` come before the first call of this script. */
function before(name: string, meanwhile: () => Promise<unknown>): () => void {
  const { scripts } = rig.engine;
  const run = scripts.run.bind(scripts);
  let calls = 0;
  const spy = vi.spyOn(scripts, "run").mockImplementation((async (script, ...rest) => {
    if (script.name === name && calls++ === 0) await meanwhile();
    return await run(script, ...rest);
  }) as RedisScripts["run"]);
  return () => spy.mockRestore();
}

test("a running campaign's accounts stay until it is paused, and one that is not there is refused by its name", async () => {
  await system.start("c", ["ada", "bob"], 6);
  expect(await change("c", ["cyd"])).toMatchObject({ code: "conflict", message: expect.stringContaining("pause it first") });
  await system.campaigns.change("c", "pause");
  expect(await change("c", ["ada", "nobody"])).toMatchObject({ code: "conflict", message: expect.stringContaining("nobody") });
  expect(await change("c", ["ada", "ada"])).toMatchObject({ code: "invalid_input" });
  expect(await system.read("c")).toMatchObject({ revision: 1, definition: { accountIds: ["ada", "bob"] }, left: { ada: 3, bob: 3 } });
  expect(await rig.client.keys(rig.key("dealt:*"))).toEqual([]);
  expect(await change("c", ["cyd"])).toMatchObject({ revision: 2, definition: { accountIds: ["cyd"] }, left: { cyd: 6 } });
  // As at its making: a draft's accounts are looked for at its start.
  await system.draft("d", ["ada"], 3);
  expect(await change("d", ["nobody", "bob"])).toMatchObject({ left: { nobody: 2, bob: 1 } });
  await expect(system.campaigns.change("d", "start")).rejects.toMatchObject({ message: expect.stringContaining("nobody") });
});

test("jobs of an account that was taken out stay its own: they are listed, counted, and let go of by a cancel", async () => {
  await system.start("c", ["ada", "bob"], 10);
  await system.feed();
  await rig.engine.accounts.pause("ada");
  for (const job of await system.waiting("c")) {
    if (job.accountId === "ada") await rig.park(await system.take(job));
    else await rig.call(await system.take(job));
  }
  await system.campaigns.change("c", "pause");
  await change("c", ["bob", "cyd"]);
  const campaign = await system.read("c");
  expect(campaign).toMatchObject({ formerAccounts: ["ada"], left: { bob: 3, cyd: 3 } });
  const { items } = await rig.engine.recipients(campaign, { state: "queued", limit: 10 });
  expect(items.map(({ recipientId, accountId }) => [recipientId, accountId]).sort()).toEqual([
    ["c-0", "ada"],
    ["c-2", "ada"],
  ]);
  const { byAccount } = campaignView(campaign, await rig.engine.load([campaign]));
  expect(byAccount.map(({ accountId, unsent: left }) => [accountId, left])).toEqual([
    ["bob", 3],
    ["cyd", 3],
    ["ada", 0],
  ]);
  await system.campaigns.change("c", "cancel");
  expect((await system.waiting("c")).map(({ ref }) => ref.id)).toHaveLength(2);
  expect(await rig.client.zcard(rig.key("lane:ada"))).toBe(0);
});

test("with handover the jobs that wait for an account that was taken out go to those that are there", async () => {
  await system.start("c", ["ada", "bob"], { count: 4, handover: true });
  await system.feed();
  await rig.engine.accounts.pause("ada");
  for (const job of await system.waiting("c")) {
    if (job.accountId === "ada") await rig.park(await system.take(job));
    else await rig.call(await system.take(job));
  }
  await system.campaigns.change("c", "pause");
  await change("c", ["bob"]);
  await system.campaigns.change("c", "resume");
  for (let rounds = 0; rounds < 3; rounds++) {
    await system.feed();
    await system.callAll("c");
  }
  expect(await system.read("c")).toMatchObject({ state: "ended", byAccount: { bob: { succeeded: 4 } } });
});

test("the unfed stay in the order of the list, over more accounts than recipients are dealt to one by one", async () => {
  const many = Array.from({ length: 120 }, (_none, at) => `a-${at}`);
  for (const id of many) await rig.account(id);
  await system.start("c", many, 460);
  await system.feed();
  await system.campaigns.change("c", "pause");
  const fed = new Set((await system.waiting("c")).map(({ meta }) => meta.recipientId));
  expect(fed.size).toBeGreaterThan(100);
  const left = Array.from({ length: 460 }, (_none, at) => `c-${at}`).filter((id) => !fed.has(id));
  await change("c", ["ada"]);
  expect(await unsent("c")).toEqual(left);
  await change("c", many);
  await change("c", ["bob"]);
  expect(await unsent("c")).toEqual(left);
});

test("a person who is erased while recipients are dealt anew is not dealt back in", async () => {
  await system.draft("c", ["ada", "bob"], 6);
  const restore = before("campaign_edit", async () => expect(await forget("c-3")).toBe(1));
  expect(await change("c", ["cyd"])).toMatchObject({ left: { cyd: 5 } });
  restore();
  expect(await unsent("c")).toEqual(["c-0", "c-1", "c-2", "c-4", "c-5"]);
  expect(await rig.client.keys(rig.key("dealt:*"))).toEqual([]);
});

test("a person whom the change of accounts moves to a share that the erasure has looked through is found all the same", async () => {
  await system.draft("c", ["ada", "bob"], 6);
  const { client } = rig.engine.scripts;
  const look = client.lindexBuffer.bind(client);
  let moved = false;
  const spy = vi.spyOn(client, "lindexBuffer").mockImplementation((async (key: string, index: number) => {
    // The first account's share is done.
    if (!moved && key === rig.key("todo:c:bob")) {
      moved = true;
      await change("c", ["ada"]);
    }
    return await look(key, index);
  }) as never);
  expect(await forget("c-3")).toBe(1);
  spy.mockRestore();
  expect(moved).toBe(true);
  expect(await unsent("c")).toEqual(["c-0", "c-1", "c-2", "c-4", "c-5"]);
});

test("recipients that come in while others are dealt anew are dealt with them", async () => {
  await system.draft("c", ["ada"], 4);
  const restore = before("campaign_edit", async () => {
    await system.campaigns.accept("c", { accountIds: ["ada"], recipients: [person("late")], offset: 4 });
  });
  expect(await change("c", ["bob", "cyd"])).toMatchObject({ left: { bob: 3, cyd: 2 }, recipients: { accepted: 5, unsent: 5 } });
  restore();
});

test("a deal that nobody took is forgotten within the hour", async () => {
  await system.draft("c", ["ada"], 4);
  const restore = before("campaign_edit", async () => {
    throw new Error("killed");
  });
  expect(await change("c", ["bob"])).toMatchObject({ message: "killed" });
  restore();
  const [left = ""] = await rig.client.keys(rig.key("dealt:c:*"));
  expect(await rig.client.pttl(left)).toBeGreaterThan(3_000_000);
  expect(await rig.client.pttl(left)).toBeLessThanOrEqual(3_600_000);
  expect(await change("c", ["bob"])).toMatchObject({ left: { bob: 4 } });
  expect(await rig.client.pttl(rig.key("todo:c:bob"))).toBe(-1);
});
