/** The layout's number: written with the first state, held by every script, and moved on by steps that a crash or a second process begins anew. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { ALL_SCRIPTS } from "../src/all-scripts.ts";
import { checkLayout, type Engine, openLayout } from "../src/index.ts";
import { keyReadScript } from "../src/ledger/lua/key.ts";
import { LAYOUT, type Layout, type LayoutStep } from "../src/redis/layout.ts";
import type { Script } from "../src/redis/script.ts";
import type { RedisScripts } from "../src/redis/scripts.ts";
import { type Rig, startRig } from "./rig.ts";

let rig: Rig;
const engines: Engine[] = [];
beforeAll(async () => {
  rig = await startRig();
});
afterAll(async () => await rig.close());
beforeEach(async () => {
  await rig.reset();
  await rig.open();
});
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.close()));
});

/** A script without its arguments, which it must not come to look at. */
async function runUnchecked(scripts: RedisScripts, script: unknown): Promise<unknown> {
  return await scripts.run({ ...(script as Script), keys: () => [] }, {});
}

const ACCOUNTS = ["ada", "bob", "cyd", "dan", "eva"];
/** Names each account's greeting anew, two accounts a piece; `tired` stops it in its middle, as a power cut would. */
const GREETINGS: LayoutStep = {
  from: 3,
  to: 4,
  what: "greetings lie in a key of their own",
  lua: `
    if a.cursor ~= '' and call('EXISTS', keys.prefix .. 'tired') == 1 then return redis.error_reply('ERR power cut') end
    local ids = call('ZRANGEBYLEX', keys.accounts, a.cursor == '' and '-' or '(' .. a.cursor, '+', 'LIMIT', 0, 2)
    for _, id in ipairs(ids) do
      local text = call('HGET', keys.account(id), 'greeting')
      if text then
        call('APPEND', keys.prefix .. 'greeting:' .. id, text)
        call('HDEL', keys.account(id), 'greeting')
      end
    end
    return #ids == 2 and ids[2] or ''`,
};
const LOUDER: LayoutStep = { from: 4, to: 5, what: "greetings end in a sign", lua: "call('SET', keys.prefix .. 'sign', '!') return ''" };
/** Of versions that seal no secret for its place. */
const FIRST: Layout = { version: 1, steps: [] };
const NEXT: Layout = { version: 4, steps: [...LAYOUT.steps, GREETINGS] };
const LAST: Layout = { version: 5, steps: [...NEXT.steps, LOUDER] };

/** A later version's engine. */
function later(layout: Layout): Engine {
  const engine = rig.withLayout(layout);
  engines.push(engine);
  return engine;
}
async function greet(): Promise<void> {
  for (const id of ACCOUNTS) {
    await rig.account(id);
    await rig.client.hset(rig.key(`account:${id}`), "greeting", `hello ${id}`);
  }
}
const greetings = async () => await rig.client.mget(...ACCOUNTS.map((id) => rig.key(`greeting:${id}`)));
const GREETED = ACCOUNTS.map((id) => `hello ${id}`);
const number = async () => await rig.client.hget(rig.key("key"), "layout");
/** Opens with no patience; answers what was told. */
async function open({ scripts }: Engine, patienceMs = 0): Promise<string[]> {
  const told: string[] = [];
  await openLayout(scripts, { tell: (line) => told.push(line), patienceMs });
  return told;
}

test("the number is written with the first state that is made, and at a start over what was made before there was one", async () => {
  expect(await number()).toBe("3");
  const first = later(FIRST);
  await rig.client.hdel(rig.key("key"), "layout");
  await checkLayout(first.scripts);
  expect(await number(), "a look writes nothing").toBeNull();
  expect(await open(first)).toEqual([]);
  expect(await number()).toBe("1");

  await rig.client.flushall();
  await rig.setClock(rig.nowMs);
  const next = later(NEXT);
  await checkLayout(next.scripts);
  expect(await open(next)).toEqual([]);
  expect(await number()).toBe("4");
});

test("every script refuses a layout that is not its version's, and does nothing", async () => {
  await rig.account("ada");
  const before = await rig.client.hgetall(rig.key("key"));
  const { scripts } = later(NEXT);
  for (const script of ALL_SCRIPTS.filter((one) => one.name !== "layout")) {
    await expect(runUnchecked(scripts, script), script.name).rejects.toMatchObject({ code: "layout_conflict" });
  }
  await rig.client.hdel(rig.key("key"), "layout");
  await expect(scripts.run(keyReadScript, {}), "what has no number is of the first").rejects.toMatchObject({
    code: "layout_conflict",
  });
  expect(await rig.client.hgetall(rig.key("key"))).toEqual(
    Object.fromEntries(Object.entries(before).filter(([name]) => name !== "layout")),
  );
});

test.each([
  [
    "5",
    /has layout 5, written by a later version .*; this version works with layout 3\. .*start the version that wrote it, or a later one$/,
  ],
  ["0", /has layout 0, written by an earlier version .*; this version works with layout 3\. Stop all processes of the earlier version/],
  ["3>4", /is on its way from layout 3 to 4, by a version that is not this one; this version works with layout 3\. Start that version/],
])(
  "a layout %s from which no step leads to ours is refused in one sentence, which says what to do, and stays as it is",
  async (found, sentence) => {
    await rig.client.hset(rig.key("key"), "layout", found);
    const refusal = { code: "layout_conflict", message: expect.stringMatching(sentence) };
    await expect(open(rig.engine)).rejects.toMatchObject(refusal);
    await expect(checkLayout(rig.engine.scripts)).rejects.toMatchObject(refusal);
    await expect(rig.engine.keys.read()).rejects.toMatchObject(refusal);
    await expect(open(rig.engine)).rejects.toMatchObject({ message: expect.stringContaining(`LINKUP_KEY_ID=${rig.engine.config.keyId}`) });
    expect(await number()).toBe(found);
  },
);

test("an older layout is brought up to date piece by piece, each step told in one line; the earlier version's scripts refuse from then on", async () => {
  await greet();
  await rig.engine.keys.leave("rig");
  const last = later(LAST);
  await expect(checkLayout(last.scripts), "a look changes nothing").rejects.toMatchObject({ code: "layout_conflict" });
  expect(await open(last)).toEqual(["layout 3 to 4: greetings lie in a key of their own", "layout 4 to 5: greetings end in a sign"]);
  expect(await greetings()).toEqual(GREETED);
  expect(await rig.client.get(rig.key("sign"))).toBe("!");
  expect(await number()).toBe("5");
  expect(await last.keys.read()).toMatchObject({ state: "open" });
  await expect(rig.engine.keys.read()).rejects.toMatchObject({ code: "layout_conflict", message: expect.stringContaining("layout 5") });
  expect(await open(last)).toEqual([]);
});

test("a crash in the middle of a step leaves a Redis that no version works on, until a start finishes the step", async () => {
  await greet();
  await rig.engine.keys.leave("rig");
  await rig.client.set(rig.key("tired"), "1");
  const next = later(NEXT);
  await expect(open(next)).rejects.toThrow("power cut");
  expect(await number()).toBe("3>4");
  expect((await greetings()).filter((text) => text !== null)).toEqual(GREETED.slice(0, 2));
  for (const { keys } of [rig.engine, next]) await expect(keys.read()).rejects.toMatchObject({ code: "layout_conflict" });

  await rig.client.del(rig.key("tired"));
  expect(await open(later(LAST))).toHaveLength(2);
  expect(await greetings()).toEqual(GREETED);
});

test("several processes may begin at once: nothing is done twice", async () => {
  await greet();
  await rig.engine.keys.leave("rig");
  await Promise.all(Array.from({ length: 8 }, () => open(later(LAST))));
  expect(await greetings()).toEqual(GREETED);
  expect(await number()).toBe("5");
});

test("workers of the earlier layout are waited for, and when they stay the start is refused; one that was killed is forgotten in time", async () => {
  await greet();
  const next = later(NEXT);
  await expect(open(next)).rejects.toMatchObject({
    code: "layout_conflict",
    message: expect.stringMatching(/^1 workers of layout 3 are running .*; this version works with layout 4, .* Stop all processes/),
  });
  expect(await number()).toBe("3");
  await rig.engine.keys.beat("rig");

  const told: string[] = [];
  const waiting = Promise.withResolvers<void>();
  const tell = (line: string) => {
    told.push(line);
    waiting.resolve();
  };
  const opened = openLayout(next.scripts, { tell, patienceMs: 30_000 });
  await waiting.promise;
  await rig.engine.keys.beat("rig");
  await rig.advance(15_000);
  await opened;
  expect(told).toEqual([
    expect.stringMatching(/^waiting until no worker of layout 3 is alive, of 1/),
    expect.stringMatching(/^layout 3 to 4/),
  ]);
  expect(await greetings()).toEqual(GREETED);
});

test("a worker that was frozen while another version brought Redis to its layout sends nothing more and settles nothing", async () => {
  await greet();
  const job = await rig.job("ada");
  const callId = rig.newCall();
  const answer = await rig.ask(job, callId);
  expect(answer.kind).toBe("granted");
  const other = await rig.job("bob");
  const sent = await rig.send(other);
  await rig.advance(15_000);
  await open(later(NEXT));
  const before = await rig.client.hgetall(rig.key("key"));
  const conflict = { code: "layout_conflict" };
  await expect(rig.gate.markLeft(job.ref, callId)).rejects.toMatchObject(conflict);
  await expect(rig.settle(other, sent, "ok")).rejects.toMatchObject(conflict);
  await expect(rig.engine.keys.beat("rig")).rejects.toMatchObject(conflict);
  expect(await rig.stateOf(job)).toBe("open");
  expect(await rig.stateOf(other)).toBe("open");
  expect(await rig.client.hgetall(rig.key("key"))).toEqual(before);
});

test("an earlier version refuses what this one laid out, in one sentence, and this one takes over what an earlier one left", async () => {
  const { client } = rig;
  const earlier = later(FIRST);
  const refusal = {
    code: "layout_conflict",
    message: `What is kept in Redis under LINKUP_KEY_ID=${rig.engine.config.keyId} has layout 3, written by a later version of linkup-queue; this version works with layout 1. Stop this process and start the version that wrote it, or a later one`,
  };
  await expect(open(earlier)).rejects.toMatchObject(refusal);
  await expect(earlier.keys.beat("rig")).rejects.toMatchObject(refusal);

  // As 0.1.0 leaves it: no number, the canary in its first place.
  await rig.account("ada");
  const key = rig.key("key");
  const canary = (await client.hget(key, "keyCanary")) ?? "";
  await client.hdel(key, "keyCanary", "layout");
  await client.hset(key, { canary, sealed: "as now" });
  await expect(open(rig.engine), "while a worker of it lives").rejects.toMatchObject({
    code: "layout_conflict",
    message: expect.stringMatching(/^1 workers of layout 1 are running .*; this version works with layout 3/),
  });
  await earlier.keys.leave("rig");
  expect(await open(rig.engine)).toEqual([
    "layout 1 to 2: secrets are sealed each for its place, which no earlier version opens",
    "layout 2 to 3: writes that may have been done are looked for, which no earlier version knows",
  ]);
  const { keyCanary, canary: left, sealed } = await client.hgetall(key);
  expect({ keyCanary, left, sealed }).toEqual({ keyCanary: canary, left: "moved", sealed: undefined });
  await rig.engine.keys.proveSecrets(rig.engine.secrets);
  // Begun anew in the middle of it, the step changes nothing.
  await client.hset(key, "layout", "1>2");
  await open(rig.engine);
  expect(await client.hget(key, "keyCanary")).toBe(canary);
});

test("a version from before the number finds a canary that no key opens, also where nothing was kept before", async () => {
  await rig.client.flushall();
  await rig.setClock(rig.nowMs);
  await open(rig.engine);
  const canary = (await rig.client.hget(rig.key("key"), "canary")) ?? "";
  expect(canary, "one that is missing would be written").toBe("moved");
  await expect(rig.engine.secrets.checkCanary(canary)).rejects.toMatchObject({ code: "secrets_key_wrong" });
  await rig.engine.keys.proveSecrets(rig.engine.secrets);
});
