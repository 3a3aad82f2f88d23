/**
 * People who are not to be contacted: looked up by their address, put on the list, taken off it, and those who answered. An address is sent in a
 * form's body and is part of no page's address; the page that comes back has it in its forms, for what is done next.
 */
import type { LinkupError } from "@linkup-queue/contracts";
import { z } from "zod";
import { invalidInput, toLinkupError } from "../../http/api-error.ts";
import { HTTP_STATUS } from "../../http/http-status.ts";
import type { Answer } from "../../http/route.ts";
import { type ActionName, actionForm } from "../frame/actions.ts";
import type { ConsolePage, Viewer } from "../frame/console-page.ts";
import { counted, type Html, html, moment } from "../frame/html.ts";

type Fields = Readonly<Record<string, string>>;

const PATH = "/console/suppressions";
const LONGEST_ADDRESS = 2_000;
const LONGEST_ID = 100;
const LONGEST_REASON = 100;

export const SUPPRESSIONS_PAGE: ConsolePage = {
  path: PATH,
  title: "Suppressions",
  // As of /v1/suppressions.
  role: "producer",
  menu: "Suppressions",
  follows: null,
  render: async ({ viewer }) => html`${HEAD}${lookUpForm("", viewer)}${ABOUT}`,
};

const Entries = z.object({
  items: z.array(z.object({ scope: z.string(), reason: z.string(), since: z.string(), until: z.string().nullable() })),
});
type Entry = z.infer<typeof Entries>["items"][number];
const Jobs = z.object({ jobs: z.object({ ended: z.number(), inFlight: z.number() }) });
const Removed = z.object({ removed: z.number() });
const Reply = Jobs.extend({ repliedAt: z.string(), isNews: z.boolean() });

/** The effect of each, in words; null for one that only looks. */
const TELLS = {
  "find-person": () => null,
  "suppress-person": (body) => html`On the list. ${jobsText(Jobs.parse(body).jobs)}`,
  "unsuppress-person": (body) => {
    const { removed } = Removed.parse(body);
    return html`${counted(removed, "entry", "entries")} taken off. Jobs that ended for ${removed === 1 ? "it" : "them"} stay ended.`;
  },
  "tell-reply": (body) => {
    const { repliedAt, isNews, jobs } = Reply.parse(body);
    return html`${isNews ? "Noted" : "It was known before"}: they answered ${moment(repliedAt)}. ${jobsText(jobs)}`;
  },
} as const satisfies Partial<Record<ActionName, (body: unknown) => Html | null>>;

type PersonAction = keyof typeof TELLS;

/** Whether an action is about a person: its answer is a page of its own. */
export function isAboutPerson(action: string): action is PersonAction {
  return Object.hasOwn(TELLS, action);
}

type PersonRun = (action: PersonAction, fields: Fields) => Promise<Answer>;

/** Does it, and answers the page that tells it, with the person's entries. Throws what the routes throw, but for what the form can be mended in. */
export async function aboutPerson(
  action: PersonAction,
  { fields, viewer, run }: { fields: Fields; viewer: Viewer; run: PersonRun },
): Promise<{ status: number; body: Html }> {
  const { url = "" } = fields;
  const done = await mendable(async () => (action === "find-person" ? null : TELLS[action](bodyOf(await run(action, fields)))));
  const found = await mendable(async () => {
    // Without one the list's first page would be told as theirs.
    if (url.trim() === "") throw invalidInput([{ path: "url", message: "is required" }]);
    return Entries.parse(bodyOf(await run("find-person", fields))).items;
  });
  const trouble = "error" in done ? done.error : "error" in found ? found.error : null;
  const items = "value" in found ? found.value : null;
  const said = "value" in done ? done.value : null;
  return { status: trouble === null ? 200 : HTTP_STATUS[trouble.code], body: personPage({ sent: fields, items, said, trouble, viewer }) };
}

/** The value, or the error that whoever sent the form can mend. */
async function mendable<T>(work: () => Promise<T>): Promise<{ value: T } | { error: LinkupError }> {
  try {
    return { value: await work() };
  } catch (thrown) {
    const error = toLinkupError(thrown);
    if (error.code !== "invalid_input" && error.code !== "not_found") throw thrown;
    return { error };
  }
}

function bodyOf(answer: Answer): unknown {
  return answer === "streamed" ? undefined : answer.body;
}

const HEAD = html`<h1>Suppressions</h1>`;
const ABOUT = html`<p class="hint">The list keeps digests: it can be asked for a person, and names nobody. A profile id (<code>ACoAA...</code>) is another name of a person that no address tells: put it on the list, too.
Lists of people are for the <a href="/docs">HTTP API</a> and <code>linkup suppressions import</code>.</p>`;

function troubleText({ message, issues }: LinkupError): Html {
  return html`<p class="problem" role="alert">${message}${(issues ?? []).map((issue) => html`<br><b>${issue.path}</b> ${issue.message}`)}</p>`;
}

function lookUpForm(url: string, { csrf }: Viewer): Html {
  return actionForm({
    action: "find-person",
    label: "Look up",
    fields: {},
    back: PATH,
    csrf,
    inside: html`<label for="url">address of their profile, or profile id</label><input id="url" name="url" value="${url}" required maxlength="${LONGEST_ADDRESS}" autocomplete="off" spellcheck="false">`,
    layout: "stack",
  });
}

/** `items`: null where nobody could be looked up. */
type Shown = { sent: Fields; items: readonly Entry[] | null; said: Html | null; trouble: LinkupError | null; viewer: Viewer };

function personPage({ sent, items, said, trouble, viewer }: Shown): Html {
  const { url = "" } = sent;
  return html`${HEAD}
${said === null ? null : html`<p class="said" role="status">${said}</p>`}
${trouble === null ? null : troubleText(trouble)}
${lookUpForm(url, viewer)}
${items === null ? null : html`${entriesBlock(items, { url, viewer })}${addForm(url, viewer, trouble === null ? {} : sent)}${replyForm(url, viewer)}`}${ABOUT}`;
}

function entriesBlock(items: readonly Entry[], of: { url: string; viewer: Viewer }): Html {
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
function addForm(url: string, { csrf }: Viewer, sent: Fields): Html {
  const { kind = "all", of = "", reason = "", until = "" } = sent;
  const scopes = SCOPES.map(([name, label]) => html`<option value="${name}"${name === kind ? html` selected` : null}>${label}</option>`);
  const inside = html`<p class="hint">From then on no message and no invitation reaches them. Jobs that wait end at once, free.</p>
<label for="kind">for</label><select id="kind" name="kind">${scopes}</select>
<label for="of">id of that account or campaign (empty for all)</label><input id="of" name="of" value="${of}" maxlength="${LONGEST_ID}" autocomplete="off">
<label for="reason">reason, which names nobody (may be empty)</label><input id="reason" name="reason" value="${reason}" maxlength="${LONGEST_REASON}" autocomplete="off">
<label for="until">until, in UTC (empty: without an end)</label><input id="until" name="until" type="datetime-local" value="${until}">`;
  return html`<h2>Put them on the list</h2>${actionForm({ action: "suppress-person", label: "Contact them no more", fields: { url }, back: PATH, csrf, inside, layout: "stack" })}`;
}

function replyForm(url: string, { csrf }: Viewer): Html {
  const inside = html`<p class="hint">Campaigns that stop on a reply write to them no more.</p>`;
  return html`<h2>They answered</h2>${actionForm({ action: "tell-reply", label: "They answered just now", fields: { url }, back: PATH, csrf, inside, layout: "stack" })}`;
}

function jobsText({ ended, inFlight }: z.infer<typeof Jobs>["jobs"]): Html {
  const out = inFlight === 0 ? null : html` The calls of ${inFlight} are out, or may be: their outcomes tell.`;
  return html`<b>${counted(ended, "job")}</b> that waited ended.${out}`;
}
