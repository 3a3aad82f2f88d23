/** One job: why it waits or how it ended, its history, its input; and its ends by hand. */
import { CallQueue, LinkupError, type Outcome } from "@linkup-queue/contracts";
import type { FoundJob } from "@linkup-queue/queue";
import { knownSecrets, redactText } from "../../board/redact.ts";
import { archivedJob } from "../../jobs/archived-outcomes.ts";
import { actionForm } from "../frame/actions.ts";
import type { ConsolePage, PageCall } from "../frame/console-page.ts";
import { counted, type Html, html, moment, numberText } from "../frame/html.ts";
import { personIn, personLink } from "../frame/person-link.ts";
import { jobPath, jobState, type ShownJob, waitText } from "./job-rows.ts";

/** Characters of an input or an answer. */
const MOST_SHOWN = 8_000;

export const JOB_PAGES: readonly ConsolePage[] = [
  { path: "/console/jobs/{queue}/{jobId}", title: "Job", role: "viewer", menu: null, follows: "reload", render: one },
  { path: "/console/jobs/{queue}/{jobId}/again", title: "Do a job again", role: "producer", menu: null, follows: null, render: again },
];

type Read = { job: ShownJob & { campaignId: string | null }; found: FoundJob | null };

async function read({ context, params: { queue = "", jobId = "" } }: PageCall): Promise<Read> {
  const home = CallQueue.safeParse(queue).data;
  if (home === undefined) throw new LinkupError("not_found", "There is no such queue");
  const archived = await archivedJob(context, jobId, home);
  const [found = null] = await context.jobs.views.find(jobId, home);
  if (archived !== null) return { job: archived, found };
  if (found === null) throw new LinkupError("not_found", "There is no such job (any more)");
  return { job: await context.jobs.views.withWait(found), found };
}

async function one(call: PageCall): Promise<Html> {
  const { job, found } = await read(call);
  const { outcome = null, accountId, campaignId } = job;
  const person = personOf(job, found);
  return html`<h1>${job.operation ?? "Job"} <small>${job.jobId}</small></h1>
<p><strong>${jobState(job)}</strong> ${outcome === null ? waitText(job) : sentence(outcome)}</p>
<div class="buttons">${buttons({ job, found }, call)}</div>
<dl class="facts"><div><dt>queue</dt><dd>${job.queue}</dd></div>
<div><dt>account</dt><dd>${accountId === null ? "none" : html`<a href="/console/accounts/${accountId}">${accountId}</a>`}</dd></div>
${campaignId === null ? null : html`<div><dt>campaign</dt><dd><a href="/console/campaigns/${campaignId}">${campaignId}</a></dd></div>`}
${person === null ? null : html`<div><dt>recipient</dt><dd>${personLink(person, { csrf: call.viewer.csrf })}</dd></div>`}</dl>
<h2>History</h2><ol>${history(job, found)}</ol>
${await contents(call, { job, found })}
<h2>By HTTP</h2><p><code>GET /v1/jobs/${encodeURIComponent(job.jobId)}?queue=${job.queue}</code></p>`;
}

/** Whom it is for: as its input names them, else by their recipientId; null where neither is kept. */
function personOf({ recipientId }: ShownJob, found: FoundJob | null): string | null {
  return personIn(readInput(found?.stored?.data ?? null)) ?? recipientId;
}

function sentence({ code, message, credits, calls }: Outcome): Html {
  const cost = credits.uncertain > 0 ? html`, ${numberText(credits.uncertain)} more may have been charged` : null;
  return html`${code === null ? null : html`<b>${code}</b> `}${message} ${counted(calls, "call")}, ${counted(credits.charged, "credit")}${cost}.`;
}

function history({ queue, enqueuedAt, outcome = null }: ShownJob, found: FoundJob | null): Html {
  const redriveOf = outcome?.redriveOf ?? found?.meta?.redriveOf ?? null;
  const { calls = 0, attempts = 0, charged = 0, startedMs = null } = found?.history ?? {};
  return html`<li>accepted ${moment(enqueuedAt, "at a time that is not kept")}${
    redriveOf === null ? null : html`, to do <a href="${jobPath({ queue, jobId: redriveOf })}">${redriveOf}</a> again`
  }</li>
${outcome === null && calls > 0 ? html`<li>${counted(calls, "call")} so far, the first ${moment(startedMs, "not known")}; ${counted(attempts, "free failure")}, ${counted(charged, "credit")}</li>` : null}
${outcome?.startedAt == null ? null : html`<li>first call ${moment(outcome.startedAt)}</li>`}
${outcome === null ? null : html`<li>${outcome.status} ${moment(outcome.finishedAt)}${outcome.httpStatus === null ? null : html`, LinkUp answered ${outcome.httpStatus}`}</li>`}
${outcome?.resolved == null ? null : html`<li>${outcome.resolved.by} said ${moment(outcome.resolved.at)}: ${outcome.resolved.happened ? "it happened" : "it did not happen"}</li>`}`;
}

/** Input and answer, as far as they are kept and can be told to be free of secrets. */
async function contents({ context }: PageCall, { job: { accountId, outcome = null }, found }: Read): Promise<Html> {
  const { secrets, unreadable } = await context.engine.accounts.secretsOf(accountId === null ? [] : [accountId]);
  if (unreadable.length > 0)
    return html`<p class="hint">Input and answer are not shown: the account's secrets do not open, so nobody can tell whether they hold one.</p>`;
  const known = knownSecrets([...context.settings.tokens.map(({ secret }) => secret), ...secrets]);
  const block = (title: string, text: string | null) =>
    text === null ? null : html`<h2>${title}</h2><pre tabindex="0">${redactText(text, { known }).slice(0, MOST_SHOWN)}</pre>`;
  const answer = outcome?.output == null ? null : JSON.stringify(outcome.output, null, 2);
  const input = readInput(found?.stored?.data ?? null);
  return html`${block("Input", input === undefined ? null : JSON.stringify(input, null, 2))}${block("Answer", answer)}`;
}

/** Undefined where it is not kept. */
function readInput(data: string | null): unknown {
  try {
    return (JSON.parse(data ?? "{}") as { input?: unknown }).input;
  } catch {
    return undefined;
  }
}

function buttons({ job, found }: Read, { viewer, here }: PageCall): Html {
  const { queue, jobId, state, outcome = null } = job;
  const form = { fields: { jobId, queue }, back: here, csrf: viewer.csrf };
  const isOver = state === "completed" || state === "failed";
  const hasData = found !== null && (found.stored !== null || found.fields !== null);
  const isOpen = outcome?.status === "unknown" && outcome.resolved === null;
  return html`${!isOver && state !== "active" && viewer.may("cancel-job") ? actionForm({ action: "cancel-job", label: "Cancel the job", ...form }) : null}
${isOpen && viewer.may("happened") ? actionForm({ action: "happened", label: "It happened", ...form }) : null}
${isOpen && viewer.may("not-happened") ? actionForm({ action: "not-happened", label: "It did not happen", ...form }) : null}
${outcome?.resolved?.happened === true || state !== "failed" || !viewer.may("redrive-job") ? null : hasData ? html`<a class="button" href="${jobPath(job)}/again">Do it again</a>` : html`<p class="hint">Its data is kept no longer: to do it again, add it anew.</p>`}`;
}

async function again(call: PageCall): Promise<Html> {
  const { job } = await read(call);
  const { queue, jobId, operation, accountId, outcome = null } = job;
  const price = Object.entries(call.context.engine.prices).find(([name]) => name === operation)?.[1].rule ?? "not known";
  const isUnknown = outcome?.status === "unknown";
  return html`<h1>Do it again?</h1>
${isUnknown ? html`<p><strong>It may arrive twice.</strong> Nobody knows whether ${operation} by ${accountId} had its effect: look on LinkedIn first.</p>` : null}
<p>It is added as a new job with the same input. It costs what such a job costs: ${price}.</p>
${actionForm({
  action: isUnknown ? "send-again" : "redrive-job",
  label: isUnknown ? "It did not happen: send again" : "Do it again",
  fields: { jobId, queue },
  back: jobPath(job),
  csrf: call.viewer.csrf,
  kind: isUnknown ? "danger" : "plain",
})}
<p><a href="${jobPath(job)}">Leave it</a></p>`;
}
