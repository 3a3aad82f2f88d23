/** Redis's memory, noted hour by hour. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Rig, startRig } from "./rig.ts";

let rig: Rig;
const HOUR_MS = 3_600_000;

beforeAll(async () => {
  rig = await startRig();
});
afterAll(async () => await rig.close());
beforeEach(async () => await rig.reset());

/** A process that starts now. */
const started = () => rig.withConfig({}).memory;

test("of many processes one notes it in each hour, by Redis's clock, and two days are kept", async () => {
  await Promise.all([started().note(), started().note(), started().note()]);
  const [first, ...others] = await started().read();
  expect(others).toEqual([]);
  expect(first?.atMs).toBe(rig.nowMs);
  expect(first?.bytes).toBeGreaterThan(100_000);
  for (let hour = 1; hour <= 60; hour++) {
    await rig.advance(HOUR_MS);
    await started().note();
  }
  const noted = await started().read();
  expect(noted).toHaveLength(48);
  expect(noted.map(({ atMs }) => (rig.nowMs - atMs) / HOUR_MS)).toEqual(Array.from({ length: 48 }, (_none, at) => 47 - at));
});

test("a process asks once in each hour", async () => {
  const memory = started();
  await memory.note();
  await rig.client.del(rig.key("memory"));
  await memory.note();
  expect(await memory.read()).toEqual([]);
  await rig.advance(HOUR_MS);
  await memory.note();
  expect(await memory.read()).toHaveLength(1);
});
