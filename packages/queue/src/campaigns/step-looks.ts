/** Steps for people who accepted, or did not: each asks for a sign that a look at LinkedIn finds, an `invitation.status` of the person, before its own job is made (decision 61). */
import type { Issue } from "@linkup-queue/contracts";
import type { InputTemplate } from "./campaign-template.ts";

/** The read that looks. */
export const LOOK = "invitation.status";

/** A step leaves so long after the look that it goes by, ms, or another look is made. */
export const SIGN_FRESH_MS = 86_400_000;

/** Days after the step before on which whoever has not accepted is looked at; sequence.lua has them, too. */
const LOOK_DAYS = [1, 2, 3, 5, 7, 10, 14, 20];

/** The conditions that a step may have. */
export const STEP_CONDITIONS = ["accepted", "not_accepted", "no_reply"] as const;
export type StepCondition = (typeof STEP_CONDITIONS)[number];
type AskingStep = { input: InputTemplate; afterDays?: readonly [number, number] | undefined; onlyIf?: StepCondition | undefined };

type Sign = Exclude<StepCondition, "no_reply">;

/** The sign that a step needs; undefined for a step that needs none. */
export function signAsked(step: Pick<AskingStep, "onlyIf"> | undefined): Sign | undefined {
  return step?.onlyIf === "no_reply" ? undefined : step?.onlyIf;
}

/** The input of the look before a step, counted from 1: its own person, or that of the step before which names one. Null where no step does. */
export function lookInput(steps: readonly AskingStep[], step: number): InputTemplate | null {
  for (const { input } of steps.slice(0, step).toReversed()) {
    const { linkedin_url } = input;
    if (typeof linkedin_url === "string") return { linkedin_url };
  }
  return null;
}

/** Problems of what the steps ask for. */
export function lookIssues(steps: readonly AskingStep[]): Issue[] {
  return steps.flatMap((step, at) =>
    at > 0 && signAsked(step) !== undefined && lookInput(steps, at + 1) === null
      ? [{ path: `steps.${at}.onlyIf`, message: "needs somebody to look at: give this step or one before it a linkedin_url" }]
      : [],
  );
}

/** Days for which somebody waits for a step at the longest. The days of a `not_accepted` that follows an `accepted` begin with those of that one. */
export function longestDays(steps: readonly AskingStep[], at: number): number {
  const most = steps[at]?.afterDays?.[1] ?? 0;
  if (isElse(steps, at)) return 0;
  if (signAsked(steps[at]) !== "accepted") return most;
  const bound = isElse(steps, at + 1) ? (steps[at + 1]?.afterDays?.[1] ?? 0) : (LOOK_DAYS.at(-1) ?? 0);
  return Math.max(most, bound);
}

/** The most looks that are made of somebody for a step, as long as none fails. */
export function mostLooks(steps: readonly AskingStep[], at: number): number {
  const sign = signAsked(steps[at]);
  if (sign === undefined || isElse(steps, at)) return 0;
  if (sign === "not_accepted") return 1;
  const first = steps[at]?.afterDays?.[0] ?? 1;
  const bound = longestDays(steps, at);
  const later = LOOK_DAYS.filter((day) => day > first && day < bound).length;
  return 1 + later + (bound > first ? 1 : 0);
}

/** Whether a step is the other branch of the one before. */
function isElse(steps: readonly AskingStep[], at: number): boolean {
  return signAsked(steps[at]) === "not_accepted" && signAsked(steps[at - 1]) === "accepted";
}
