/** When the last recipient of an account leaves, by its policy: the sums by hand, and that no faster way keeps the caps. */
import { type AccountPolicy, CAP_WINDOWS_MS } from "@linkup-queue/contracts";
import { START_MS } from "@linkup-queue/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { lastLeavesMs } from "./policy-time.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SCOPES = ["invitation.send", "invite", "write"];
type Of = { setting?: "none" | "careful"; fromMs?: number };
const after = (policy: AccountPolicy | null, count: number, { setting = "none", fromMs = START_MS }: Of = {}) =>
  lastLeavesMs({ policy, plan: "premium" }, { count, scopes: SCOPES, fromMs, setting }) - fromMs;

test("an account without rules needs no time by them, and one with a cap of 0 never ends", () => {
  expect(after(null, 1_000)).toBe(0);
  expect(after({ caps: { message: { perDay: 1 } } }, 1_000)).toBe(0);
  expect(after({ caps: { write: { perDay: 0 } } }, 1)).toBe(Number.POSITIVE_INFINITY);
  expect(after({ caps: { write: { perDay: 0 } } }, 0)).toBe(0);
});

test("15 invitations a day are 498 in 33 days", () => {
  expect(after({ caps: { invite: { perDay: 15 } } }, 498)).toBe(33 * DAY_MS);
});

test("the strictest of the windows decides, each in its turn", () => {
  const policy = { caps: { invite: { perHour: 4, perDay: 10 }, write: { perWeek: 20 } } };
  expect(after(policy, 4)).toBe(0);
  expect(after(policy, 5)).toBe(HOUR_MS);
  expect(after(policy, 11)).toBe(DAY_MS);
  expect(after(policy, 21)).toBe(7 * DAY_MS);
});

test("the careful policy counts for accounts that set none of a part, by plan", () => {
  const unpaced = { pace: {} };
  expect(after(unpaced, 16, { setting: "careful" })).toBe(DAY_MS);
  expect(after({ ...unpaced, caps: {} }, 16, { setting: "careful" })).toBe(0);
  // Eight minutes between two in the mean, and after ten in the mean 27.5 minutes more.
  expect(after({ caps: {} }, 11, { setting: "careful" })).toBe(10 * 8 * 60_000 + 27.5 * 60_000);
});

test("a pace counts by its mean gap, with its part of the breaks", () => {
  expect(after({ pace: { invite: { minSeconds: 60, maxSeconds: 180 } } }, 11)).toBe(10 * 120_000);
  expect(after({ pace: { invite: { minSeconds: 60, maxSeconds: 60 }, breakEvery: [5, 5], breakSeconds: [300, 300] } }, 11)).toBe(
    10 * 120_000,
  );
});

test("hours let nothing leave outside of them", () => {
  const monday = Math.ceil(START_MS / DAY_MS) * DAY_MS;
  const day = (["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const)[new Date(monday).getUTCDay()] ?? "mon";
  const hours = { timezone: "UTC", weekdays: [day], from: "10:00", to: "11:00" };
  expect(after({ hours }, 5, { fromMs: monday })).toBe(10 * HOUR_MS);
  expect(after({ hours, caps: { invite: { perDay: 2 } } }, 5, { fromMs: monday })).toBe(14 * DAY_MS + 10 * HOUR_MS);
});

test("a number that takes years is reckoned by the rate of the first ones", () => {
  const days = after({ caps: { invite: { perDay: 1 } } }, 10_000) / DAY_MS;
  expect(days).toBeGreaterThan(9_900);
  expect(days).toBeLessThan(10_100);
});

test("no window of a cap holds more, and no call could leave sooner", () => {
  const windows = Object.keys(CAP_WINDOWS_MS) as (keyof typeof CAP_WINDOWS_MS)[];
  const cap = fc.dictionary(fc.constantFrom(...windows), fc.integer({ min: 1, max: 5 }), { minKeys: 1 });
  const property = fc.property(cap, fc.integer({ min: 2, max: 20 }), (invite, count) => {
    const at = Array.from({ length: count }, (_, nth) => after({ caps: { invite } }, nth + 1));
    for (const [nth, ms] of at.entries()) {
      const full = windows.filter((window) => {
        const most = invite[window];
        const before = at.slice(0, nth).filter((one) => one > ms - CAP_WINDOWS_MS[window]).length;
        if (most !== undefined) expect(before).toBeLessThan(most);
        return most !== undefined && at.slice(0, nth).filter((one) => one > ms - 1 - CAP_WINDOWS_MS[window]).length >= most;
      });
      if (ms > (at[nth - 1] ?? 0)) expect(full).not.toEqual([]);
    }
  });
  fc.assert(property, { numRuns: 100 });
});
