/** One step of a sequence as a form has it, and the steps that such a form means. Pure. */
import { LinkupError, MOST_STEPS, OperationName } from "@linkup-queue/contracts";
import { type CampaignStep, CONDITION_WORDS, renameFields, STEP_CONDITIONS } from "@linkup-queue/queue";
import { columnsIn, inputIn, textFields } from "./campaign-form.ts";
import { type Html, html } from "./html.ts";

type Form = Readonly<Record<string, string>>;
type Given = { input?: Readonly<Record<string, unknown>>; least: string; most: string; onlyIf: string };

/** Days that a step which is added waits, unless somebody writes others. */
const FIRST_DAYS = { least: "3", most: "5" };

/** The fields of a step; `at`: its place, from 0. The first comes after nothing. */
export function stepFields(operation: OperationName, { at, given }: { at: number; given: Given }): Html {
  const { input, least, most, onlyIf } = given;
  const day = (name: string, label: string, value: string) =>
    html`<label for="${name}">${label}</label><input id="${name}" name="${name}" type="number" min="0" max="90" step="any" value="${value}">`;
  const waits = html`${day("afterLeast", "days after the step before, at least (empty: at once)", least)}${day("afterMost", "days after it, at most: drawn between the two for each person", most)}
<label for="onlyIf">for whom</label><select id="onlyIf" name="onlyIf"><option value="">all who came to it</option>${STEP_CONDITIONS.map(
    (one) => html`<option value="${one}"${one === onlyIf ? html` selected` : null}>only for ${CONDITION_WORDS[one]}</option>`,
  )}</select>`;
  return html`${textFields(operation, input)}${at === 0 ? null : waits}`;
}

/** A step as its form has it; of none a new one. */
export function givenStep(step: CampaignStep | undefined): Given {
  if (step === undefined) return { ...FIRST_DAYS, onlyIf: "" };
  const { input, afterDays: [least = "", most = ""] = [], onlyIf = "" } = step;
  return { input, least: String(least), most: String(most), onlyIf };
}

/** The form again, as it was sent. */
export function sentStep(form: Form): Given {
  const { afterLeast = "", afterMost = "", onlyIf = "" } = form;
  const input = Object.entries(form).flatMap(([name, value]) => (name.startsWith("input.") ? [[name.slice("input.".length), value]] : []));
  return { input: Object.fromEntries(input), least: afterLeast, most: afterMost, onlyIf };
}

/** The step that a form means; whether it can be is for the route to say. Throws `invalid_input` where it names no operation. */
export function stepIn(form: Form): Record<string, unknown> {
  const operation = OperationName.safeParse(form["operation"]);
  if (!operation.success) throw new LinkupError("invalid_input", "The form names no operation");
  const { afterLeast: least = "", afterMost: most = "", onlyIf = "" } = form;
  const days = least === "" && most === "" ? {} : { afterDays: [least || most, most || least].map(Number) };
  return { operation: operation.data, input: inputIn(operation.data, form), ...days, ...(onlyIf === "" ? {} : { onlyIf }) };
}

/** The changes that a form may say of a step. */
export const STEP_CHANGES = ["add", "edit", "earlier", "later", "remove", "columns"] as const;

/** The steps with the change made that a form says. Throws `invalid_input` for a form of no such change, or of a step that is not there. */
export function changedSteps(steps: readonly CampaignStep[], form: Form): unknown[] {
  const at = Number(form["at"] ?? "0");
  const change = STEP_CHANGES.find((one) => one === form["change"]);
  if (change === "columns") return steps.map((step) => ({ ...step, input: renameFields(step.input, columnsIn(form)) }));
  if (change === "add" && steps.length < MOST_STEPS) return [...steps, stepIn(form)];
  if (change === undefined || change === "add" || steps[at] === undefined)
    throw new LinkupError("invalid_input", "There is no such step to change");
  if (change === "edit") return steps.toSpliced(at, 1, stepIn(form) as CampaignStep);
  if (change === "remove") return firstAtOnce(steps.toSpliced(at, 1));
  return moved(steps, change === "earlier" ? at - 1 : at);
}

/** This one and the one behind it change places; the days stay with the place, so that nobody is written to at once who was to wait. */
function moved(steps: readonly CampaignStep[], at: number): CampaignStep[] {
  const [one, other] = [steps[at], steps[at + 1]];
  if (one === undefined || other === undefined) return [...steps];
  return firstAtOnce(steps.toSpliced(at, 2, withDays(other, one.afterDays), withDays(one, other.afterDays)));
}

function withDays({ afterDays: _days, ...step }: CampaignStep, afterDays: CampaignStep["afterDays"]): CampaignStep {
  return { ...step, ...(afterDays === undefined ? {} : { afterDays }) };
}

/** Nothing came before the first. */
function firstAtOnce(steps: readonly CampaignStep[]): CampaignStep[] {
  return steps.map((step, at) => {
    if (at > 0) return step;
    const { afterDays: _days, onlyIf: _condition, ...first } = step;
    return first;
  });
}

/** Its wait, and for whom it is, in words; empty for the first. */
export function waitWords({ afterDays, onlyIf }: CampaignStep, at: number): string {
  if (at === 0) return "";
  const [least = 0, most = 0] = afterDays ?? [];
  const days = most === 0 ? "at once" : least === most ? `after ${daysText(least)}` : `after ${least} to ${daysText(most)}`;
  return onlyIf === undefined ? days : `${days}, only for ${CONDITION_WORDS[onlyIf]}`;
}

const daysText = (days: number): string => `${days} ${days === 1 ? "day" : "days"}`;
