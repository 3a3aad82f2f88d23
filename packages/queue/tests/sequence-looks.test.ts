/** Steps for people who accepted, or did not: a look finds a positive and fresh sign before each, and nothing else brings anybody to them. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type CampaignStep, changedDefinition } from "../src/index.ts";
import { type Rig, startRig } from "./rig.ts";
import { address, DAY_MS, invitation, message, SequenceRig } from "./sequence-rig.ts";

let rig: Rig;
let system: SequenceRig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(async () => await rig.close());
beforeEach(async () => {
  await rig.reset();
  await rig.open();
  await rig.account("ada");
  system = new SequenceRig(rig);
});
afterEach(async () => {
  expect(system.errors).toEqual([]);
  await system.close();
});

const accepted = (more: object = {}) => message({ onlyIf: "accepted", ...more });
const other = (more: object = {}) => message({ onlyIf: "not_accepted", ...more }, "Still there?");

async function begin(steps: readonly object[], names: readonly string[] = ["cyd"]): Promise<void> {
  await system.start("spring", steps, { names });
  expect(await system.sendAll()).toEqual(names.map((name) => `${name} 1`));
}

/** The next days, each with what was sent on it. */
async function days(count: number): Promise<Record<number, string[]>> {
  const found: Record<number, string[]> = {};
  for (let day = 1; day <= count; day++) {
    await rig.advance(DAY_MS);
    const sent = await system.sendAll();
    if (sent.length > 0) found[day] = sent;
  }
  return found;
}

const ended = async () => expect(await system.read("spring")).toMatchObject({ state: "ended", recipients: { waiting: 0 } });

test("whoever accepted is sent their step at once when a look finds it, and no other people are", async () => {
  system.signs.set("cyd", "accepted");
  await begin([invitation(), accepted()], ["cyd", "dan"]);
  expect(await days(1)).toEqual({ 1: ["cyd look 2", "dan look 2", "cyd 2"] });
  system.signs.set("dan", "accepted");
  expect(await days(2)).toEqual({ 1: ["dan look 2", "dan 2"] });
  await ended();
  expect((await system.read("spring")).byStatus).toEqual({ succeeded: 4 });
});

test("whoever never accepts is looked at on fewer and fewer days, and is then at their end", async () => {
  await begin([invitation(), accepted(), message()]);
  expect(Object.keys(await days(30)).map(Number)).toEqual([1, 2, 3, 5, 7, 10, 14, 20]);
  await ended();
});

test("the other branch is sent on its day by a look that finds the invitation pending, and to nobody who accepted", async () => {
  system.signs.set("dan", "accepted");
  await begin([invitation(), accepted(), other({ afterDays: [4, 4] })], ["cyd", "dan"]);
  const sent = await days(10);
  expect(sent[1]).toEqual(["cyd look 2", "dan look 2", "dan 2"]);
  expect(sent).toMatchObject({ 2: ["cyd look 2"], 3: ["cyd look 2"], 4: ["cyd look 2", "cyd 3"] });
  expect(Object.keys(sent)).toHaveLength(4);
  await ended();
});

test("an invitation that is gone, or that came from them, is neither sign: nothing is sent", async () => {
  system.signs.set("cyd", "none");
  system.signs.set("dan", "received");
  await begin([invitation(), other({ afterDays: [1, 1] }), accepted()], ["cyd", "dan"]);
  expect(await days(30)).toEqual({ 1: ["cyd look 2", "dan look 2"] });
  await ended();
});

test("whoever had invited the account is sent no other branch, and is looked at until its day", async () => {
  system.signs.set("cyd", "received");
  await begin([invitation(), accepted(), other({ afterDays: [3, 3] })]);
  expect(Object.values(await days(30)).flat()).toEqual(["cyd look 2", "cyd look 2", "cyd look 2"]);
  await ended();
});

test("a look that fails sends nothing, and is made again a day later, ten times at most", async () => {
  system.signs.set("cyd", "accepted");
  await begin([invitation(), accepted()]);
  for (let failed = 0; failed < 10; failed++) {
    await rig.advance(DAY_MS);
    expect(await system.sendAll("doubtful")).toEqual(["cyd look 2"]);
  }
  expect(await days(3)).toEqual({});
  await ended();
});

test("a look after one that failed is believed", async () => {
  system.signs.set("cyd", "accepted");
  await begin([invitation(), accepted()]);
  await rig.advance(DAY_MS);
  expect(await system.sendAll("timed_out")).toEqual(["cyd look 2"]);
  expect(await days(1)).toEqual({ 1: ["cyd look 2", "cyd 2"] });
});

test("a sign that is a day old sends nothing: another look is made, also where the campaign was paused and edited meanwhile", async () => {
  const { campaigns } = rig.engine;
  system.signs.set("cyd", "accepted");
  await begin([invitation(), accepted()]);
  await rig.advance(DAY_MS);
  await system.feed();
  const [look] = await system.waiting();
  if (look === undefined) throw new Error("no look");
  await rig.call(await system.take(look));
  await campaigns.change("spring", "pause");
  const steps = [invitation(), accepted({ input: { linkedin_url: "{{linkedin_url}}", message_text: "Anew" } })] as CampaignStep[];
  await campaigns.amend("spring", (definition) => changedDefinition(definition, { steps }));
  await rig.advance(10 * DAY_MS);
  await campaigns.change("spring", "resume");
  await system.feed();
  const [stale] = await system.waiting();
  if (stale === undefined) throw new Error("no step");
  expect(await rig.ask(stale)).toMatchObject({ kind: "refused", code: "expired" });
  await rig.endUncalled(await system.take(stale));
  system.signs.set("cyd", "none");
  expect(await system.sendAll()).toEqual(["cyd look 2"]);
  await ended();
});

test("whoever answers before they accept is at their end, without a look", async () => {
  system.signs.set("cyd", "accepted");
  await begin([invitation(), accepted()]);
  await rig.advance(DAY_MS / 2);
  await rig.engine.people.replies.put({ address: address("cyd") });
  await rig.advance(DAY_MS);
  await system.feed();
  const [look] = await system.waiting();
  if (look === undefined) throw new Error("no look");
  await system.refuse(await system.take(look), "replied");
  expect(await days(30)).toEqual({});
  await ended();
});

test("an edit changes no sign that a step asks for", async () => {
  await begin([invitation(), accepted()]);
  const steps = [invitation(), message()] as CampaignStep[];
  await expect(rig.engine.campaigns.amend("spring", (definition) => changedDefinition(definition, { steps }))).rejects.toMatchObject({
    code: "conflict",
  });
});
