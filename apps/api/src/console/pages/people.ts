/**
 * People: one is looked up by any spelling of their address, by their profile id or by a recipientId, and told with what was sent to them and what
 * came of it. Whoever may also sees and changes what the list of those who are not to be contacted has of them. An address is sent in a form's body
 * and is part of no page's address; the page that comes back has it in its forms, for what is done next.
 */
import { LinkupError, personKey } from "@linkup-queue/contracts";
import type { PersonFacts } from "@linkup-queue/queue";
import type { ApiContext } from "../../http/api-context.ts";
import { invalidInput, toLinkupError } from "../../http/api-error.ts";
import { HTTP_STATUS } from "../../http/http-status.ts";
import type { Answer } from "../../http/route.ts";
import { actionForm } from "../frame/actions.ts";
import type { ConsolePage, Viewer } from "../frame/console-page.ts";
import { type Html, html, moment } from "../frame/html.ts";
import { type ArchivedHistory, archivedBlock, readArchived } from "./archived-history.ts";
import { historyBlock, type PersonHistory, readHistory } from "./person-history.ts";
import { addForm, Entries, type Entry, entriesBlock, type PersonChange, replyForm, TELLS } from "./suppressions.ts";

type Fields = Readonly<Record<string, string>>;

const PATH = "/console/people";
const LONGEST_ADDRESS = 2_000;

export const PEOPLE_PAGE: ConsolePage = {
  path: PATH,
  title: "People",
  role: "viewer",
  menu: "People",
  follows: null,
  render: async ({ viewer }) => html`${HEAD}${lookUpForm("", viewer)}${about(viewer)}`,
};

type PersonAction = PersonChange | "find-person";

/** Whether an action is about a person: its answer is a page of its own. */
export function isAboutPerson(action: string): action is PersonAction {
  return action === "find-person" || Object.hasOwn(TELLS, action);
}

type PersonRun = (action: PersonAction | "find-suppressions", fields: Fields) => Promise<Answer>;

/** A person as somebody names them: by an address or profile id, in any spelling, or by a recipientId that is neither. */
export type Who = { key: string; fields: { url: string } } | { key: null; fields: { recipientId: string }; why: string };

/** Throws `invalid_input` where nobody is named. */
export function whoOf({ url = "" }: Fields): Who {
  const name = url.trim();
  // Without one everybody's first page would be told as theirs.
  if (name === "") throw invalidInput([{ path: "url", message: "is required" }]);
  try {
    return { key: personKey(name), fields: { url: name } };
  } catch (thrown) {
    return { key: null, fields: { recipientId: name }, why: LinkupError.from(thrown).message };
  }
}

/** Everything that is known of a person. `entries`, `facts`: null for whom the list is not asked. */
type Known = {
  who: Who;
  history: PersonHistory;
  archived: ArchivedHistory;
  outcomeDays: number;
  entries: readonly Entry[] | null;
  facts: PersonFacts | null;
};

type Asked = { fields: Fields; viewer: Viewer; context: ApiContext; run: PersonRun };

/** Does it, and answers the page that tells it, with all that is known of the person. Throws what the routes throw, but for what the form can be mended in. */
export async function aboutPerson(action: PersonAction, asked: Asked): Promise<{ status: number; body: Html }> {
  const { fields, viewer, run } = asked;
  const done = await mendable(async () => (action === "find-person" ? null : TELLS[action](bodyOf(await run(action, fields)))));
  const found = await mendable(() => knownOf(asked));
  const trouble = "error" in done ? done.error : "error" in found ? found.error : null;
  const known = "value" in found ? found.value : null;
  const said = "value" in done ? done.value : null;
  return { status: trouble === null ? 200 : HTTP_STATUS[trouble.code], body: personPage({ sent: fields, known, said, trouble, viewer }) };
}

async function knownOf({ fields, viewer, context, run }: Asked): Promise<Known> {
  const who = whoOf(fields);
  // Whoever looks on in the archive has seen what Redis has.
  const history: PersonHistory = fields["archived"]
    ? { outcomes: [], next: null }
    : await readHistory((more) => run("find-person", { ...who.fields, ...more }), fields["after"]);
  const archived = await readArchived(context, who.key, { after: fields["archived"], isTurn: history.next === null });
  const { outcomeDays } = context.settings;
  if (who.key === null || !viewer.may("find-suppressions")) return { who, history, archived, outcomeDays, entries: null, facts: null };
  const [list, facts] = await Promise.all([run("find-suppressions", who.fields), context.engine.people.facts(who.key)]);
  return { who, history, archived, outcomeDays, entries: Entries.parse(bodyOf(list)).items, facts };
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

const HEAD = html`<h1>People</h1>`;

function about({ may }: Viewer): Html | null {
  if (!may("find-suppressions")) return null;
  return html`<p class="hint">The list of people who are not to be contacted keeps digests: it can be asked for a person, and names nobody. A profile id (<code>ACoAA...</code>) is another name of a person that no address tells: put it on the list, too.
Lists of people are for the <a href="/docs">HTTP API</a> and <code>linkup suppressions import</code>.</p>`;
}

function troubleText({ message, issues }: LinkupError): Html {
  return html`<p class="problem" role="alert">${message}${(issues ?? []).map((issue) => html`<br><b>${issue.path}</b> ${issue.message}`)}</p>`;
}

function lookUpForm(name: string, { csrf }: Viewer): Html {
  return actionForm({
    action: "find-person",
    label: "Look up",
    fields: {},
    back: PATH,
    csrf,
    inside: html`<label for="url">address of their profile, profile id, or recipientId</label><input id="url" name="url" value="${name}" required maxlength="${LONGEST_ADDRESS}" autocomplete="off" spellcheck="false">`,
    layout: "stack",
  });
}

/** `known`: null where nobody could be looked up. */
type Shown = { sent: Fields; known: Known | null; said: Html | null; trouble: LinkupError | null; viewer: Viewer };

function personPage({ sent, known, said, trouble, viewer }: Shown): Html {
  const { url = "" } = sent;
  return html`${HEAD}
${said === null ? null : html`<p class="said" role="status">${said}</p>`}
${trouble === null ? null : troubleText(trouble)}
${lookUpForm(url, viewer)}
${known === null ? null : knownBlocks(known, { url, viewer, sent: trouble === null ? {} : sent })}${about(viewer)}`;
}

type Around = { url: string; viewer: Viewer; sent: Fields };

function knownBlocks({ who, history, archived, outcomeDays, entries, facts }: Known, { url, viewer, sent }: Around): Html {
  const older = archivedBlock(archived, { key: who.key, url, viewer, outcomeDays, back: PATH });
  const hasOlder = archived.kind === "read" && archived.outcomes.length > 0;
  return html`${who.key === null ? html`<p class="hint">Looked for as the recipientId of jobs, as it is no address: ${who.why}.</p>` : null}
${historyBlock(history, { url, viewer, older, hasOlder })}
${facts === null ? null : factsBlock(facts)}
${entries === null ? null : html`${entriesBlock(entries, { url, viewer })}${addForm(url, viewer, sent)}${replyForm(url, viewer)}`}`;
}

function factsBlock({ repliedAt, touchedAt }: PersonFacts): Html {
  return html`<dl class="facts"><div><dt>answered last</dt><dd>${moment(repliedAt, "not that is known")}</dd></div>
<div><dt>written to last, by any account</dt><dd>${moment(touchedAt, "not within the days that are remembered")}</dd></div></dl>`;
}
