/**
 * From the verdict on a look, and what it saw, to what becomes of its job. Pure. The job's write is never repeated from here: a look that says nothing is
 * made again, or the job ends `unknown`, as it would have without one.
 */
import type { Verdict } from "@linkup-queue/contracts";
import { afterLostLook, beginReconciling, type Ending, endingInDoubt, type Look, type Reconciling } from "@linkup-queue/queue";
import { decide, type Plan, type Situation } from "./decide.ts";
import { judgeInvitation, judgeMessage, type Sight, selfOf } from "./judge-look.ts";

export type LookSituation = Omit<Situation, "kind" | "onUnknown"> & {
  reconciling: Reconciling;
  look: Look["operation"];
  /** A digest of the name that the account's own messages bear; empty while nobody knows. */
  self: string;
  /** Between two looks that may say that it was not done, ms. */
  gapMs: number;
};

/** The plan that follows from a look. */
export function decideLook(verdict: Verdict, situation: LookSituation): Plan {
  const { reconciling, gapMs, look } = situation;
  const inDoubt = reconciling.of === undefined ? endingInDoubt(reconciling) : looked(verdict, { happened: null, message: NOBODY_KNOWS });
  const plan: Plan = { ...decide(verdict, { ...situation, kind: "read", onUnknown: "report" }), ending: inDoubt };
  if (plan.next !== "end") return plan;
  const after = afterLostLook(reconciling);
  const lookAgain = (afterMs: number, found: Partial<Reconciling> = {}): Plan =>
    after === null ? plan : { ...plan, next: "look", afterMs, reconciling: { ...after, ...found } };
  if (verdict.remedy !== "complete") return isFinal(verdict) ? plan : lookAgain(gapMs);

  plan.worked = true;
  if (look === "profile.me") {
    const self = selfOf(verdict.output);
    return self === null ? plan : { ...lookAgain(0), self };
  }
  const sight = sightOf(verdict.output, situation);
  switch (sight.kind) {
    case "happened":
      return { ...plan, ...told(verdict, situation, { status: "succeeded", code: null, message: HAPPENED, output: sight.output }) };
    case "absent": {
      if (!reconciling.absent) return lookAgain(gapMs, { absent: true });
      return { ...plan, ...told(verdict, situation, { status: "failed", code: "not_done", message: NOT_DONE, output: null }) };
    }
    case "unclear":
      return plan;
  }
}

const HAPPENED = "Nobody saw LinkUp's answer; a look on LinkedIn found that it was done";
const NOBODY_KNOWS = "It was looked for, and no look could tell";
const DONE_AGAIN = "The job was done again while it was looked for: a look may take the second message or invitation for the first";
const NOT_DONE = "Nobody saw LinkUp's answer; two looks on LinkedIn found that it was not done";

/** Paid for, and the same look would be answered the same. */
function isFinal({ charge, effect, remedy }: Verdict): boolean {
  return charge === "yes" && effect === "none" && remedy === "end";
}

type Seen = Pick<Ending, "status" | "code" | "message" | "output">;

/**
 * The end by what a look saw: of the write, where the job is that itself. A write that was told `unknown` before stays so: what became of it is told beside
 * that, and the job that looked for it has done its work.
 */
function told({ httpStatus }: Verdict, { look, nowMs, reconciling: { of } }: LookSituation, seen: Seen): Pick<Plan, "ending" | "found"> {
  const reconciled = { by: look, at: new Date(nowMs).toISOString() };
  if (of === undefined) return { ending: { ...seen, httpStatus, reconciled } };
  const happened = seen.status === "succeeded";
  const ending = { ...looked({ httpStatus }, { happened, message: seen.message }), reconciled };
  return { ending, found: { digest: of.digest, happened, reconciled } };
}

/** The end of a job that looked for another job's write; `happened` null: no look could tell. */
function looked({ httpStatus }: Pick<Verdict, "httpStatus">, { happened, message }: { happened: boolean | null; message: string }): Ending {
  return { status: "succeeded", code: null, message, httpStatus, output: { happened } };
}

/** The end of a look whose write was done again before it ended: it may have seen the second one. */
export function doneAgain({ httpStatus }: Ending): Ending {
  return looked({ httpStatus }, { happened: null, message: DONE_AGAIN });
}

function sightOf(answer: unknown, { look, reconciling, history, self }: LookSituation): Sight {
  if (look === "invitation.status") return judgeInvitation(answer, { wasAbsent: reconciling.absent });
  const { text, of } = reconciling;
  // The write's first call that left was granted then: no byte of it left sooner.
  const sinceMs = of?.sinceMs ?? history.startedMs;
  return judgeMessage(answer, { sinceMs, fromMs: of?.fromMs ?? sinceMs, text, self });
}

/** The plan for a write that may have been done, and that its producer asked to look for. */
export function lookAfter(plan: Plan, write: Pick<Reconciling, "account" | "target" | "text">): Plan {
  if (plan.next !== "end" || plan.ending.status !== "unknown") return plan;
  return { ...plan, next: "look", afterMs: 0, reconciling: beginReconciling({ ...write, ending: plan.ending }) };
}
