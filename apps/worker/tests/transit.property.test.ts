/**
 * The window where LINKUP_TRANSIT_MS says how long a request needs: the real scripts and the worker's own reckoning, under random schedules. The provider is modelled
 * apart from them: a request is counted as late as it may be, with its whole time from its acknowledgement, or from the end of a stall that was longer;
 * and stalls, frozen workers, killed ones, calls that are never answered and a clock that stands still come in between. A few schedules here; many in
 * transit.property.long.test.ts.
 */
import { afterAll, beforeAll, test } from "vitest";
import { proveTransit, startTransitRig, type TransitRig } from "./prove-transit.ts";

let rig: TransitRig;
beforeAll(async () => {
  rig = await startTransitRig();
});
afterAll(async () => await rig.close());

test("in no window of the provider's are there more than the limit, and slow calls use more of it", { timeout: 120_000 }, async () => {
  await proveTransit(rig, 8);
});
