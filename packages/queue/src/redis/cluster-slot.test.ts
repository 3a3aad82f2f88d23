/** Slots that Redis itself tells: `CLUSTER KEYSLOT`. */
import { expect, test } from "vitest";
import { slotOf } from "./cluster-slot.ts";

test.each([
  ["{linkup-default}", 994],
  ["{linkup-a}:gate:key", 1_092],
  ["123456789", 12_739],
])("a key's slot is the one that a cluster gives it: %s", (key, slot) => {
  expect(slotOf(key)).toBe(slot);
});
