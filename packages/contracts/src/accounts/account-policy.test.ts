import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ACCOUNT_PLANS, AccountPolicy, CAREFUL, type Cap, type CapScope, countedCaps, drawnPace } from "./account-policy.ts";

const issuesOf = (value: unknown) =>
  AccountPolicy.safeParse(value).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);

describe("an account's policy", () => {
  test("takes caps of families and of operations, in windows of an hour, a day, a week and a month", () => {
    const policy = { caps: { invite: { perHour: 4, perDay: 10, perWeek: 50 }, "post.react": { perMonth: 0 }, write: {} } };
    expect(AccountPolicy.parse(policy)).toEqual(policy);
    expect(AccountPolicy.parse({})).toEqual({});
  });

  test("refuses what it does not know, and counts that are none", () => {
    expect(issuesOf({ caps: { invites: { perDay: 1 } } })).toEqual([
      expect.stringContaining("caps.invites: must be an operation, or a family: invite,"),
    ]);
    expect(issuesOf({ caps: { invite: { perDay: -1 } } })).toEqual(["caps.invite.perDay: must be a whole number from 0 to 100000"]);
    expect(issuesOf({ caps: { invite: { perDay: 1.5, perYear: 1 } } })).toHaveLength(2);
    expect(issuesOf({ cap: {} })).toHaveLength(1);
  });

  test("takes hours, and a pace with breaks; a pace is drawn by family, in ms", () => {
    const hours = { timezone: "Europe/Amsterdam", weekdays: ["mon"], from: "08:30", to: "18:00", daysOff: ["2028-12-25"] };
    const pace = {
      invite: { minSeconds: 240, maxSeconds: 720 },
      breakEvery: [8, 12] as [number, number],
      breakSeconds: [900, 2_400] as [number, number],
    };
    expect(AccountPolicy.parse({ hours, pace })).toEqual({ hours, pace });
    expect(drawnPace(pace)).toEqual({ gaps: { invite: [240_000, 720_000] }, break: { every: [8, 12], ms: [900_000, 2_400_000] } });
    expect(drawnPace({})).toEqual({ gaps: {} });
  });

  test("takes a warm-up in the order of days", () => {
    expect(AccountPolicy.parse({ warmUp: [{ days: 7, share: 0.3 }] })).toEqual({ warmUp: [{ days: 7, share: 0.3 }] });
    expect(
      issuesOf({
        warmUp: [
          { days: 7, share: 0.3 },
          { days: 7, share: 0.5 },
        ],
      }),
    ).toEqual(["warmUp: must be in the order of days, each once"]);
    expect(issuesOf({ warmUp: [{ days: 1.5, share: 1 }] })).toEqual([
      "warmUp.0.days: must be a whole number of days from 1 to 365",
      "warmUp.0.share: must be above 0 and below 1",
    ]);
  });

  test("takes what becomes of notes that are used up, one of three words", () => {
    for (const note of ["wait", "bare", "skip"] as const) expect(AccountPolicy.parse({ note })).toEqual({ note });
    expect(issuesOf({ note: "cut" })).toEqual(["note: must be one of wait, bare, skip"]);
  });

  test("refuses a pace that can't be drawn", () => {
    expect(issuesOf({ pace: { invite: { minSeconds: 10, maxSeconds: 5 } } })).toEqual([
      "pace.invite.maxSeconds: must not be below the least",
    ]);
    expect(issuesOf({ pace: { "invitation.send": { minSeconds: 1, maxSeconds: 5 } } })).toHaveLength(1);
    expect(issuesOf({ pace: { invite: { minSeconds: 1 } } })).toHaveLength(1);
    expect(issuesOf({ pace: { breakEvery: [3, 2], breakSeconds: [1, 2] } })).toEqual(["pace.breakEvery: must not be below the least"]);
    expect(issuesOf({ pace: { breakEvery: [3, 4] } })).toEqual(["pace.breakSeconds: breakEvery and breakSeconds are set together"]);
    expect(issuesOf({ pace: { invite: { minSeconds: 0, maxSeconds: 86_401 } } })).toHaveLength(1);
  });

  test("is counted by scope, in ms", () => {
    expect(countedCaps({ invite: { perDay: 10, perHour: 0 }, write: {} })).toEqual({
      invite: [
        [0, 3_600_000],
        [10, 86_400_000],
      ],
    });
  });
});

describe("the careful table", () => {
  test("gives no plan less than a free account has, and notes by the month to that alone", () => {
    const free = countedCaps(CAREFUL.free);
    for (const plan of ACCOUNT_PLANS) {
      for (const [scope, caps] of Object.entries(countedCaps(CAREFUL[plan]))) {
        for (const [most, windowMs] of caps) {
          const [least] = free[scope]?.find(([, ms]) => ms === windowMs) ?? [0];
          expect(most, `${plan} ${scope}`).toBeGreaterThanOrEqual(least);
        }
      }
      expect(CAREFUL[plan].note).toEqual(plan === "free" ? { perMonth: 3 } : undefined);
    }
  });

  test("allows in a longer window no more than fits the shorter ones, and no less than one of them", () => {
    for (const plan of ACCOUNT_PLANS) {
      for (const caps of Object.values(countedCaps(CAREFUL[plan]))) {
        for (const [at, [most, windowMs]] of caps.entries()) {
          for (const [more, longerMs] of caps.slice(at + 1)) {
            expect(more).toBeGreaterThanOrEqual(most);
            expect(more).toBeLessThanOrEqual((most * longerMs) / windowMs);
          }
        }
      }
    }
  });

  test("is on the page of accounts as it is", () => {
    const page = readFileSync(new URL("../../../../docs/accounts-kept-safe.md", import.meta.url), "utf8");
    const spans = { perHour: "1 h", perDay: "24 h", perWeek: "7 d", perMonth: "30 d" } as const;
    const cell = (cap: Cap | undefined) =>
      cap === undefined
        ? "-"
        : Object.entries(cap)
            .map(([window, most]) => `${most} in ${spans[window as keyof typeof spans]}`)
            .join(", ");
    const scopes = [...new Set(ACCOUNT_PLANS.flatMap((plan) => Object.keys(CAREFUL[plan]) as CapScope[]))];
    for (const scope of scopes) {
      expect(page).toContain(`| \`${scope}\` | ${ACCOUNT_PLANS.map((plan) => cell(CAREFUL[plan][scope])).join(" | ")} |`);
    }
  });
});
