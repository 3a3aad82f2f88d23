/** Campaigns: all of them, and one. */
import { LinkupError, OUTCOME_STATUSES } from "@linkup-queue/contracts";
import { campaignView, campaignWhy } from "@linkup-queue/queue";
import { actionForm } from "../frame/actions.ts";
import { budgetForm } from "../frame/budget-form.ts";
import type { ConsolePage, PageCall } from "../frame/console-page.ts";
import { type Html, html, moment, numberText } from "../frame/html.ts";
import { codeText } from "../frame/outcome-words.ts";
import { pastStates } from "../frame/past-states.ts";
import { waitWords } from "../frame/step-form.ts";
import { campaignState } from "../frame/words.ts";
import { bulkPath } from "./bulk.ts";
import { CAMPAIGN_FILE, listCampaigns } from "./campaign-list.ts";
import { campaignSettings, campaignText } from "./campaign-settings.ts";

export const CAMPAIGN_PAGES: readonly ConsolePage[] = [
  {
    path: "/console/campaigns",
    title: "Campaigns",
    role: "viewer",
    menu: "Campaigns",
    follows: "reload",
    render: listCampaigns,
    table: CAMPAIGN_FILE,
  },
  { path: "/console/campaigns/{id}", title: "Campaign", role: "viewer", menu: null, follows: "reload", render: one },
];

async function one({ context, viewer, params: { id = "" }, here }: PageCall): Promise<Html> {
  const campaign = await context.engine.campaigns.read(id);
  if (campaign === null) throw new LinkupError("not_found", "There is no such campaign");
  const view = campaignView(campaign, await context.engine.load([campaign]));
  const { state, why, stalled, stalledWhy, recipients, credits, estimate, byStatus, byCode, byAccount } = view;
  const { csrf } = viewer;
  const form = { fields: { id }, back: here, csrf };
  const toRecipients = (of: string, count: number) =>
    count === 0 ? html`0` : html`<a href="/console/campaigns/${id}/recipients?state=${of}">${numberText(count)}</a>`;
  return html`<h1>${view.name}</h1>
<p>${campaignState(state, stalled)} ${campaignWhy(stalled ? stalledWhy : why)}</p>
<div class="buttons">
${state === "running" && viewer.may("pause-campaign") ? actionForm({ action: "pause-campaign", label: "Pause", ...form }) : null}
${state === "paused" && viewer.may("resume-campaign") ? actionForm({ action: "resume-campaign", label: "Resume", ...form }) : null}
${state === "draft" && viewer.may("start-campaign") ? html`<a class="button" href="/console/campaigns/${id}/start">Check and start</a>` : null}
${state !== "ended" && state !== "cancelled" && viewer.may("add-recipients") ? html`<a class="button" href="/console/campaigns/${id}/list">List</a>` : null}
${view.steps === null && (state === "draft" || state === "paused") && viewer.may("change-text") ? html`<a class="button" href="/console/campaigns/${id}/text">Text</a>` : null}
${view.steps !== null && (state === "draft" || state === "paused") && viewer.may("change-steps") ? html`<a class="button" href="/console/campaigns/${id}/steps">Steps</a>` : null}
${(state === "draft" || state === "paused") && viewer.may("change-senders") ? html`<a class="button" href="/console/campaigns/${id}/senders">Senders</a>` : null}
<a class="button" href="/console/campaigns/${id}/recipients">Recipients</a>
<a class="button" href="/console/campaigns/${id}/results.csv">Download CSV</a>
${state !== "running" && state !== "scheduled" && state !== "paused" && viewer.may("delete-campaign") ? html`<a class="button" href="/console/campaigns/${id}/delete">Delete</a>` : null}
${state !== "ended" && state !== "cancelled" && viewer.may("cancel-campaign") ? html`<a class="button" href="/console/campaigns/${id}/cancel">Cancel</a>` : null}</div>
<progress aria-label="${recipients.ended} of ${recipients.accepted} recipients have their outcome" max="${Math.max(1, recipients.accepted)}" value="${recipients.ended}"></progress>
<dl class="facts">
${OUTCOME_STATUSES.map((status) => html`<div><dt>${status}</dt><dd>${toRecipients(status, byStatus[status] ?? 0)}</dd></div>`)}
<div><dt>queued</dt><dd>${toRecipients("queued", recipients.queued)}</dd></div><div><dt>left</dt><dd>${toRecipients("unsent", recipients.unsent)}</dd></div>
<div><dt>rate</dt><dd>${view.ratePerMinute} a minute</dd></div><div><dt>ends about</dt><dd>${moment(estimate.finishAt, "not known")}</dd></div>
<div><dt>credits</dt><dd>${numberText(credits.charged)}${view.maxCredits === null ? null : html` of ${numberText(view.maxCredits)}`}</dd></div></dl>
${estimate.notes.map((note) => html`<p class="remedy">${note}</p>`)}
${view.doubts.map(({ path, message }) => html`<p class="remedy">${path} ${message}</p>`)}
${(state === "draft" || state === "paused") && viewer.may("set-budget") ? budgetForm(campaign.definition, { id, back: here, csrf }) : null}
${
  view.steps === null
    ? null
    : html`<h2>Steps</h2>
<table class="cards"><thead><tr><th scope="col">step</th><th scope="col">waiting</th>${OUTCOME_STATUSES.map((status) => html`<th scope="col">${status}</th>`)}</tr></thead><tbody>
${view.steps.map(
  (
    step,
    at,
  ) => html`<tr><th scope="row">${at + 1} ${step.operation} <span class="why">${waitWords(step, at)}</span></th><td data-label="waiting">${numberText(step.waiting)}</td>
${OUTCOME_STATUSES.map((status) => html`<td data-label="${status}">${numberText(step.byStatus[status] ?? 0)}</td>`)}</tr>`,
)}</tbody></table>`
}
<h2>Senders</h2>
<table class="cards"><thead><tr><th scope="col">account</th><th scope="col">left</th>${OUTCOME_STATUSES.map((status) => html`<th scope="col">${status}</th>`)}</tr></thead><tbody>
${byAccount.map(
  (
    sender,
  ) => html`<tr><th scope="row"><a href="/console/accounts/${sender.accountId}">${sender.accountId}</a></th><td data-label="left">${numberText(sender.unsent)}</td>
${OUTCOME_STATUSES.map((status) => html`<td data-label="${status}">${numberText(sender.byStatus[status] ?? 0)}</td>`)}</tr>`,
)}</tbody></table>
${
  Object.keys(byCode).length === 0
    ? null
    : html`<h2>Why some did not succeed</h2><ul class="rows">${Object.entries(byCode).map(([code, count]) => html`<li>${codeText(code)}: ${numberText(count)}${viewer.may("redrive-jobs") ? html` <a class="button" href="${bulkPath("redrive-jobs", { campaign: id, code })}">Do them again</a>` : null}</li>`)}</ul>`
}
${campaignText(campaign)}
${campaignSettings(view, context.settings.contactGapDays)}
<h2>Times</h2>
<dl class="facts"><div><dt>made</dt><dd>${moment(view.createdAt)}</dd></div><div><dt>started</dt><dd>${moment(view.startedAt, "not yet")}</dd></div>
<div><dt>ended</dt><dd>${moment(view.endedAt, "not yet")}</dd></div></dl>
${pastStates(await context.engine.pastStates({ campaignId: id }), campaignWhy)}`;
}
