/** The states that an account and a campaign came into, in order, whatever brought them there. */
import { expect, test } from "vitest";
import { type CampaignRig, campaignsEachTest } from "./campaign-rig.ts";
import type { Rig } from "./rig.ts";

let rig: Rig;
let system: CampaignRig;
campaignsEachTest(
  (itsRig, itsSystem) => {
    rig = itsRig;
    system = itsSystem;
  },
  { accounts: ["ada"] },
);

const HOUR_MS = 3_600_000;
const statesOf = async (of: { accountId: string } | { campaignId: string }) =>
  (await rig.engine.pastStates(of)).map(({ state, why }) => (why === "" ? state : `${state} ${why}`)).reverse();

test("an account's states are told in their order, also those that its calls and time bring, and its removal", async () => {
  const [since] = await rig.engine.pastStates({ accountId: "ada" });
  expect(since).toEqual({ at: new Date(rig.nowMs).toISOString(), state: "active", why: "" });
  await rig.advance(1_000);
  await rig.call(await rig.job("ada"), "linkedin_limited");
  await rig.advance(1);
  await rig.engine.accounts.pause("ada");
  await rig.engine.accounts.pause("ada");
  await rig.engine.accounts.resume("ada");
  await rig.engine.accounts.remove("ada");
  const states = await statesOf({ accountId: "ada" });
  expect(states[0]).toBe("active");
  expect(states.filter((state) => state.startsWith("disabled"))).toEqual(["disabled by_hand"]);
  expect(states.at(-1)).toBe("removed");
  expect(new Set(states).size).toBeGreaterThanOrEqual(4);
});

test("a rest that is over is told once, whoever finds it: the sweep or the gate", async () => {
  for (const finder of ["sweep", "gate"]) {
    await rig.account(finder);
    await rig.call(await rig.job(finder), "linkedin_limited");
    const [rest] = await rig.engine.pastStates({ accountId: finder });
    if (rest?.state !== "cooling") throw new Error(`it is ${rest?.state}`);
    await rig.advance(31 * 24 * HOUR_MS);
    await rig.open();
    if (finder === "gate") await rig.ask(await rig.job(finder));
    await rig.swept();
    await rig.swept();
    const states = (await statesOf({ accountId: finder })).map((state) => state.split(" ")[0]);
    expect(states.slice(-2), finder).toEqual(["cooling", "active"]);
  }
});

test("a campaign's states are told from its draft to its end; a deleted one has none", async () => {
  await system.draft("c", ["ada"], 2);
  await system.campaigns.change("c", "start");
  await system.campaigns.change("c", "pause");
  await system.campaigns.change("c", "pause");
  await system.campaigns.amend("c", (definition) => ({ ...definition, name: "Another" }), { by: "anna" });
  await system.campaigns.edit("c", { ...(await system.read("c")).definition, name: "A third" });
  await system.campaigns.change("c", "resume");
  expect(await system.feed()).toBe(2);
  await system.callAll("c");
  const expected = ["draft", "running", "paused by_hand", "edited revision 2, by anna", "edited revision 3", "running", "ended all_done"];
  expect(await statesOf({ campaignId: "c" })).toEqual(expected);
  await system.campaigns.remove("c");
  expect(await statesOf({ campaignId: "c" })).toEqual([]);
  expect(await statesOf({ campaignId: "never" })).toEqual([]);
});

test("of many the latest are kept, for 90 days after the last", async () => {
  await system.draft("c", ["ada"], 1);
  await system.campaigns.change("c", "start");
  for (let turn = 0; turn < 200; turn++) {
    await system.campaigns.change("c", "pause");
    await system.campaigns.change("c", "resume");
  }
  const states = await statesOf({ campaignId: "c" });
  expect(states.length).toBeGreaterThanOrEqual(200);
  expect(states.length).toBeLessThan(330);
  expect(states.slice(-2)).toEqual(["paused by_hand", "running"]);
  expect(await rig.client.ttl(rig.key("states:campaign:c"))).toBe(90 * 86_400);
});
