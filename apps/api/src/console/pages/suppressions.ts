/** A person and the list of those who are not to be contacted: what it has of them, how they are put on it and taken off, and that they answered. */
import { z } from "zod";
import { type ActionName, actionForm } from "../frame/actions.ts";
import type { Viewer } from "../frame/console-page.ts";
import { counted, type Html, html, moment } from "../frame/html.ts";

type Fields = Readonly<Record<string, string>>;

const PATH = "/console/people";
const LONGEST_ID = 100;
const LONGEST_REASON = 100;

export const Entries = z.object({
  items: z.array(z.object({ scope: z.string(), reason: z.string(), since: z.string(), until: z.string().nullable() })),
});
export type Entry = z.infer<typeof Entries>["items"][number];
const Jobs = z.object({ jobs: z.object({ ended: z.number(), inFlight: z.number() }) });
const Removed = z.object({ removed: z.number() });
const Reply = Jobs.extend({ repliedAt: z.string(), isNews: z.boolean() });

/** The effect of each change, in words. */
export const TELLS = {
  "suppress-person": (body) => html`On the list. ${jobsText(Jobs.parse(body).jobs)}`,
  "unsuppress-person": (body) => {
    const { removed } = Removed.parse(body);
    return html`${counted(removed, "entry", "entries")} taken off. Jobs that ended for ${removed === 1 ? "it" : "them"} stay ended.`;
  },
  "tell-reply": (body) => {
    const { repliedAt, isNews, jobs } = Reply.parse(body);
    return html`${isNews ? "Noted" : "It was known before"}: they answered ${moment(repliedAt)}. ${jobsText(jobs)}`;
  },
} as const satisfies Partial<Record<ActionName, (body: unknown) => Html>>;

export type PersonChange = keyof typeof TELLS;

export function entriesBlock(items: readonly Entry[], of: { url: string; viewer: Viewer }): Html {
  return html`<h2>What the list has of them</h2>
${items.length === 0 ? html`<p>Nothing: they may be contacted.</p>` : html`<ul class="rows" aria-label="Entries">${items.map((entry) => entryRow(entry, of))}</ul>`}`;
}

function entryRow({ scope, reason, since, until }: Entry, { url, viewer }: { url: string; viewer: Viewer }): Html {
  const { csrf } = viewer;
  const inside = html`<label class="tick"><input type="checkbox" required> they may be contacted again</label>`;
  return html`<li><div><b>${scopeText(scope)}</b>${reason === "" ? null : `: ${reason}`}</div>
<p>since ${moment(since)}, until ${until === null ? "somebody takes it off" : moment(until)}</p>
${actionForm({ action: "unsuppress-person", label: "Take off", fields: { url, scope }, back: PATH, csrf, inside, kind: "danger" })}</li>`;
}

function scopeText(scope: string): string {
  const [kind, ...id] = scope.split(":");
  return id.length === 0 ? "all accounts and campaigns" : `${kind} ${id.join(":")}`;
}

const SCOPES = [
  ["all", "all accounts and campaigns"],
  ["account", "one account"],
  ["campaign", "one campaign"],
] as const;

/** `sent`: what was sent of it, where that could not be taken. */
export function addForm(url: string, { csrf }: Viewer, sent: Fields): Html {
  const { kind = "all", of = "", reason = "", until = "" } = sent;
  const scopes = SCOPES.map(([name, label]) => html`<option value="${name}"${name === kind ? html` selected` : null}>${label}</option>`);
  const inside = html`<p class="hint">From then on no message and no invitation reaches them. Jobs that wait end at once, free.</p>
<label for="kind">for</label><select id="kind" name="kind">${scopes}</select>
<label for="of">id of that account or campaign (empty for all)</label><input id="of" name="of" value="${of}" maxlength="${LONGEST_ID}" autocomplete="off">
<label for="reason">reason, which names nobody (may be empty)</label><input id="reason" name="reason" value="${reason}" maxlength="${LONGEST_REASON}" autocomplete="off">
<label for="until">until, in UTC (empty: without an end)</label><input id="until" name="until" type="datetime-local" value="${until}">`;
  return html`<h2>Put them on the list</h2>${actionForm({ action: "suppress-person", label: "Contact them no more", fields: { url }, back: PATH, csrf, inside, layout: "stack" })}`;
}

export function replyForm(url: string, { csrf }: Viewer): Html {
  const inside = html`<p class="hint">Campaigns that stop on a reply write to them no more.</p>`;
  return html`<h2>They answered</h2>${actionForm({ action: "tell-reply", label: "They answered just now", fields: { url }, back: PATH, csrf, inside, layout: "stack" })}`;
}

function jobsText({ ended, inFlight }: z.infer<typeof Jobs>["jobs"]): Html {
  const out = inFlight === 0 ? null : html` The calls of ${inFlight} are out, or may be: their outcomes tell.`;
  return html`<b>${counted(ended, "job")}</b> that waited ended.${out}`;
}
