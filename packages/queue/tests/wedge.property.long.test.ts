/** Jobs that are reached for in BullMQ past us, under many more random schedules than wedge.property.test.ts takes the time for. */
import { afterAll, beforeAll, test } from "vitest";
import { proveWedge, startWedgeRig, type WedgeRig } from "./prove-wedge.ts";

let rig: WedgeRig;

beforeAll(async () => {
  rig = await startWedgeRig();
});
afterAll(async () => await rig.close());

test("after none of many random schedules is an account, a campaign or a brake stuck, or a job without its one outcome", async () => {
  await proveWedge(rig, 300);
});
