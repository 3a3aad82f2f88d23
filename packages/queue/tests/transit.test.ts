/** LINKUP_TRANSIT_MS in the scripts: whose word frees a slot before its answer is a window old, and who takes that back. The property is in apps/worker/tests. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { windowMarginMs } from "../src/redis/engine-config.ts";
import { type CallEnd, type Rig, type RigJob, startRig } from "./rig.ts";

const WINDOW_MS = 60_000;
const CLOSED_MS = WINDOW_MS + windowMarginMs(WINDOW_MS);
const CALL_MS = 8_000;
const HOUR_MS = 3_600_000;
let rig: Rig;

beforeAll(async () => {
  rig = await startRig({ transitMs: 1_000 });
});
afterAll(async () => await rig.close());
beforeEach(async () => {
  await rig.reset();
  await rig.open();
  await rig.account("ada", 1_000);
});

/** A call of eight seconds, of which the worker says that it was counted so long ago; how long its slot is busy from its end, ms. */
async function busyAfter(
  countedAgoMs: number,
  { end = "ok", by = rig.engine }: { end?: CallEnd; by?: Rig["engine"] } = {},
): Promise<number> {
  const job: RigJob = await rig.job("ada", { priority: 1 });
  const sent = await rig.send(job);
  await rig.advance(CALL_MS);
  await by.gate.settle({ ...rig.settlement(job, sent, end), countedAgoMs: () => countedAgoMs });
  return Number(await rig.client.zscore(rig.key("slots"), sent.callId)) - rig.nowMs;
}

test("a call that was counted before its answer keeps its slot for one window from then, and never less than one from its grant", async () => {
  expect(await busyAfter(7_000)).toBe(CLOSED_MS - 7_000);
  expect(await busyAfter(20_000)).toBe(CLOSED_MS - CALL_MS);
  expect(await busyAfter(-5)).toBe(CLOSED_MS);
});

test("a call without an answer keeps its slot until one window after its deadline, whatever is said of it", async () => {
  expect(await busyAfter(7_000, { end: "timed_out" })).toBe(rig.engine.config.timeoutMs - CALL_MS + CLOSED_MS);
});

test("the mean for which calls hold a slot follows, and with it the pace", async () => {
  await busyAfter(7_000);
  expect((await rig.engine.keys.read()).meanHoldMs).toBe(1_000);
});

test.each([
  ["none", null],
  ["a larger one", 2_000],
])(
  "beside a worker with %s the slot goes by the answer, and the key is closed for a window as that one comes",
  async (_which, transitMs) => {
    expect(await busyAfter(7_000)).toBe(CLOSED_MS - 7_000);
    const other = rig.withConfig({ transitMs });
    await other.keys.start({ worker: "other", apiKey: "rig-api-key", secrets: rig.engine.secrets, fresh: true });
    const key = await rig.engine.keys.beat("rig");
    expect(key).toMatchObject({ state: "cooling", reason: "fresh_state", transit: transitMs === null ? null : { ms: transitMs } });
    expect(key.differences).toEqual([
      { setting: "LINKUP_TRANSIT_MS", holds: transitMs, values: transitMs === null ? [1_000, null] : [1_000, 2_000] },
    ]);
    for (let passedMs = 0; passedMs < CLOSED_MS; passedMs += 5_000) {
      await rig.advance(5_000);
      await rig.engine.keys.beat("rig");
      await other.keys.beat("other");
    }
    expect(await busyAfter(7_000)).toBe(CLOSED_MS);
    if (transitMs !== null) expect(await busyAfter(7_000, { by: other })).toBe(CLOSED_MS - 7_000);
  },
);

test("with LINKUP_STRICT a worker with one does not start beside a worker without", async () => {
  await rig.reset();
  const without = rig.withConfig({ transitMs: null });
  await without.keys.start({ worker: "without", apiKey: "rig-api-key", secrets: rig.engine.secrets, fresh: true });
  const start = rig.engine.keys.start({ worker: "rig", apiKey: "rig-api-key", secrets: rig.engine.secrets, fresh: true, strict: true });
  await expect(start).rejects.toThrow("LINKUP_TRANSIT_MS is 1000 here and not set there");
});

test("after a 429 of the key slots go by the answer for an hour, which is told", async () => {
  const job = await rig.job("ada", { priority: 1 });
  const sent = await rig.send(job);
  await rig.advance(CALL_MS);
  const answer = await rig.gate.settle({ ...rig.settlement(job, sent, "rate_limited"), countedAgoMs: () => 7_000 });
  const untilMs = rig.nowMs + HOUR_MS;
  expect(answer.brakes).toMatchObject([{ kind: "key_cools", reason: "rate_limited", answersUntilMs: untilMs }]);
  expect(Number(await rig.client.zscore(rig.key("slots"), sent.callId)) - rig.nowMs).toBe(CLOSED_MS);
  expect((await rig.engine.keys.read()).transit).toEqual({ ms: 1_000, answersUntilMs: untilMs });
  await rig.advance(CLOSED_MS);
  expect(await busyAfter(7_000)).toBe(CLOSED_MS);
  await rig.setClock(untilMs);
  expect(await busyAfter(7_000)).toBe(CLOSED_MS - 7_000);
  expect((await rig.engine.keys.read()).transit).toEqual({ ms: 1_000, answersUntilMs: null });
});

test("without the setting nothing that is said of a call moves its slot, and a 429 leaves nothing behind", async () => {
  const without = rig.withConfig({ transitMs: null });
  await rig.reset();
  await without.keys.start({ worker: "rig", apiKey: "rig-api-key", secrets: rig.engine.secrets, fresh: true });
  await rig.client.hdel(rig.key("key"), "unproven");
  await rig.account("ada", 1_000);
  expect(await busyAfter(7_000, { by: without })).toBe(CLOSED_MS);
  expect(await busyAfter(7_000, { by: without, end: "rate_limited" })).toBe(CLOSED_MS);
  expect(await rig.client.hmget(rig.key("key"), "transit", "answersUntil")).toEqual([null, null]);
});
