/** The steps of a sequence: what each does, for whom and when; added, ordered, edited and taken out, one at a time, each kept at once. */
import { LinkupError, MOST_STEPS, OPERATIONS, type Operation, OperationName } from "@linkup-queue/contracts";
import { type Campaign, type CampaignStep, campaignTextDoubts } from "@linkup-queue/queue";
import type { ApiContext } from "../../http/api-context.ts";
import { toLinkupError } from "../../http/api-error.ts";
import { HTTP_STATUS } from "../../http/http-status.ts";
import { actionForm } from "../frame/actions.ts";
import { replyBox } from "../frame/campaign-form.ts";
import type { ConsolePage, PageCall, Viewer } from "../frame/console-page.ts";
import { type Html, html } from "../frame/html.ts";
import { inputTexts } from "../frame/input-texts.ts";
import { givenStep, sentStep, stepFields, waitWords } from "../frame/step-form.ts";
import { ownPath, problemBlock } from "../frame/step-trouble.ts";
import { FOR_PEOPLE, operationOptions } from "./import-choose.ts";
import { stepsBar } from "./import-steps.ts";

type Form = Readonly<Record<string, string>>;
type Trouble = { error: LinkupError; at: number } | null;

export const STEPS_PAGE: ConsolePage = {
  path: "/console/campaigns/{id}/steps",
  title: "Steps of a campaign",
  role: "producer",
  menu: null,
  follows: null,
  render: async (call) => stepsBody(await mustBeSequence(call.context, call.params["id"]), call.viewer, null),
};
export const STEPS_PAGES: readonly ConsolePage[] = [
  STEPS_PAGE,
  {
    path: "/console/campaigns/{id}/steps/{step}",
    title: "Step of a campaign",
    role: "producer",
    menu: null,
    follows: null,
    render: onePage,
  },
];

/** The page of a campaign's steps. */
export const stepsPath = (id: string): string => `/console/campaigns/${id}/steps`;

/** Throws `not_found`. */
export async function mustBeSequence({ engine }: ApiContext, id = ""): Promise<Campaign> {
  const campaign = await engine.campaigns.read(id);
  if (campaign?.definition.steps === undefined) throw new LinkupError("not_found", "There is no such campaign, or it has no steps");
  return campaign;
}

const mayChange = ({ state }: Campaign) => state === "draft" || state === "paused";
const stepsOf = ({ definition }: Campaign): readonly CampaignStep[] => definition.steps ?? [];

/** The page again, with what was sent beside its step, for an error that can be mended there; throws every other. */
export function stepRefused(thrown: unknown, of: { campaign: Campaign; fields: Form; viewer: Viewer }): { status: number; body: Html } {
  const { campaign, fields, viewer } = of;
  const error = toLinkupError(thrown);
  if (error.code !== "invalid_input" && error.code !== "doubtful_text") throw thrown;
  const isForm = fields["change"] === "add" || fields["change"] === "edit";
  const at = fields["change"] === "add" ? stepsOf(campaign).length : Number(fields["at"] ?? "0");
  const operation = OperationName.safeParse(fields["operation"]);
  const body =
    isForm && operation.success
      ? formBody(campaign, { at, operation: operation.data, given: sentStep(fields), viewer, error })
      : stepsBody(campaign, viewer, { error, at });
  return { status: HTTP_STATUS[error.code], body };
}

/** All steps, each with its buttons. */
export function stepsBody(campaign: Campaign, viewer: Viewer, trouble: Trouble): Html {
  const { id, state, definition } = campaign;
  const steps = stepsOf(campaign);
  const isDraft = state === "draft";
  return html`<h1>${definition.name}</h1>${isDraft ? stepsBar("Text") : null}
<p>Each person comes to each step once, by the account that did the first. Whoever refuses, answers or is not to be contacted any more is at their end.</p>
${mayChange(campaign) ? null : html`<p class="problem">It is ${state}: pause it to change its steps.</p>`}
<ol class="rows" aria-label="Steps of the sequence">${steps.map((step, at) => stepRow(campaign, { step, at, viewer, trouble }))}</ol>
${mayChange(campaign) ? addForm(campaign) : null}
${
  mayChange(campaign) && viewer.may("change-reply")
    ? html`<h2>Who answers</h2>${actionForm({
        action: "change-reply",
        label: "Keep this",
        fields: { id },
        back: stepsPath(id),
        csrf: viewer.csrf,
        inside: replyBox(definition.stopOnReply === true),
      })}`
    : null
}
<p>${isDraft ? html`<a class="button" href="/console/campaigns/${id}/list">Go on to the list</a> ` : null}<a href="/console/campaigns/${id}">The campaign</a></p>`;
}

type RowParts = { step: CampaignStep; at: number; viewer: Viewer; trouble: Trouble };

function stepRow(campaign: Campaign, { step, at, viewer, trouble }: RowParts): Html {
  const { summary }: Operation = OPERATIONS[step.operation];
  const wait = waitWords(step, at);
  const doubts = campaignTextDoubts(campaign.definition).filter(({ path }) => path.startsWith(`steps.${at}.`));
  return html`<li id="step-${at + 1}"><div><b>Step ${at + 1}: ${summary}</b> (${step.operation})</div>
${wait === "" ? null : html`<p>${wait}</p>`}
${inputTexts(step.input).map((text) => html`<blockquote>${text}</blockquote>`)}
${doubts.map(({ path, message }) => html`<p class="problem"><b>${ownPath(path, at)}</b> ${message}</p>`)}
${trouble?.at === at ? problemBlock(trouble.error, at) : null}
<div class="buttons">${mayChange(campaign) && viewer.may("change-steps") ? stepButtons(campaign, at, viewer) : null}</div></li>`;
}

/** A campaign that was started keeps its steps and their order. */
function stepButtons(campaign: Campaign, at: number, { csrf }: Viewer): Html {
  const { id, state, revision } = campaign;
  const last = stepsOf(campaign).length - 1;
  const button = (change: string, label: string) =>
    actionForm({
      action: "change-steps",
      label: `${label} ${at + 1}`,
      fields: { id, revision: String(revision), change, at: String(at) },
      back: stepsPath(id),
      csrf,
    });
  return html`<a class="button" href="${stepsPath(id)}/${at + 1}">Edit step ${at + 1}</a>
${state === "draft" && at > 0 ? button("earlier", "Earlier: step") : null}
${state === "draft" && at < last ? button("later", "Later: step") : null}
${state === "draft" && last > 0 ? button("remove", "Remove step") : null}`;
}

function addForm(campaign: Campaign): Html {
  const steps = stepsOf(campaign);
  if (steps.length >= MOST_STEPS) return html`<p class="hint">These are as many as a sequence may have.</p>`;
  return html`<h2>Add a step</h2><form method="get" action="${stepsPath(campaign.id)}/${steps.length + 1}" class="filter">
<label for="operation">operation</label> <select id="operation" name="operation">${operationOptions("message.send")}</select> <button class="plain">Write it</button></form>`;
}

async function onePage({ context, viewer, params, query }: PageCall): Promise<Html> {
  const campaign = await mustBeSequence(context, params["id"]);
  const steps = stepsOf(campaign);
  const at = Number(params["step"]) - 1;
  const step = steps[at];
  const asked = FOR_PEOPLE.find((name) => name === query["operation"]);
  const operation = (campaign.state === "draft" || step === undefined ? asked : undefined) ?? step?.operation;
  const isThere = Number.isInteger(at) && at >= 0 && at <= Math.min(steps.length, MOST_STEPS - 1);
  if (!isThere || operation === undefined) throw new LinkupError("not_found", "There is no such step");
  const { input, ...rest } = givenStep(step);
  const given = step?.operation === operation && input !== undefined ? { ...rest, input } : rest;
  return formBody(campaign, { at, operation, given, viewer, error: null });
}

type FormParts = {
  at: number;
  operation: OperationName;
  given: ReturnType<typeof sentStep>;
  viewer: Viewer;
  error: LinkupError | null;
};

/** The form of one step, which is there already or follows all others. */
function formBody(campaign: Campaign, { at, operation, given, viewer, error }: FormParts): Html {
  const { id, name, state, revision } = { ...campaign, name: campaign.definition.name };
  const isNew = at >= stepsOf(campaign).length;
  const change = isNew ? "add" : "edit";
  const allow =
    state === "paused"
      ? html`<label class="tick"><input type="checkbox" name="allowDoubtfulText" value="1"> send all the same what looks like a mistake</label>`
      : null;
  return html`<h1>${name}</h1>${state === "draft" ? stepsBar("Text") : null}
<h2>Step ${at + 1}: ${OPERATIONS[operation].summary}</h2>
<p class="hint">In a text <code>{{first_name}}</code> is taken from the list's column of this name, and <code>{{first_name|there}}</code> is "there" for whom it is empty.</p>
${error === null ? null : problemBlock(error, at)}
${
  mayChange(campaign)
    ? actionForm({
        action: "change-steps",
        label: isNew ? "Add this step" : "Keep this step",
        fields: { id, revision: String(revision), change, at: String(at), operation },
        back: `${stepsPath(id)}#step-${at + 1}`,
        csrf: viewer.csrf,
        inside: html`${stepFields(operation, { at, given })}${allow}`,
        layout: "stack",
      })
    : html`<p class="problem">It is ${state}: pause it to change its steps.</p>`
}
${
  state === "draft" && !isNew
    ? html`<form method="get" action="${stepsPath(id)}/${at + 1}" class="filter"><label for="operation">do something else instead</label> <select id="operation" name="operation">${operationOptions(operation)}</select> <button class="plain">Write it anew</button></form>`
    : null
}
<p><a href="${stepsPath(id)}">All steps</a></p>`;
}
