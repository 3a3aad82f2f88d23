/** Unknown: every write whose effect nobody knows. A person looks on LinkedIn, and says here what came of it. */
import type { Cell } from "@linkup-queue/campaign-files";
import { CallQueue, CODE_WORDS, type Outcome } from "@linkup-queue/contracts";
import { redisTrouble, UnknownPlace } from "@linkup-queue/queue";
import { knownSecrets, redactText } from "../../board/redact.ts";
import { fromCursor, toCursor } from "../../http/page.ts";
import { actionForm } from "../frame/actions.ts";
import type { ConsolePage, PageCall, PageTable, Viewer } from "../frame/console-page.ts";
import { counted, type Html, html, moment } from "../frame/html.ts";
import { codeText } from "../frame/outcome-words.ts";
import { personLink } from "../frame/person-link.ts";
import { tableLink } from "../frame/table-link.ts";
import { jobPath } from "./job-rows.ts";

const SHOWN = 50;
/** Characters of a text. */
const MOST_SHOWN = 2_000;

const UNKNOWN_FILE: PageTable = {
  file: "unknown",
  head: ["jobId", "queue", "finished", "operation", "account", "campaign", "recipientId", "person", "text", "code", "why"],
  pages: async function* (call) {
    for (let before: UnknownPlace | undefined; ; ) {
      const { outcomes, next } = await call.context.engine.unknownWrites.read({ before, limit: SHOWN });
      const secrets = await secretsOf(call, outcomes);
      yield await Promise.all(outcomes.map(async (outcome) => cellsOf(outcome, await targetOf(call, outcome, secrets))));
      if (next === null) return;
      before = next;
    }
  },
};

function cellsOf({ code, ...outcome }: Outcome, { profile, text }: Target): Cell[] {
  const { jobId, queue, finishedAt, operation, accountId, campaignId, recipientId } = outcome;
  const why = code === null ? outcome.message : CODE_WORDS[code];
  return [jobId, queue, finishedAt, operation, accountId, campaignId, recipientId, profile, text, code, why];
}

export const UNKNOWN_PAGE: ConsolePage = {
  path: "/console/unknown",
  title: "Unknown",
  role: "viewer",
  menu: "Unknown",
  follows: "reload",
  table: UNKNOWN_FILE,
  render: async (call) => {
    const { context, query } = call;
    const before = fromCursor(query["before"], UnknownPlace, "before");
    const [{ outcomes, next }, count] = await Promise.all([
      context.engine.unknownWrites.read({ before, limit: SHOWN }),
      context.engine.unknownWrites.count(),
    ]);
    const secrets = await secretsOf(call, outcomes);
    const rows = await Promise.all(outcomes.map(async (outcome) => row(outcome, await targetOf(call, outcome, secrets), call.viewer)));
    return html`<h1>Unknown</h1>
<p>Writes of which nobody knows whether they had their effect: look on LinkedIn, then say it here. ${counted(count, "such write")}.</p>
${rows.length === 0 ? html`<p>There is nothing to look at.</p>` : html`<ul class="rows">${rows}</ul>${tableLink("/console/unknown")}`}
${next === null ? null : html`<p><a href="/console/unknown?before=${toCursor(next)}">Older ones</a></p>`}`;
  },
};

type Target = { profile: string | null; text: string | null };
/** By value, to be taken out of texts; texts of an account whose secrets do not open are not shown. */
type SecretsOf = { known: ReturnType<typeof knownSecrets>; unreadable: readonly string[] };

async function secretsOf({ context }: PageCall, outcomes: readonly Outcome[]): Promise<SecretsOf> {
  const accounts = [...new Set(outcomes.flatMap(({ accountId }) => (accountId === null ? [] : [accountId])))];
  const { secrets, unreadable } = await context.engine.accounts.secretsOf(accounts);
  return { known: knownSecrets([...context.settings.tokens.map(({ secret }) => secret), ...secrets]), unreadable };
}

/** Whom it was for and what it said, as long as the job's data is kept and can be read. */
async function targetOf({ context }: PageCall, { accountId, jobId, queue }: Outcome, { known, unreadable }: SecretsOf): Promise<Target> {
  const inQueue = CallQueue.safeParse(queue);
  const found = await context.jobs.views.find(jobId, inQueue.data).catch((error: unknown) => {
    if (redisTrouble(error) !== null) throw error;
    context.trouble.see(error, "the data of an unknown write can't be read");
    return [];
  });
  const input = inputOf(unreadable.includes(accountId ?? "") ? null : (found[0]?.stored?.data ?? null));
  const texts = Object.entries(input).filter(([name, value]) => typeof value === "string" && /text|message|comment|note/.test(name));
  const profile = Object.values(input).find((value) => typeof value === "string" && /^https:\/\/([a-z]+\.)?linkedin\.com\//.test(value));
  return {
    profile: typeof profile === "string" ? profile : null,
    text: shownText(texts.map(([, value]) => String(value)).join("\n"), known),
  };
}

function shownText(text: string, known: SecretsOf["known"]): string | null {
  const shown = redactText(text, { known });
  return (shown.length > MOST_SHOWN ? `${shown.slice(0, MOST_SHOWN)} ...` : shown) || null;
}

function inputOf(data: string | null): Record<string, unknown> {
  try {
    const { input } = JSON.parse(data ?? "{}") as { input?: unknown };
    return typeof input === "object" && input !== null ? (input as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function row(outcome: Outcome, { profile, text }: Target, viewer: Viewer): Html {
  const { operation, accountId, recipientId, finishedAt, code, message } = outcome;
  const person = profile ?? recipientId;
  return html`<li><div><a href="${jobPath(outcome)}"><b>${operation}</b></a> by ${accountId === null ? "nobody" : html`<a href="/console/accounts/${accountId}">${accountId}</a>`}, ${moment(finishedAt)}</div>
<p>${profile === null ? (recipientId ?? "whom it was for is not kept any more") : html`<a href="${profile}" rel="noreferrer" target="_blank">${profile}</a>`}</p>
${person === null ? null : personLink(person, { csrf: viewer.csrf, label: "What else was sent to them" })}
${text === null ? null : html`<blockquote>${text}</blockquote>`}
<p class="remedy">${codeText(code) ?? message}</p>
<div class="buttons">${viewer.may("happened") ? buttons(outcome, viewer) : null}</div></li>`;
}

/** The three answers of a person. Leaving it is one, too: it stays here as long as outcomes are kept. */
function buttons({ jobId, queue }: Outcome, { csrf }: Viewer): Html {
  const back = "/console/unknown";
  const again = `/console/unknown/${encodeURIComponent(queue)}/${encodeURIComponent(jobId)}/again`;
  return html`${actionForm({ action: "happened", label: "It happened", fields: { jobId, queue }, back, csrf })}
<a class="button" href="${again}">It did not: send again</a> <a class="button" href="/console">Leave it</a>`;
}
