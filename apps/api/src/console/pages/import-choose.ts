/**
 * The first three steps: the operation, the senders, the text. The first two are kept in the address; the third makes the draft, which keeps
 * all that follows. A draft sends nothing.
 */
import { randomUUID } from "node:crypto";
import { AccountId, LinkupError, OPERATION_NAMES, OPERATIONS, type Operation, OperationName } from "@linkup-queue/contracts";
import { actionForm } from "../frame/actions.ts";
import { replyField, textFields } from "../frame/campaign-form.ts";
import type { ConsolePage, PageCall } from "../frame/console-page.ts";
import { counted, type Html, html } from "../frame/html.ts";
import { senderFields } from "../frame/sender-fields.ts";
import { stepsBar } from "./import-steps.ts";

const PATH = "/console/campaigns/~new";
const DEFAULT: OperationName = "message.send";

export const CHOOSE_PAGES: readonly ConsolePage[] = [
  { path: PATH, title: "New campaign: operation", role: "producer", menu: null, follows: null, render: operationStep },
  { path: `${PATH}/senders`, title: "New campaign: senders", role: "producer", menu: null, follows: null, render: sendersStep },
  { path: `${PATH}/text`, title: "New campaign: text", role: "producer", menu: null, follows: null, render: textStep },
];

/** Operations that are done to somebody: a list of recipients is for no others. */
const FOR_PEOPLE = OPERATION_NAMES.filter((name) => "linkedin_url" in OPERATIONS[name].least || OPERATIONS[name].kind === "write");

async function operationStep({ query: { name = "", operation = DEFAULT } }: PageCall): Promise<Html> {
  return html`<h1>New campaign</h1>${stepsBar("Operation")}
<form method="get" action="${PATH}/senders" class="stack">
<label for="name">Name, for you and your colleagues</label>
<input id="name" name="name" value="${name}" required maxlength="200">
<label for="operation">What is done to each recipient</label>
<select id="operation" name="operation">${FOR_PEOPLE.map((one) => {
    const { summary }: Operation = OPERATIONS[one];
    return html`<option value="${one}"${one === operation ? html` selected` : null}>${summary} (${one})</option>`;
  })}</select>
<button>Go on to senders</button></form>`;
}

/** The choices of the first step, from the address. Throws `invalid_input`. */
function chosen({ name = "", operation = "" }: PageCall["query"]): { name: string; operation: OperationName } {
  const known = OperationName.safeParse(operation);
  if (name.trim() === "" || !known.success) throw new LinkupError("invalid_input", "Begin with the campaign's name and operation");
  return { name: name.trim(), operation: known.data };
}

async function sendersStep({ reader, query }: PageCall): Promise<Html> {
  const { name, operation } = chosen(query);
  const ticked = sendersIn(query);
  const accounts = await reader.accounts();
  return html`<h1>${name}</h1>${stepsBar("Senders")}
<p>They share the recipients evenly. One that is away keeps its share until it is back.</p>
${
  accounts.length === 0
    ? html`<p class="problem">No account is registered: an admin adds one first.</p>`
    : html`<form method="get" action="${PATH}/text"><input type="hidden" name="name" value="${name}"><input type="hidden" name="operation" value="${operation}">
${senderFields(accounts, ticked)}
<button>Go on to the text</button></form>`
}
<p><a href="${PATH}?${new URLSearchParams({ name, operation })}">Back to the operation</a></p>`;
}

function sendersIn({ sender = "" }: PageCall["query"]): string[] {
  return sender.split(",").filter((id) => AccountId.safeParse(id).success);
}

async function textStep({ query, viewer }: PageCall): Promise<Html> {
  const { name, operation } = chosen(query);
  const senders = sendersIn(query);
  const toSenders = `${PATH}/senders?${new URLSearchParams({ name, operation, sender: senders.join() })}`;
  if (senders.length === 0) {
    return html`<h1>${name}</h1>${stepsBar("Senders")}<p class="problem" role="alert">Choose at least one sender.</p><p><a href="${toSenders}">Back to the senders</a></p>`;
  }
  // The same page sent twice makes one campaign.
  const id = `camp-${randomUUID()}`;
  return html`<h1>${name}</h1>${stepsBar("Text")}
<p>${counted(senders.length, "sender")}, ${OPERATIONS[operation].summary.toLowerCase()}. In a text <code>{{first_name}}</code> is taken from the list's column of this name,
and <code>{{first_name|there}}</code> is "there" for whom it is empty.</p>
${actionForm({
  action: "make-campaign",
  label: "Make the draft, go on to the list",
  fields: { id, name, operation, sender: senders.join() },
  back: `/console/campaigns/${id}/list`,
  csrf: viewer.csrf,
  inside: html`${textFields(operation)}${replyField(operation, false)}`,
  layout: "stack",
})}
<p class="hint">A draft sends nothing.</p>
<p><a href="${toSenders}">Back to the senders</a></p>`;
}
