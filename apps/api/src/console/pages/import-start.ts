/** The text and the senders of a campaign that may be edited, the last look before its start, and its end by hand. */
import { LinkupError } from "@linkup-queue/contracts";
import { accountWhy, type Campaign, estimateView, missingForStart } from "@linkup-queue/queue";
import { actionForm, nameField } from "../frame/actions.ts";
import { budgetForm } from "../frame/budget-form.ts";
import { replyField, textFields } from "../frame/campaign-form.ts";
import type { ConsolePage, PageCall } from "../frame/console-page.ts";
import { counted, type Html, html, moment, numberText } from "../frame/html.ts";
import { inputTexts } from "../frame/input-texts.ts";
import { senderFields } from "../frame/sender-fields.ts";
import { textLink } from "../frame/text-link.ts";
import { stepsBar } from "./import-steps.ts";
import { stepsBody } from "./steps.ts";

export const START_PAGES: readonly ConsolePage[] = [
  { path: "/console/campaigns/{id}/text", title: "Text of a campaign", role: "producer", menu: null, follows: null, render: textPage },
  {
    path: "/console/campaigns/{id}/senders",
    title: "Senders of a campaign",
    role: "producer",
    menu: null,
    follows: null,
    render: sendersPage,
  },
  { path: "/console/campaigns/{id}/start", title: "Check and start", role: "producer", menu: null, follows: null, render: startPage },
  { path: "/console/campaigns/{id}/cancel", title: "Cancel a campaign", role: "producer", menu: null, follows: null, render: cancelPage },
];

async function mustRead({ context, params: { id = "" } }: PageCall): Promise<Campaign> {
  const campaign = await context.engine.campaigns.read(id);
  if (campaign === null) throw new LinkupError("not_found", "There is no such campaign");
  return campaign;
}

async function textPage(call: PageCall): Promise<Html> {
  const campaign = await mustRead(call);
  const { id, state, definition } = campaign;
  const { operation, input, name, stopOnReply, steps } = definition;
  if (steps !== undefined) return stepsBody(campaign, call.viewer, null);
  const mayChange = state === "draft" || state === "paused";
  const allow =
    state === "paused"
      ? html`<label class="tick"><input type="checkbox" name="allowDoubtfulText" value="1"> send all the same what looks like a mistake</label>`
      : null;
  return html`<h1>${name}</h1>${state === "draft" ? stepsBar("Text") : null}
${
  mayChange
    ? actionForm({
        action: "change-text",
        label: "Keep this text",
        fields: { id, operation },
        back: `/console/campaigns/${id}/${state === "draft" ? "list" : ""}`.replace(/\/$/, ""),
        csrf: call.viewer.csrf,
        inside: html`${textFields(operation, input)}${replyField(operation, stopOnReply === true)}${allow}`,
        layout: "stack",
      })
    : html`<p class="problem">It is ${state}: pause it to change its text.</p>`
}
<p><a href="/console/campaigns/${id}">The campaign</a></p>`;
}

async function sendersPage(call: PageCall): Promise<Html> {
  const { id, state, definition, recipients } = await mustRead(call);
  const accounts = await call.reader.accounts();
  const known = new Set(accounts.map((account) => account.id));
  const mayChange = state === "draft" || state === "paused";
  return html`<h1>${definition.name}</h1>
<p>They share ${counted(recipients.unsent, "recipient")} that ${recipients.unsent === 1 ? "was" : "were"} not put into a queue, evenly. Who was put into one stays with the account, and gets nothing a second time.</p>
${definition.accountIds.filter((one) => !known.has(one)).map((one) => html`<p class="problem">There is no account ${one} any more.</p>`)}
${
  mayChange
    ? actionForm({
        action: "change-senders",
        label: "Share what is left among these",
        fields: { id },
        back: `/console/campaigns/${id}`,
        csrf: call.viewer.csrf,
        inside: senderFields(accounts, definition.accountIds),
        layout: "stack",
      })
    : html`<p class="problem">It is ${state}: pause it to change its senders.</p>`
}
<p><a href="/console/campaigns/${id}">The campaign</a></p>`;
}

async function startPage(call: PageCall): Promise<Html> {
  const { context, viewer } = call;
  const campaign = await mustRead(call);
  const { id, state, definition, recipients } = campaign;
  const load = await context.engine.load([campaign]);
  const { estimate, samples, doubts } = await context.engine.preview(campaign, load);
  const { creditsPerRecipient, credits, finishAt, cannotSend, notes } = estimateView(estimate);
  const { csrf } = viewer;
  const here = `/console/campaigns/${id}/start`;
  const prices = (definition.steps ?? [definition]).map(({ operation }) => context.engine.prices[operation]);
  return html`<h1>${definition.name}</h1>${stepsBar("Check and start")}
${missingForStart(campaign, load).map((one) => html`<p class="problem">There is no account ${one}: an admin adds it first.</p>`)}
${doubts.map(({ path, message }) => html`<p class="problem"><b>${path}</b> ${message}</p>`)}
<h2>Price and time</h2>
<dl class="facts"><div><dt>recipients</dt><dd>${numberText(recipients.unsent)}</dd></div><div><dt>credits each</dt><dd>${numberText(creditsPerRecipient)}</dd></div>
<div><dt>credits in all, about</dt><dd>${numberText(credits)}</dd></div><div><dt>ends about</dt><dd>${moment(finishAt, "not known")}</dd></div></dl>
<p class="hint">${prices.map(({ rule, evidence }, at) => html`${definition.steps === undefined ? null : `Step ${at + 1}: `}${rule} (${evidence}). `)}What LinkUp charges for a call that fails comes to it.</p>
${[...notes, ...cannotSend.map(({ accountId, recipients: count, why }) => `${accountId}, ${counted(count, "recipient")}: ${accountWhy(why)}`)].map((note) => html`<p class="remedy">${note}</p>`)}
${budgetForm(definition, { id, back: here, csrf })}
<h2>What ${samples.length === 1 ? "one recipient" : counted(samples.length, "recipient")} will get</h2>
${samples.length === 0 ? html`<p>There is nobody in the list yet. <a href="/console/campaigns/${id}/list">Add a list</a></p>` : null}
<ul class="rows">${samples.map(({ recipientId, input, steps }) => html`<li><b>${recipientId}</b>${steps === undefined ? textsBlock(input) : steps.map((step, at) => html`<p>Step ${at + 1}, ${step.operation}</p>${textsBlock(step.input)}`)}</li>`)}</ul>
${samples.length < recipients.unsent ? html`<p><a class="button" href="${here}">Show others</a></p>` : null}
${
  state === "draft"
    ? html`<h2>Start</h2>${actionForm({
        action: "start-campaign",
        label: "Start",
        fields: { id },
        back: `/console/campaigns/${id}`,
        csrf,
        layout: "stack",
        inside: html`<label for="first">Only the first so many of the list, then it pauses until you resume it (empty: all)</label>
<input id="first" name="first" type="number" min="1" max="1000000000" value="${recipients.unsent > 10 ? 10 : ""}">
${doubts.length === 0 ? null : html`<label class="tick"><input type="checkbox" name="allowDoubtfulText" value="1"> send all the same what looks like a mistake</label>`}`,
      })}`
    : html`<p>It is ${state}.</p>`
}
<p><a href="/console/campaigns/${id}/list">The list</a> ${textLink(campaign)}</p>`;
}

function textsBlock(input: Readonly<Record<string, unknown>>): Html {
  return html`${inputTexts(input).map((text) => html`<blockquote>${text}</blockquote>`)}`;
}

async function cancelPage(call: PageCall): Promise<Html> {
  const { id, recipients, definition } = await mustRead(call);
  const { name } = definition;
  const form = { fields: { id, name }, back: `/console/campaigns/${id}`, csrf: call.viewer.csrf, inside: nameField(name) };
  return html`<h1>Cancel ${name}?</h1>
<p>${counted(recipients.unsent, "recipient")} that ${recipients.unsent === 1 ? "is" : "are"} left will never be sent to. It can't be taken back.</p>
${actionForm({ action: "cancel-campaign", label: `Cancel ${name}`, kind: "danger", layout: "stack", ...form })}
<p><a href="/console/campaigns/${id}">Keep it</a></p>`;
}
