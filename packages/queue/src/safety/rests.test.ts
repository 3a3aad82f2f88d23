/** The ladders of rests: how long each cause makes an account rest, and who ends it. */
import { REST_CAUSES } from "@linkup-queue/contracts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { restLadder } from "./rests.ts";

const DAY_MS = 86_400_000;
const at = (iso: string) => new Date(iso).getTime();

test.each([
  ["linkedin_limited", [1, 7, 14]],
  ["invitation_limit", [1, 7, 14]],
  ["refused_in_a_row", [1, 7, 14]],
  ["reads_refused", [1 / 24, 1, 7]],
  ["weekly_limit", [7, 14]],
  ["pending_limit", [7, 30]],
  ["email_unconfirmed", [7]],
  ["note_limit", [30, 30]],
  ["account_restricted", []],
] as const)("%s rests for %j days, then a person must act", (cause, days) => {
  expect(restLadder(cause, 0)).toEqual(days.map((day) => day * DAY_MS));
});

test.each([
  ["2026-01-15T12:00:00Z", "2026-02-01T08:00:00Z"],
  ["2026-02-01T07:59:59Z", "2026-02-01T08:00:00Z"],
  ["2026-02-01T08:00:00Z", "2026-03-01T08:00:00Z"],
  ["2028-02-29T23:00:00Z", "2028-03-01T08:00:00Z"],
  ["2026-12-31T23:59:59Z", "2027-01-01T08:00:00Z"],
])("the limit of a month, met at %s, rests until %s", (met, until) => {
  expect(at(met) + (restLadder("commercial_limit", at(met))[0] ?? 0)).toBe(at(until));
});

test("no rest is longer than a month, and none ends at once", () => {
  fc.assert(
    fc.property(fc.constantFrom(...REST_CAUSES), fc.integer({ min: 0, max: at("2100-01-01") }), (cause, nowMs) => {
      for (const rung of restLadder(cause, nowMs)) {
        expect(rung).toBeGreaterThan(0);
        expect(rung).toBeLessThanOrEqual(31 * DAY_MS);
      }
    }),
  );
});
