/** The recipients of a campaign: by their state and by words, each with the text as it is filled, its sender and what came of it. */
import { LinkupError, OPERATIONS, type Operation } from "@linkup-queue/contracts";
import { type Campaign, type ListedRecipient, RECIPIENT_STATES, RecipientPlace, renderInput } from "@linkup-queue/queue";
import { z } from "zod";
import type { ApiContext } from "../../http/api-context.ts";
import { fromCursor, toCursor } from "../../http/page.ts";
import { actionForm } from "../frame/actions.ts";
import type { ConsolePage, PageCall, Viewer } from "../frame/console-page.ts";
import { counted, type Html, html, moment } from "../frame/html.ts";
import { outcomeText } from "../frame/outcome-words.ts";
import { personIn, personLink } from "../frame/person-link.ts";
import { stateBadge } from "../frame/words.ts";
import { jobPath } from "./job-rows.ts";

const SHOWN = 50;
/** A person waits so long for a page, ms. */
const LOOK_MS = 1_500;
const AT_ONCE = 200;

type State = (typeof RECIPIENT_STATES)[number];
const WORDS = { unsent: "left", queued: "queued" } as const;
const wordOf = (state: State): string => (state === "unsent" || state === "queued" ? WORDS[state] : state);

/** Where to look on: in the list of a state, behind a place. */
const Place = z.strictObject({ state: z.enum(RECIPIENT_STATES), after: RecipientPlace.nullable() });
type Place = z.infer<typeof Place>;

export const RECIPIENTS_PAGE: ConsolePage = {
  path: "/console/campaigns/{id}/recipients",
  title: "Recipients of a campaign",
  role: "viewer",
  menu: null,
  follows: null,
  render: async ({ context, viewer, params: { id = "" }, query, here }) => {
    const campaign = await context.engine.campaigns.read(id);
    if (campaign === null) throw new LinkupError("not_found", "There is no such campaign");
    const { found, next } = await look(context, campaign, query);
    const { state = "", find = "" } = query;
    const more =
      next === null ? null : `/console/campaigns/${id}/recipients?${new URLSearchParams({ state, find, cursor: toCursor(next) })}`;
    const none = next === null ? "There is none." : "None among those that were looked at.";
    return html`<h1>Recipients of ${campaign.definition.name}</h1>
${filterForm(id, query)}
${found.length === 0 ? html`<p>${none}</p>` : recipientTable(found, { campaign, viewer, here })}
${more === null ? null : html`<p><a href="${more}">Go on</a></p>`}
<p><a class="button" href="/console/campaigns/${id}/results.csv">Download CSV</a> <a href="/console/campaigns/${id}">The campaign</a></p>
<p class="hint">The table to download has all of them, with the columns of the list, those never sent to as well. A job that did another one again is a row of its own. Texts are filled as the campaign's text is now${
      campaign.revision > 1 ? "; it was edited, so those who were sent to before may have got another one" : ""
    }.</p>`;
  },
};

/** Lists state by state, until a page is full, all is seen, or it takes too long. `next`: where to look on; null at the end. */
async function look(
  { engine }: ApiContext,
  campaign: Campaign,
  query: PageCall["query"],
): Promise<{ found: ListedRecipient[]; next: Place | null }> {
  const only = RECIPIENT_STATES.find((state) => state === query["state"]);
  const states: readonly State[] = only === undefined ? RECIPIENT_STATES : [only];
  const words = (query["find"] ?? "").trim().toLowerCase();
  const begin = fromCursor(query["cursor"], Place);
  const startedMs = performance.now();
  const found: ListedRecipient[] = [];
  let at = Math.max(0, begin === undefined ? 0 : states.indexOf(begin.state));
  let after = begin?.after ?? null;
  for (let state = states[at]; state !== undefined; state = states[at]) {
    // Recipients without the words are passed over: so many more are looked at in one step.
    const limit = words === "" ? SHOWN - found.length : AT_ONCE;
    const page = await engine.recipients(campaign, { state, after: after ?? undefined, limit });
    for (const one of page.items) if (holds(one, words)) found.push(one);
    after = page.next;
    if (after === null) at += 1;
    const on = states[at];
    if (on === undefined) return { found, next: null };
    if (found.length >= SHOWN || performance.now() - startedMs > LOOK_MS) return { found, next: { state: on, after } };
  }
  return { found, next: null };
}

function holds({ recipientId, fields }: ListedRecipient, words: string): boolean {
  return words === "" || [recipientId ?? "", ...Object.values(fields ?? {})].some((text) => text.toLowerCase().includes(words));
}

function filterForm(id: string, { state = "", find = "" }: PageCall["query"]): Html {
  return html`<form method="get" action="/console/campaigns/${id}/recipients" class="filter">
<label for="state">state</label> <select id="state" name="state"><option value="">all</option>${RECIPIENT_STATES.map(
    (one) => html`<option value="${one}"${one === state ? html` selected` : null}>${wordOf(one)}</option>`,
  )}</select>
<label for="find">a field or the recipientId holds</label> <input id="find" name="find" value="${find}" maxlength="200"> <button class="plain">Show</button></form>`;
}

type Of = { campaign: Campaign; viewer: Viewer; here: string };

function recipientTable(recipients: readonly ListedRecipient[], of: Of): Html {
  return html`<p>${counted(recipients.length, "recipient")} on this page.</p>
<table class="cards"><thead><tr><th scope="col">recipient</th><th scope="col">outcome</th><th scope="col">text</th><th scope="col">sender</th><th scope="col">time</th><th scope="col">job</th></tr></thead><tbody>
${recipients.map((one) => recipientRow(one, of))}</tbody></table>`;
}

function recipientRow(one: ListedRecipient, of: Of): Html {
  const { recipientId, state, accountId, jobId, outcome } = one;
  const { definition } = of.campaign;
  // Of a sequence the step that their latest outcome is of; before any, the first.
  const { operation, input } = definition.steps?.[(outcome?.step ?? 1) - 1] ?? definition;
  const { queue } = OPERATIONS[operation] as Operation;
  const rendered = one.fields === null ? null : renderInput(operation, input, one.fields);
  const person = (rendered?.ok === true ? personIn(rendered.input) : null) ?? recipientId;
  return html`<tr><th scope="row">${person === null ? "erased" : personLink(person, { csrf: of.viewer.csrf, label: recipientId ?? person })}</th>
<td data-label="outcome"><span>${outcome === null ? stateBadge(wordOf(state), state === "queued" ? "wait" : "calm") : outcomeText(outcome)}${removeForm(one, of)}</span></td>
<td data-label="text"><span>${rendered === null ? "not kept" : filledText(rendered)}</span></td>
<td data-label="sender">${accountId === null ? "none" : html`<a href="/console/accounts/${accountId}">${accountId}</a>`}</td>
<td data-label="time">${moment(outcome?.finishedAt ?? null, "not yet")}</td>
<td data-label="job">${jobId === null ? "none yet" : html`<a href="${jobPath({ queue, jobId })}">${jobId}</a>`}</td></tr>`;
}

/** The texts of an input; its address is told beside. */
function filledText(rendered: ReturnType<typeof renderInput>): Html {
  if (!rendered.ok)
    return html`${stateBadge("can't be filled", "bad")} ${rendered.issues.map(({ path, message }) => `${path} ${message}`).join("; ")}`;
  const texts = Object.entries(rendered.input).filter(([, value]) => typeof value === "string" && personIn({ value }) === null);
  return html`${texts.map(([name, value]) => html`<span title="${name}">${String(value)}</span> `)}`;
}

/** Before anything was sent, and while something may be. */
function removeForm({ recipientId, state }: ListedRecipient, { campaign, viewer, here }: Of): Html | null {
  const isOver = campaign.state === "ended" || campaign.state === "cancelled";
  if (recipientId === null || isOver || (state !== "unsent" && state !== "queued") || !viewer.may("remove-recipient")) return null;
  const inside = html`<label class="tick"><input type="checkbox" required> never send to them</label>`;
  return actionForm({
    action: "remove-recipient",
    label: "Remove",
    fields: { id: campaign.id, recipientId },
    back: here,
    csrf: viewer.csrf,
    inside,
  });
}
