/** Live workers with unequal settings: the strictest holds for all, one window longer than its worker is there, and the difference is told. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type EngineConfig, windowMarginMs } from "../src/redis/engine-config.ts";
import { type Rig, startRig } from "./rig.ts";

const CLOSED_MS = 60_000 + windowMarginMs(60_000);
const ALIVE_MS = 15_000;
const LOOSE = { rateLimit: 9, rateWindowMs: 6_000 };
let rig: Rig;

beforeAll(async () => {
  rig = await startRig({ ...LOOSE, timeoutMs: 10_000 });
});
afterAll(async () => await rig.close());
beforeEach(async () => {
  await rig.reset();
  await rig.open();
  await rig.account("ada", 1_000);
});

/** Another worker with other settings; the rig's own is `rig`. */
async function come(worker: string, changes: Partial<EngineConfig>, strict = false) {
  const engine = rig.withConfig(changes);
  await engine.keys.start({ worker, apiKey: "rig-api-key", secrets: engine.secrets, fresh: true, strict });
  return engine;
}
const holds = async () => {
  const { rateLimit, rateWindowMs } = await rig.engine.keys.beat("rig");
  return [rateLimit, rateWindowMs];
};
/** Urgent, so that neither pace nor the place kept for urgent work comes before the bound. */
const urgent = () => rig.job("ada", { priority: 1 });
const asked = async () => (await rig.ask(await urgent())).kind;
/** Time in which the rig's own worker beats. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 5_000) {
    await rig.advance(Math.min(left, 5_000));
    await rig.engine.keys.beat("rig");
  }
}

test.each([
  ["came last", []],
  ["came before another looser one", [{ rateLimit: 20, rateWindowMs: 1_000 }]],
])("the strictest holds, that %s", async (_when, others) => {
  await come("strict", { rateLimit: 4, rateWindowMs: 60_000 });
  for (const [at, other] of others.entries()) await come(`other-${at}`, other);
  expect(await holds()).toEqual([4, 60_000]);
  await rig.advance(CLOSED_MS);
  const kinds = [];
  for (let job = 0; job < 6; job++) kinds.push(await asked());
  expect(kinds).toEqual(["granted", "granted", "granted", "granted", "wait", "wait"]);
});

test("each setting's strictest holds, whoever has it, and the differences are told until they are over", async () => {
  expect((await rig.engine.keys.read()).differences).toEqual([]);
  await come("a", { rateLimit: 4, maxCreditsPerDay: 50 });
  await come("b", { rateWindowMs: 60_000, accountConcurrency: 3 });
  expect((await rig.engine.keys.read()).differences).toEqual([
    { setting: "LINKUP_RATE_LIMIT", holds: 4, values: [4, 9] },
    { setting: "LINKUP_RATE_WINDOW_MS", holds: 60_000, values: [6_000, 60_000] },
    { setting: "LINKUP_ACCOUNT_CONCURRENCY", holds: 1, values: [1, 3] },
    { setting: "LINKUP_MAX_CREDITS_PER_DAY", holds: 50, values: [50, null] },
  ]);
  for (const worker of ["a", "b"]) await rig.engine.keys.leave(worker);
  await pass(CLOSED_MS);
  expect((await rig.engine.keys.read()).differences).toEqual([]);
});

test("when the stricter worker leaves the looser settings hold, one window of the stricter later", async () => {
  const strict = await come("strict", { rateLimit: 4, rateWindowMs: 60_000 });
  await strict.keys.leave("strict");
  await pass(CLOSED_MS - 1);
  expect(await holds()).toEqual([4, 60_000]);
  await pass(1);
  expect(await holds()).toEqual([9, 6_000]);
});

test("when the stricter worker dies they hold one window after its last beat is over", async () => {
  await come("strict", { rateLimit: 4, rateWindowMs: 60_000 });
  await pass(ALIVE_MS + CLOSED_MS - 1);
  expect(await holds()).toEqual([4, 60_000]);
  await pass(1);
  expect(await holds()).toEqual([9, 6_000]);
});

test("a stricter worker that was taken for dead and beats again has its settings hold again, and the key is closed for one window", async () => {
  const strict = await come("strict", { rateLimit: 4, rateWindowMs: 60_000 });
  await pass(ALIVE_MS + CLOSED_MS);
  expect(await asked()).toBe("granted");
  await strict.keys.beat("strict");
  expect(await holds()).toEqual([4, 60_000]);
  expect(await rig.ask(await urgent())).toEqual({ kind: "wait", forMs: CLOSED_MS, reason: "fresh_state" });
});

test("a call that was granted before a stricter worker came does not leave", async () => {
  const job = await urgent();
  const callId = rig.newCall();
  expect(await rig.ask(job, callId)).toMatchObject({ kind: "granted" });
  await come("strict", { rateLimit: 1, rateWindowMs: 1_000 });
  await rig.advance(8_000);
  expect(await rig.gate.markLeft(job.ref, callId)).toBe(false);
});

test.each([
  ["before a worker with a longer window came", true],
  ["beside it, by a worker with a shorter one", false],
])("a call that left %s and was never answered keeps its place for the longer window", async (_when, isBefore) => {
  if (!isBefore) {
    await come("strict", { rateLimit: 1, rateWindowMs: 60_000 });
    await pass(CLOSED_MS);
  }
  // Its request may reach the provider until its deadline, ten seconds later.
  const leftMs = rig.nowMs;
  await rig.send(await urgent());
  const strict = isBefore ? await come("strict", { rateLimit: 1, rateWindowMs: 60_000 }) : rig.engine;
  const beats = async (untilMs: number) => {
    while (rig.nowMs < untilMs) {
      await rig.advance(Math.min(5_000, untilMs - rig.nowMs));
      await rig.engine.keys.beat("rig");
      await rig.withConfig({ rateLimit: 1, rateWindowMs: 60_000 }).keys.beat("strict");
    }
  };
  await beats(leftMs + 10_000 + CLOSED_MS - 1);
  expect((await strict.gate.ask(rig.request(await urgent()))).kind).toBe("wait");
  await beats(leftMs + 10_000 + CLOSED_MS);
  expect((await strict.gate.ask(rig.request(await urgent()))).kind).toBe("granted");
});

test("an account has no more calls out than the strictest worker allows, and a day no more credits", async () => {
  await rig.account("bob");
  const loose = rig.withConfig({ accountConcurrency: 3 });
  await come("a", { maxCreditsPerDay: 2 });
  await rig.send(await rig.job("bob", { priority: 1 }));
  expect(await loose.gate.ask(rig.request(await rig.job("bob", { priority: 1 })))).toEqual({ kind: "parked", why: "busy" });
  expect(await asked()).toBe("granted");
  expect(await rig.ask(await urgent())).toMatchObject({ kind: "wait", reason: "day_budget" });
});

test("under LINKUP_STRICT=1 a looser worker is refused with what is looser, a stricter one and one after it are not", async () => {
  await expect(come("loose", { rateLimit: 10, rateWindowMs: 60_000 }, true)).rejects.toMatchObject({
    code: "configuration_invalid",
    message: expect.stringMatching(
      /^A worker with stricter settings is running: LINKUP_RATE_LIMIT is 10 here and 9 there\. .*LINKUP_STRICT=0/,
    ),
  });
  expect(await holds()).toEqual([9, 6_000]);
  await expect(rig.withConfig({ maxCreditsPerDay: null }).keys.checkStrict()).resolves.toBeUndefined();
  await come("strict", { rateLimit: 4, maxCreditsPerDay: 5 }, true);
  await expect(rig.engine.keys.checkStrict()).rejects.toMatchObject({ message: expect.stringContaining("not set here and 5 there") });
  await rig.engine.keys.leave("strict");
  await come("later", LOOSE, true);
});

test("a worker of an earlier version, which says nothing of its settings, keeps those that it brought", async () => {
  await rig.client.zadd(rig.key("workers"), rig.nowMs, "earlier");
  await rig.client.hset(rig.key("key"), "limit", 5);
  expect(await holds()).toEqual([5, 6_000]);
  await pass(ALIVE_MS + CLOSED_MS);
  expect(await holds()).toEqual([9, 6_000]);
});
