/** Jobs that are reached for in BullMQ past us, under a few random schedules; many in wedge.property.long.test.ts. */
import { afterAll, beforeAll, test } from "vitest";
import { proveWedge, startWedgeRig, type WedgeRig } from "./prove-wedge.ts";

let rig: WedgeRig;

beforeAll(async () => {
  rig = await startWedgeRig();
});
afterAll(async () => await rig.close());

test("whatever is done to jobs in BullMQ past us, every account is at work at the end, and every job has one outcome", async () => {
  await proveWedge(rig, 25);
});
