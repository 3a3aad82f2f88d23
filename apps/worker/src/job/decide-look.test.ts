/** The plan for a job after a look, from every row of both tables: its write is never repeated, and it ends otherwise than unknown by what a look saw alone. */
import type { Verdict } from "@linkup-queue/contracts";
import { ANSWER_TABLE, type AnswerRow, TRANSPORT_EVENTS, TRANSPORT_TABLE } from "@linkup-queue/linkup";
import { beginReconciling, endingInDoubt, INTERRUPTED } from "@linkup-queue/queue";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Plan } from "./decide.ts";
import { decideLook, type LookSituation, lookAfter } from "./decide-look.ts";

const BEGUN = beginReconciling({ account: "ada", target: "t", text: "", ending: INTERRUPTED });
const SITUATION: LookSituation = {
  history: { calls: 1, attempts: 0, deaths: 0, charged: 0, uncertain: 1, startedMs: 1 },
  epoch: 1,
  scopes: ["invitation.status"],
  backoffMs: 1_000,
  random: () => 0,
  reconciling: BEGUN,
  look: "invitation.status",
  self: "",
  gapMs: 300_000,
  nowMs: Date.UTC(2026, 0, 5),
};

const rows: readonly AnswerRow[] = ANSWER_TABLE;
const VERDICTS: Verdict[] = [
  ...rows
    .filter(({ when: { appliesTo = "call" } }) => appliesTo === "call" || appliesTo === "read")
    .map(({ row, code, charge, effect, remedy, rest, message }) => ({
      ...{ row, code, charge, remedy, message, httpStatus: 200, output: code === null ? {} : null },
      effect: effect === "unknown" ? effect : ("none" as const),
      ...(rest === undefined ? {} : { rest }),
    })),
  ...TRANSPORT_EVENTS.map((event) => ({ row: event, ...TRANSPORT_TABLE[event], httpStatus: null, output: null })),
];
const fine = (state: string, type: string | null = null): Verdict => ({
  ...{ row: "success", code: null, charge: "yes", effect: "none", remedy: "complete", message: "Done", httpStatus: 200 },
  output: { invitation_state: state, invitation_type: type, member_distance: 2 },
});
const NONE = fine("NO_INVITATION");
const PENDING = fine("PENDING", "SENT");

test.each(VERDICTS.filter(({ remedy }) => remedy !== "complete").map((verdict) => [verdict.row, verdict] as const))(
  "a look that came to %s leaves its job unknown, or is made again; a count that only grows bounds it",
  (_row, verdict) => {
    fc.assert(
      fc.property(fc.nat({ max: 9 }), fc.boolean(), fc.nat({ max: 4 }), (looks, absent, deaths) => {
        const reconciling = { ...BEGUN, looks, absent };
        const plan = decideLook(verdict, { ...SITUATION, reconciling, history: { ...SITUATION.history, deaths } });
        expect(plan.ending).toEqual(endingInDoubt(reconciling));
        expect(plan.worked).toBeUndefined();
        if (plan.next === "look") {
          expect(plan).toMatchObject({ afterMs: 300_000, reconciling: { looks: looks + 1, absent } });
          expect(looks).toBeLessThan(5);
        }
      }),
      { numRuns: 30 },
    );
  },
);

test("two looks that find nothing call it not done, the second one gap after the first", () => {
  const first = decideLook(NONE, SITUATION);
  expect(first).toMatchObject({ next: "look", afterMs: 300_000, worked: true, reconciling: { looks: 1, absent: true } });
  const second = decideLook(NONE, { ...SITUATION, reconciling: first.reconciling ?? BEGUN });
  expect(second).toMatchObject({
    next: "end",
    worked: true,
    ending: { status: "failed", code: "not_done", reconciled: { by: "invitation.status", at: "2026-01-05T00:00:00.000Z" } },
  });
});

test("a look that finds the invitation where an earlier one did not calls it done; the first look may have found an older one", () => {
  const absent = { ...BEGUN, looks: 1, absent: true };
  expect(decideLook(PENDING, { ...SITUATION, reconciling: absent }).ending).toMatchObject({
    status: "succeeded",
    code: null,
    reconciled: { by: "invitation.status" },
  });
  expect(decideLook(PENDING, SITUATION)).toMatchObject({ next: "end", ending: { status: "unknown", code: "interrupted" } });
});

test("an own profile that tells a name is followed by a look at once; one that tells none ends it", () => {
  const profile = (output: object): Plan => decideLook({ ...NONE, output }, { ...SITUATION, look: "profile.me" });
  expect(profile({ first_name: "Ada", last_name: "Byron" })).toMatchObject({ next: "look", afterMs: 0, self: expect.any(String) });
  expect(profile({})).toMatchObject({ next: "end", ending: { status: "unknown" } });
});

test("a write is looked for exactly where it would end unknown", () => {
  const write = { account: "ada", target: "t", text: "" };
  const unknown: Plan = { next: "end", ending: INTERRUPTED, afterMs: 0 };
  expect(lookAfter(unknown, write)).toMatchObject({ next: "look", afterMs: 0, ending: INTERRUPTED, reconciling: BEGUN });
  for (const plan of [
    { ...unknown, next: "retry" as const },
    { ...unknown, ending: { ...INTERRUPTED, status: "failed" as const } },
    { ...unknown, ending: { ...INTERRUPTED, status: "succeeded" as const, code: null } },
  ]) {
    expect(lookAfter(plan, write)).toBe(plan);
  }
});
