/** The gate under many more random schedules than gate.property.test.ts takes the time for. */
import { afterAll, beforeAll, test } from "vitest";
import { proveGate, startGateRig } from "./prove-gate.ts";
import type { Rig } from "./rig.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await startGateRig();
});
afterAll(async () => await rig.close());

test("in none of many random schedules is the limit passed, anything sent twice, a job ended twice or left, or anything leaked", async () => {
  await proveGate(rig, 300);
});
