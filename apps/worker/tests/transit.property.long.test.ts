/** Many schedules of transit.property.test.ts. */
import { afterAll, beforeAll, test } from "vitest";
import { proveTransit, startTransitRig, type TransitRig } from "./prove-transit.ts";

let rig: TransitRig;
beforeAll(async () => {
  rig = await startTransitRig();
});
afterAll(async () => await rig.close());

test("in no window of the provider's are there more than the limit, in many hundred schedules", { timeout: 1_800_000 }, async () => {
  await proveTransit(rig, 400);
});
