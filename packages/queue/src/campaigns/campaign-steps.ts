/** The steps of a campaign that is a sequence: what each does, how long after the one before, and for whom. */
import { type Issue, MOST_STEPS, OperationName, onUnknownProblem, scopesOf } from "@linkup-queue/contracts";
import { z } from "zod";
import { type Fields, type InputTemplate, inputTemplateIssues, type Rendered, renderInput, templateIssues } from "./campaign-template.ts";
import { longestDays, lookIssues, STEP_CONDITIONS, type StepCondition, signAsked } from "./step-looks.ts";

const MOST_DAYS = 90;
const days = z
  .number("must be a number of days")
  .min(0, `must be from 0 to ${MOST_DAYS} days`)
  .max(MOST_DAYS, `must be from 0 to ${MOST_DAYS} days`);

/** For whom such a step is, as it reads after "only for". */
export const CONDITION_WORDS: Readonly<Record<StepCondition, string>> = {
  accepted: "people who accepted the invitation",
  not_accepted: "people who did not accept the invitation",
  no_reply: "people who have not answered",
};

export const CampaignStep = z
  .strictObject({
    operation: OperationName,
    /** The operation's input; strings may hold `{{field}}` and `{{field|default}}`. */
    input: z.record(z.string().max(100), z.unknown()),
    /** So many days after the end of the step before, drawn for each person between the two. Left out: at once. */
    afterDays: z
      .tuple([days, days], "must be two numbers of days: the least and the most")
      .optional()
      .describe("the least and the most days after the end of the step before, drawn anew for each person; left out: at once"),
    /** For whom. Left out: for all who came to it. */
    onlyIf: z
      .enum(STEP_CONDITIONS)
      .optional()
      .describe(
        "`accepted`: only for people who accepted an invitation of the account, `not_accepted`: only for those with whom it is still pending, by a look at each of them (`invitation.status`); `no_reply`: only for people who have not answered; who has is passed over",
      ),
  })
  .meta({ id: "CampaignStep" });
export type CampaignStep = z.infer<typeof CampaignStep>;

export const CampaignSteps = z
  .array(CampaignStep)
  .min(1, "must have one step at least")
  .max(MOST_STEPS, `must have ${MOST_STEPS} steps at most`);

/** The operation and the input of one step. */
export type StepText = { operation: OperationName; input: InputTemplate };
/** A campaign's text: of one operation, or of a sequence, whose first step stands beside the steps. */
type Text = StepText & { steps?: readonly CampaignStep[] | undefined };

/** The text of a step, counted from 1; undefined for a campaign of one operation. Null where there is no such step (any more). */
export function stepText({ operation, input, steps }: Text, step: number | undefined): StepText | null {
  if (steps === undefined) return step === undefined ? { operation, input } : null;
  return steps[(step ?? 1) - 1] ?? null;
}

/** All that a campaign does to one person, in its order, each with the path of its issues. */
export function textsOfSteps({ operation, input, steps }: Text): (StepText & { path: string })[] {
  if (steps === undefined) return [{ operation, input, path: "" }];
  return steps.map((step, at) => ({ operation: step.operation, input: step.input, path: `steps.${at}.` }));
}

/** All inputs of a campaign as one template: which fields it names. */
export function inputsOf(text: Text): InputTemplate {
  return Object.fromEntries(textsOfSteps(text).map(({ input }, at) => [String(at), input]));
}

const DAY_MS = 86_400_000;
/** Of a step: ms after the step before, the least and the most. */
const waitOf = ({ afterDays = [0, 0] }: CampaignStep) => ({
  least: Math.round(afterDays[0] * DAY_MS),
  most: Math.round(afterDays[1] * DAY_MS),
});

type Steps = { steps?: readonly CampaignStep[] | undefined };

/** The facts about the steps that the scripts need; nothing for a campaign of one operation. */
export function storedSteps({ steps, stopOnReply }: Steps & { stopOnReply?: boolean | undefined }) {
  if (steps === undefined) return {};
  const stored = steps.map((step) => ({
    operation: step.operation,
    scopes: scopesOf(step.operation, step.input).join(),
    ...waitOf(step),
    ...(step.onlyIf === "no_reply" ? { noReply: true } : {}),
    ...(signAsked(step) === undefined ? {} : { asks: step.onlyIf }),
  }));
  const asks = stopOnReply !== true && stored.some((step) => "noReply" in step);
  return { steps: JSON.stringify(stored), ...(asks ? { stepOnReply: true } : {}) };
}

/** The waits of somebody who waits longest before each step, ms. */
export function longestWaitMs({ steps = [] }: Steps): number {
  return steps.reduce((sum, _step, at) => sum + longestDays(steps, at) * DAY_MS, 0);
}

/** By how much an edit moves the waits for each step, ms: as much as the least of its days. Null for a campaign of one operation. */
export function waitShifts({ steps: was = [] }: Steps, { steps: becomes }: Steps): number[] | null {
  return becomes?.map((step, at) => waitOf(step).least - waitOf(was[at] ?? step).least) ?? null;
}

/** The input of the first step for a recipient, where the texts of all steps fit them; else all that does not. */
export function renderSteps(text: Text, fields: Fields): Rendered {
  const rendered = textsOfSteps(text).map(({ operation, input, path }) => ({ path, ...renderInput(operation, input, fields) }));
  const issues = rendered.flatMap((one) => (one.ok ? [] : one.issues.map((issue) => issueOfStep(issue, one.path))));
  const [first] = rendered;
  if (issues.length === 0 && first?.ok === true) return { ok: true, input: first.input };
  const seen = new Map(issues.map((issue) => [`${issue.path}\n${issue.message}`, issue]));
  const missing = new Set(rendered.flatMap((one) => (one.ok ? [] : one.missing)));
  return { ok: false, issues: [...seen.values()], missing: [...missing] };
}

/** A field of the list has its own name in every step. */
function issueOfStep(issue: Issue, path: string): Issue {
  return issue.path.startsWith("input.") ? { ...issue, path: `${path}${issue.path}` } : issue;
}

/** Problems of the steps and of their texts, whoever the recipient is. */
export function stepIssues(text: Text, onUnknown: "report" | "rerun" | "reconcile"): Issue[] {
  const texts = textsOfSteps(text);
  const below = (path: string, issues: readonly Issue[]) => issues.map((issue) => ({ ...issue, path: `${path}${issue.path}` }));
  const issues = texts.flatMap(({ operation, input, path }) =>
    below(path, [...templateIssues(input), ...inputTemplateIssues(operation, input)]),
  );
  const problems = texts.map(({ operation }) => onUnknownProblem(operation, onUnknown));
  const [problem = null] = problems;
  // In a sequence it holds for the steps that it may be said of.
  if (problem !== null && problems.every((one) => one !== null)) issues.push({ path: "onUnknown", message: problem });
  for (const [at, { afterDays, onlyIf }] of (text.steps ?? []).entries()) {
    if (at === 0 && afterDays !== undefined)
      issues.push({ path: "steps.0.afterDays", message: "the first step comes after nothing; startAt says when the campaign begins" });
    if (at === 0 && onlyIf !== undefined) issues.push({ path: "steps.0.onlyIf", message: "nothing came before the first step" });
    if (afterDays !== undefined && afterDays[0] > afterDays[1])
      issues.push({ path: `steps.${at}.afterDays`, message: "must have the least first, then the most" });
  }
  for (const issue of lookIssues(text.steps ?? [])) issues.push(issue);
  return issues;
}
