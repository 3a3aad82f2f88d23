/** Schedules of every `npm test`, the same ones each time. `npm run fuzz` runs others. */
import { test } from "vitest";
import { expectNoneBreaks } from "./rig.ts";

test("in none of a thousand schedules of kills, freezes, cuts and failovers is a promise broken", { timeout: 600_000 }, async () => {
  await expectNoneBreaks(1, 1_000);
});
