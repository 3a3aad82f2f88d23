/**
 * The gate under random schedules: repeated scripts, crashes, zombies, clocks that stand still or go back, sweeps. The provider is modelled
 * apart from it: every call is an interval in which its request may arrive, and the worst placement of all of them must keep the limit.
 * A few schedules here; many in gate.property.long.test.ts.
 */
import { afterAll, beforeAll, test } from "vitest";
import { proveGate, startGateRig } from "./prove-gate.ts";
import type { Rig } from "./rig.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await startGateRig();
});
afterAll(async () => await rig.close());

test("whatever happens in whatever order, the limit holds, nothing is sent twice, every job ends once, and nothing leaks", async () => {
  await proveGate(rig, 20);
});
