/** The dead letters of one webhook: what each would be posted with, why it died, and the button that posts that one again. */
import { LinkupError } from "@linkup-queue/contracts";
import { type DeadLetter, DeadLetterPlace, deliveryWords, WebhookId } from "@linkup-queue/queue";
import { knownSecrets, redactText } from "../../board/redact.ts";
import { fromCursor, toCursor } from "../../http/page.ts";
import { actionForm } from "../frame/actions.ts";
import type { ConsolePage, PageCall, Viewer } from "../frame/console-page.ts";
import { counted, type Html, html, moment } from "../frame/html.ts";

const SHOWN = 20;
/** Characters of a body. */
const MOST_SHOWN = 4_000;

/** The page of a webhook's dead letters. */
export function deadPath(id: string): string {
  return `/console/deliveries/${encodeURIComponent(id)}/dead`;
}

export const DEAD_LETTERS_PAGE: ConsolePage = {
  path: "/console/deliveries/{id}/dead",
  title: "Dead letters",
  role: "admin",
  menu: null,
  follows: null,
  render: async (call) => {
    const { context, params, query, viewer, here } = call;
    const id = WebhookId.safeParse(params["id"]).data ?? "";
    const webhook = id === "" ? null : await context.engine.webhooks.read(id);
    if (webhook === null) throw new LinkupError("not_found", "There is no such webhook (any more)");
    const place = fromCursor(query["after"], DeadLetterPlace, "after");
    const after = place === undefined ? undefined : { diedAt: place[0], messageId: place[1] };
    const found = await context.engine.webhooks.dead(id, { after, limit: SHOWN + 1 });
    const shown = found.slice(0, SHOWN);
    const last = shown.at(-1);
    const bodies = await Promise.all(shown.map((letter) => bodyOf(call, letter)));
    return html`<h1>Dead letters of ${id}</h1>
<p>${counted(webhook.dead, "post")} that failed for a day, or whose receiver said that it is gone; the oldest first. <a href="/console/deliveries">All webhooks</a></p>
<ul class="rows">${shown.map((letter, at) => row(letter, { id, body: bodies[at] ?? null, viewer, here }))}</ul>
${found.length > SHOWN && last !== undefined ? html`<p><a href="${deadPath(id)}?after=${toCursor([last.diedAt, last.messageId])}">More</a></p>` : null}`;
  },
};

/** Its body as people may see it: secrets that we know are taken out, and one of an account whose secrets do not open is not shown. */
async function bodyOf({ context }: PageCall, { messageId }: DeadLetter): Promise<string | null> {
  const { webhooks, accounts } = context.engine;
  const text = await webhooks.body(messageId);
  if (text === null) return null;
  const accountId = /"accountId":"([^"]+)"/.exec(text)?.[1];
  const { secrets, unreadable } = await accounts.secretsOf(accountId === undefined ? [] : [accountId]);
  if (unreadable.length > 0) return null;
  const known = knownSecrets([...context.settings.tokens.map(({ secret }) => secret), ...secrets]);
  const shown = redactText(JSON.stringify(JSON.parse(text), null, 2), { known });
  return shown.length > MOST_SHOWN ? `${shown.slice(0, MOST_SHOWN)} ...` : shown;
}

type RowParts = { id: string; body: string | null; viewer: Viewer; here: string };

function row({ messageId, tries, error, handedOverAt, diedAt }: DeadLetter, { id, body, viewer, here }: RowParts): Html {
  const { what, advice } = deliveryWords(error);
  const form = { action: "redrive-letter", label: "Post it again", fields: { id, messageId }, back: here, csrf: viewer.csrf } as const;
  return html`<li><div><b>${messageId}</b>, handed over ${moment(handedOverAt)}, given up ${moment(diedAt)} after ${counted(tries, "try", "tries")}</div>
<p>${what}</p><p class="remedy">${advice}.</p>
${body === null ? html`<p>Its data is kept no longer: nothing can be posted.</p>` : html`<details><summary>Its body</summary><pre tabindex="0">${body}</pre></details>`}
${viewer.may("redrive-letter") ? actionForm(form) : null}</li>`;
}
