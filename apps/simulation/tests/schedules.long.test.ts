/** More schedules than every `npm test` has room for, the same ones each time. `npm run fuzz` runs others. */
import { test } from "vitest";
import { expectNoneBreaks } from "./rig.ts";

test("in none of a thousand more schedules is a promise broken", { timeout: 900_000 }, async () => {
  await expectNoneBreaks(1_001, 2_000);
});
