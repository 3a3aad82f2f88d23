/** The decision from every row of both tables, whatever the job went through before: the rules of repeating, as properties. */
import type { Effect, Verdict } from "@linkup-queue/contracts";
import { ANSWER_TABLE, type AnswerRow, TRANSPORT_EVENTS, TRANSPORT_TABLE } from "@linkup-queue/linkup";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { backoff, decide, type Situation } from "./decide.ts";

type Kind = Situation["kind"];

/** The effect that a row's rule gives for a kind of call. */
function effectOf(rule: AnswerRow["effect"], kind: Kind): Effect {
  if (rule === "done_unless_read") return kind === "read" ? "none" : "done";
  if (rule === "unknown_unless_read") return kind === "read" ? "none" : "unknown";
  return rule;
}

function verdicts(kind: Kind): Verdict[] {
  const rows: readonly AnswerRow[] = ANSWER_TABLE;
  const answers = rows
    .filter(({ when: { appliesTo = "call" } }) => appliesTo === "call" || appliesTo === kind)
    .map(({ row, when, code, charge, effect, remedy, rest, unclear, message }) => ({
      verdict: {
        ...{ row, code, charge, effect: effectOf(effect, kind), remedy, message, httpStatus: 200, output: code === null ? {} : null },
        ...(rest === undefined ? {} : { rest }),
        ...(unclear === undefined ? {} : { unclear }),
      },
      errorIn200: when.answer.includes("2xx+error"),
    }));
  const lost = TRANSPORT_EVENTS.map((event) => {
    const { code, charge, effect, remedy, message } = TRANSPORT_TABLE[event];
    return { row: event, code, charge, effect, remedy, message, httpStatus: null, output: null };
  });
  // A success with an error beside it: the error's code and remedy, and a write that may have been done.
  const contradicted = answers
    .filter(({ errorIn200 }) => errorIn200 && kind === "write")
    .map(({ verdict }) => ({ ...verdict, effect: "unknown" as const }));
  return [...answers.map(({ verdict }) => verdict), ...lost, ...contradicted];
}

const ROWS = (["read", "write"] as const).flatMap((kind) =>
  verdicts(kind).map((verdict) => ({ kind, verdict, title: `${verdict.row} (effect ${verdict.effect})` })),
);

const FRESH: Situation = {
  kind: "write",
  onUnknown: "report",
  history: { calls: 0, attempts: 0, deaths: 0, charged: 0, uncertain: 0, startedMs: null },
  epoch: 1,
  scopes: ["message.send", "message", "write"],
  backoffMs: 1_000,
  nowMs: Date.UTC(2026, 0, 15),
  random: () => 0,
};
const NEWS: Partial<Record<Verdict["remedy"], string>> = {
  refresh_token: "token_dead",
  stop_key: "stop",
  cool_key: "cool",
  rest: "rest",
};

const counts = fc.nat({ max: 40 });
const situations = (kind: Kind): fc.Arbitrary<Situation> =>
  fc.record({
    kind: fc.constant(kind),
    onUnknown: fc.constantFrom("report", "rerun"),
    history: fc.record({
      calls: counts,
      attempts: counts,
      deaths: fc.nat({ max: 4 }),
      charged: counts,
      uncertain: counts,
      startedMs: fc.option(counts),
    }),
    epoch: counts,
    scopes: fc.constantFrom(["message.send", "message", "write"], ["message.inbox"], ["invitation.send", "invite", "note", "write"]),
    nowMs: fc.constant(FRESH.nowMs),
    backoffMs: fc.integer({ min: 1, max: 60_000 }),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }).map((drawn) => () => drawn),
  });

describe.each(ROWS)("after $title of a $kind", ({ kind, verdict }) => {
  const always = (holds: (plan: ReturnType<typeof decide>, situation: Situation) => void) =>
    fc.assert(
      fc.property(situations(kind), (situation) => holds(decide(verdict, situation), situation)),
      { numRuns: 60 },
    );

  test("the call is repeated only if it was free and had no effect, but for a dead token, a refused key, a braked operation and a read that asked for it", () => {
    always((plan, { history, onUnknown }) => {
      if (plan.next === "end" || (verdict.charge === "no" && verdict.effect === "none")) return;
      const tokenDied = verdict.remedy === "refresh_token" && plan.next === "park" && history.deaths < 2;
      const keyRefused =
        verdict.remedy === "stop_key" && plan.next === "again" && (plan.keyAction === "stop" || plan.keyAction === "suspect");
      const readAgain = verdict.effect === "unknown" && kind === "read" && onUnknown === "rerun" && plan.next === "retry";
      const braked = verdict.remedy === "brake" && verdict.effect === "none" && plan.next === "brake" && plan.refusal === verdict.row;
      expect(tokenDied || keyRefused || readAgain || braked).toBe(true);
    });
  });

  test("a write that may have been done is never repeated", () => {
    always((plan) => {
      if (kind === "write" && verdict.effect !== "none") expect(plan.next).toBe("end");
    });
  });

  test("the job succeeds exactly when the row says so, and is unknown exactly when its effect is", () => {
    always(({ ending }) => {
      expect(ending.status === "succeeded").toBe(verdict.remedy === "complete");
      expect(ending.code === null).toBe(verdict.remedy === "complete");
      expect(ending.status === "unknown").toBe(verdict.effect === "unknown");
      expect(ending.message).toBe(verdict.message);
    });
  });

  test("the operation is braked exactly when the row says so, and the job waits unless it may have been done or be at fault", () => {
    always((plan) => {
      const brakes = verdict.remedy === "brake" || verdict.remedy === "brake_and_end";
      expect(plan.refusal).toBe(brakes ? verdict.row : undefined);
      expect(plan.next === "brake").toBe(verdict.remedy === "brake" && verdict.effect !== "unknown");
    });
  });

  test("the next try comes after a pause of at most a minute", () => {
    always((plan) => {
      expect(plan.afterMs).toBeGreaterThanOrEqual(0);
      expect(plan.afterMs).toBeLessThanOrEqual(60_000);
    });
  });
});

test("a dead token sends its job to wait for the next one twice, and ends it the third time", () => {
  const verdict = verdicts("write").find(({ effect, remedy }) => remedy === "refresh_token" && effect === "none");
  const plans = [0, 1, 2, 3].map((deaths) =>
    decide(verdict ?? expect.fail("no row refreshes the token"), {
      kind: "write",
      onUnknown: "report",
      history: { calls: deaths, attempts: 0, deaths, charged: deaths, uncertain: 0, startedMs: null },
      epoch: 7,
      scopes: ["message.send", "message", "write"],
      nowMs: 0,
      backoffMs: 1_000,
      random: () => 0,
    }),
  );
  expect(plans.map(({ next }) => next)).toEqual(["park", "park", "end", "end"]);
  expect(plans.map(({ accountEvent }) => accountEvent)).toEqual(plans.map(() => ({ type: "token_dead", epoch: 7 })));
  expect(plans.at(-1)?.ending).toMatchObject({ status: "failed", code: "token_expired" });
});

test("a write whose success came with an error beside it ends, and the error's news of the account and the key is told all the same", () => {
  const plans = verdicts("write")
    .filter(({ effect, remedy }) => effect === "unknown" && ["refresh_token", "stop_key", "cool_key", "rest"].includes(remedy))
    .map((verdict) => ({ verdict, plan: decide(verdict, { ...FRESH, kind: "write" }) }));
  for (const { verdict, plan } of plans) {
    expect(plan, verdict.row).toMatchObject({ next: "end", ending: { status: "unknown", code: verdict.code } });
    expect(plan.keyAction ?? plan.accountEvent?.type).toBe(NEWS[verdict.remedy]);
  }
  expect(new Set(plans.map(({ verdict }) => verdict.remedy)).size).toBe(4);
});

test("a read that asked to run again does so when no answer came, and never when one was paid for", () => {
  const ways = verdicts("read").filter(({ effect }) => effect === "unknown");
  const rerun = (verdict: Verdict) => decide(verdict, { ...FRESH, kind: "read", onUnknown: "rerun" }).next;
  expect(new Set(ways.filter(({ charge }) => charge === "yes").map(rerun))).toEqual(new Set(["end"]));
  expect(new Set(ways.filter(({ charge }) => charge === "unknown").map(rerun))).toEqual(new Set(["retry"]));
});

test("a refused grant, a failed mark and a shutdown before the first byte count no attempt", () => {
  const uncounted = verdicts("write").filter(({ row }) => ["left-refused", "mark-failed", "aborted-before-left"].includes(row));
  expect(uncounted).toHaveLength(3);
  fc.assert(
    fc.property(fc.constantFrom(...uncounted), situations("write"), (verdict, situation) => {
      expect(decide(verdict, situation).next).toBe("again");
    }),
  );
});

test("the pause doubles from the first one, stays between its half and its whole, and never passes the longest", () => {
  fc.assert(
    fc.property(counts, fc.integer({ min: 1, max: 60_000 }), situations("read"), (attempts, backoffMs, { random }) => {
      const pause = backoff(attempts, { backoffMs, random });
      const whole = Math.min(60_000, backoffMs * 2 ** attempts);
      expect(pause).toBeGreaterThanOrEqual(Math.floor(whole / 2));
      expect(pause).toBeLessThanOrEqual(whole);
    }),
  );
});

test("a limit of notes rests notes where the job had one, for a month, and else its invitations, by the ladder of those", () => {
  const verdict = verdicts("write").find(({ rest }) => rest?.cause === "note_limit") ?? expect.fail("no row speaks of notes");
  const restOf = (scopes: readonly string[]) => decide(verdict, { ...FRESH, scopes }).accountEvent;
  expect(restOf(["invitation.send", "invite", "note", "write"])).toMatchObject({ scope: "note", cause: "note_limit" });
  expect(restOf(["invitation.send", "invite", "write"])).toMatchObject({ scope: "invite", cause: "invitation_limit" });
});
