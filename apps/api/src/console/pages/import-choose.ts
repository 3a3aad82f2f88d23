/**
 * The first three steps: the operation, the senders, the text. The first two are kept in the address; the third makes the draft, which keeps
 * all that follows. A draft sends nothing.
 */
import { randomUUID } from "node:crypto";
import { AccountId, LinkupError, OPERATION_NAMES, OPERATIONS, type Operation, OperationName } from "@linkup-queue/contracts";
import { toLinkupError } from "../../http/api-error.ts";
import { HTTP_STATUS } from "../../http/http-status.ts";
import { actionForm } from "../frame/actions.ts";
import { replyBox, replyField, textFields } from "../frame/campaign-form.ts";
import type { ConsolePage, PageCall, Viewer } from "../frame/console-page.ts";
import { counted, type Html, html } from "../frame/html.ts";
import { senderFields } from "../frame/sender-fields.ts";
import { sentStep } from "../frame/step-form.ts";
import { problemBlock } from "../frame/step-trouble.ts";
import { stepsBar } from "./import-steps.ts";

const PATH = "/console/campaigns/~new";
const DEFAULT: OperationName = "message.send";

export const SEQUENCE_PAGE: ConsolePage = {
  path: `${PATH}/text`,
  title: "New campaign: text",
  role: "producer",
  menu: null,
  follows: null,
  render: textStep,
};
export const CHOOSE_PAGES: readonly ConsolePage[] = [
  { path: PATH, title: "New campaign: operation", role: "producer", menu: null, follows: null, render: operationStep },
  { path: `${PATH}/senders`, title: "New campaign: senders", role: "producer", menu: null, follows: null, render: sendersStep },
  SEQUENCE_PAGE,
];

/** Operations that are done to somebody: a list of recipients is for no others. */
export const FOR_PEOPLE = OPERATION_NAMES.filter((name) => "linkedin_url" in OPERATIONS[name].least || OPERATIONS[name].kind === "write");

/** The operations for people, as the options of a form. */
export function operationOptions(chosen: string): Html {
  return html`${FOR_PEOPLE.map((one) => {
    const { summary }: Operation = OPERATIONS[one];
    return html`<option value="${one}"${one === chosen ? html` selected` : null}>${summary} (${one})</option>`;
  })}`;
}

async function operationStep({ query: { name = "", operation = DEFAULT, sequence = "" } }: PageCall): Promise<Html> {
  return html`<h1>New campaign</h1>${stepsBar("Operation")}
<form method="get" action="${PATH}/senders" class="stack">
<label for="name">Name, for you and your colleagues</label>
<input id="name" name="name" value="${name}" required maxlength="200">
<label for="operation">What is done to each recipient</label>
<select id="operation" name="operation">${operationOptions(operation)}</select>
<label class="tick"><input type="checkbox" name="sequence" value="1"${sequence === "" ? null : html` checked`}> more steps follow for each of them, days later: a sequence</label>
<button>Go on to senders</button></form>`;
}

/** `sequence`: more steps follow. */
type Chosen = { name: string; operation: OperationName; sequence?: "1" };

/** The choices of the first step, from the address. Throws `invalid_input`. */
function chosen({ name = "", operation = "", sequence = "" }: PageCall["query"]): Chosen {
  const known = OperationName.safeParse(operation);
  if (name.trim() === "" || !known.success) throw new LinkupError("invalid_input", "Begin with the campaign's name and operation");
  return { name: name.trim(), operation: known.data, ...(sequence === "" ? {} : { sequence: "1" }) };
}

async function sendersStep({ reader, query }: PageCall): Promise<Html> {
  const choices = chosen(query);
  const { name } = choices;
  const ticked = sendersIn(query);
  const accounts = await reader.accounts();
  return html`<h1>${name}</h1>${stepsBar("Senders")}
<p>They share the recipients evenly. One that is away keeps its share until it is back.</p>
${
  accounts.length === 0
    ? html`<p class="problem">No account is registered: an admin adds one first.</p>`
    : html`<form method="get" action="${PATH}/text">${Object.entries(choices).map(([member, value]) => html`<input type="hidden" name="${member}" value="${value}">`)}
${senderFields(accounts, ticked)}
<button>Go on to the text</button></form>`
}
<p><a href="${PATH}?${new URLSearchParams(choices)}">Back to the operation</a></p>`;
}

function sendersIn({ sender = "" }: PageCall["query"]): string[] {
  return sender.split(",").filter((id) => AccountId.safeParse(id).success);
}

async function textStep({ query, viewer }: PageCall): Promise<Html> {
  return textBody(query, viewer, null);
}

/** The page again, with what was sent of a sequence's first step, for an error that can be mended there; throws every other. */
export function sequenceRefused(thrown: unknown, fields: PageCall["query"], viewer: Viewer): { status: number; body: Html } {
  const error = toLinkupError(thrown);
  if (error.code !== "invalid_input") throw thrown;
  return { status: HTTP_STATUS[error.code], body: textBody({ ...fields, sequence: "1" }, viewer, error) };
}

function textBody(query: PageCall["query"], viewer: Viewer, error: LinkupError | null): Html {
  const choices = chosen(query);
  const { name, operation } = choices;
  const senders = sendersIn(query);
  const toSenders = `${PATH}/senders?${new URLSearchParams({ ...choices, sender: senders.join() })}`;
  if (senders.length === 0) {
    return html`<h1>${name}</h1>${stepsBar("Senders")}<p class="problem" role="alert">Choose at least one sender.</p><p><a href="${toSenders}">Back to the senders</a></p>`;
  }
  // The same page sent twice makes one campaign.
  const id = query["id"] ?? `camp-${randomUUID()}`;
  const form = { fields: { id, name, operation, sender: senders.join() }, csrf: viewer.csrf, layout: "stack" } as const;
  return html`<h1>${name}</h1>${stepsBar("Text")}
<p>${counted(senders.length, "sender")}, ${OPERATIONS[operation].summary.toLowerCase()}. In a text <code>{{first_name}}</code> is taken from the list's column of this name,
and <code>{{first_name|there}}</code> is "there" for whom it is empty.</p>
${error === null ? null : problemBlock(error, 0)}
${
  choices.sequence === undefined
    ? actionForm({
        action: "make-campaign",
        label: "Make the draft, go on to the list",
        back: `/console/campaigns/${id}/list`,
        inside: html`${textFields(operation)}${replyField(operation, false)}`,
        ...form,
      })
    : html`<h2>Step 1: ${OPERATIONS[operation].summary}</h2>${actionForm({
        action: "make-sequence",
        label: "Make the draft, go on to the next step",
        back: `/console/campaigns/${id}/steps`,
        inside: html`${textFields(operation, error === null ? undefined : sentStep(query).input)}${replyBox(error === null || query["stopOnReply"] === "1")}`,
        ...form,
      })}`
}
<p class="hint">A draft sends nothing.</p>
<p><a href="${toSenders}">Back to the senders</a></p>`;
}
