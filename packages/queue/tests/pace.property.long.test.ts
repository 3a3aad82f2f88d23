/** The pace under random arrivals, through the real scripts. Many schedules; a few are in pace.property.test.ts. */
import { afterAll, beforeAll, test } from "vitest";
import { proveBacklog, proveBatches, startPaceRig } from "./prove-pace.ts";
import type { Rig } from "./rig.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await startPaceRig();
});
afterAll(async () => await rig.close());

test("whatever comes, the limit holds, and a batch that fits the free slots leaves as it comes", async () => {
  await proveBatches(rig, 20);
});

test("behind more than fits urgent work finds a slot all the time, and the window is used", async () => {
  await proveBacklog(rig, 20);
});
