/** Many jobs at once, by what they have in common: counted and priced first, then cancelled, or done again, and told how many were and why others not. */
import { REDRIVE_REFUSALS } from "@linkup-queue/queue";
import { invalidInput } from "../../http/api-error.ts";
import { actionForm } from "../frame/actions.ts";
import type { ConsolePage, PageCall, Viewer } from "../frame/console-page.ts";
import { added, type BulkDone } from "../frame/do-bulk.ts";
import { counted, type Html, html } from "../frame/html.ts";
import { FILTER_NAMES, type FilterName, filterFields, filterTexts, jobFilterOf } from "../frame/job-filter.ts";

type Fields = Readonly<Record<string, string>>;

/** One bulk change: its page, and what is told once it was done. */
export type BulkChange = {
  page: ConsolePage;
  tell(done: BulkDone, of: { fields: Fields; viewer: Viewer }): Html;
};

/** Counting looks no further than this, ms, and as many calls. */
const COUNT_MS = 1_000;
const MOST_COUNTS = 5;
const COUNTED_AT_ONCE = 1_000;

const STATES = ["waiting", "parked", "delayed"] as const;
const CANCEL_NAMES = FILTER_NAMES.filter((name) => name !== "code");
const AGAIN_NAMES = FILTER_NAMES.filter((name) => name !== "state");

/** Of jobs that are cancelled. Throws `invalid_input`, also for a state in which none is. */
function cancelFilterOf(fields: Fields) {
  const { state, code: _code, ...filter } = jobFilterOf(fields);
  const one = STATES.find((known) => known === state);
  if (state !== undefined && one === undefined) throw invalidInput([{ path: "state", message: `must be one of ${STATES.join(", ")}` }]);
  return { ...filter, state: one };
}

const CANCEL_PATH = "/console/jobs/~cancel";
const AGAIN_PATH = "/console/jobs/~again";

export type BulkAction = "cancel-jobs" | "redrive-jobs";

export const BULK_CHANGES: Readonly<Record<BulkAction, BulkChange>> = {
  "cancel-jobs": {
    page: { path: CANCEL_PATH, title: "Cancel jobs", role: "producer", menu: null, follows: null, render: askCancel },
    tell: ({ counts, ...rest }, of) => {
      const { cancelled = 0, callOut = 0 } = counts;
      const stays =
        callOut === 0
          ? null
          : html`<p>${counted(callOut, "job")} stayed: ${callOut === 1 ? "its call is" : "their calls are"} out, and the outcome tells.</p>`;
      return told(
        {
          title: "Cancelled",
          path: CANCEL_PATH,
          action: "cancel-jobs",
          said: html`<p><strong>${counted(cancelled, "job")}</strong> ${cancelled === 1 ? "is" : "are"} cancelled, free.</p>${stays}`,
          ...rest,
        },
        of,
      );
    },
  },
  "redrive-jobs": {
    page: { path: AGAIN_PATH, title: "Do jobs again", role: "producer", menu: null, follows: null, render: askAgain },
    tell: ({ counts, ...rest }, of) => {
      const { redriven = 0, already = 0, credits = 0 } = counts;
      const said = html`<p><strong>${counted(redriven, "job")}</strong> ${redriven === 1 ? "is" : "are"} done again, for ${creditsText(credits)}.</p>${before(already)}${refusals(rest.reasons)}`;
      return told({ title: "Done again", path: AGAIN_PATH, action: "redrive-jobs", said, ...rest }, of);
    },
  },
};

/** Whether an action is about many jobs. */
export function isBulk(action: string): action is BulkAction {
  return Object.hasOwn(BULK_CHANGES, action);
}

export const BULK_PAGES: readonly ConsolePage[] = Object.values(BULK_CHANGES).map(({ page }) => page);

/** The address of the page that asks about these jobs first. */
export function bulkPath(action: BulkAction, fields: Fields): string {
  const given = Object.entries(fields).filter(([, value]) => value !== "");
  return `${BULK_CHANGES[action].page.path}?${new URLSearchParams(given)}`;
}

async function askCancel({ context, viewer, query }: PageCall): Promise<Html> {
  const filter = cancelFilterOf(query);
  const { accountId, operation, campaignId, recipientId } = filter;
  const form = filterForm(CANCEL_PATH, query, CANCEL_NAMES);
  if ([accountId, operation, campaignId, recipientId].every((one) => one === undefined))
    return html`<h1>Cancel jobs</h1>${form}${SAY_WHICH}`;
  const request = { ...filter, dryRun: true, limit: COUNTED_AT_ONCE };
  const found = await countOn(async (place: Awaited<ReturnType<typeof context.jobs.cancels.cancelMany>>["next"]) => {
    const { next, ...counts } = await context.jobs.cancels.cancelMany({ ...request, place: place ?? undefined });
    return { next, counts };
  });
  const { cancelled = 0, callOut = 0 } = found.counts;
  return html`<h1>Cancel jobs</h1>${form}
<p><strong>${orMore(counted(cancelled, "job"), found.isMore)}</strong> would end cancelled, free: nothing of ${cancelled === 1 ? "it" : "them"} is sent. So would those that are added meanwhile.</p>
${callOut === 0 ? null : html`<p>${counted(callOut, "job")} would stay: ${callOut === 1 ? "its call is" : "their calls are"} out.</p>`}
${campaignId === undefined ? null : html`<p class="hint">Recipients that the campaign has not put into a queue yet are cancelled with the campaign, on <a href="/console/campaigns/${campaignId}">its page</a>.</p>`}
${cancelled === 0 ? null : actionForm({ action: "cancel-jobs", label: `Cancel ${orMore(counted(cancelled, "job"), found.isMore)}`, fields: filterTexts(query), back: CANCEL_PATH, csrf: viewer.csrf, kind: "danger" })}
<p><a href="/console/jobs">Leave them</a></p>`;
}

async function askAgain({ context, viewer, query }: PageCall): Promise<Html> {
  const { state: _state, ...filter } = jobFilterOf(query);
  const { accountId, operation, campaignId, recipientId, code } = filter;
  const form = filterForm(AGAIN_PATH, query, AGAIN_NAMES);
  if ([accountId, operation, campaignId, recipientId, code].every((one) => one === undefined))
    return html`<h1>Do jobs again</h1>${form}${SAY_WHICH}`;
  const request = { ...filter, maySendTwice: false, dryRun: true, limit: COUNTED_AT_ONCE };
  let reasons: Record<string, number> = {};
  const found = await countOn(async (place: Awaited<ReturnType<typeof context.jobs.redrives.redriveMany>>["next"]) => {
    const {
      next,
      redriven,
      already,
      credits,
      reasons: why,
    } = await context.jobs.redrives.redriveMany({ ...request, place: place ?? undefined });
    reasons = added(reasons, why);
    return { next, counts: { redriven, already, credits } };
  });
  const { redriven = 0, already = 0, credits = 0 } = found.counts;
  const label = `Do ${orMore(counted(redriven, "job"), found.isMore)} again`;
  return html`<h1>Do jobs again</h1>${form}
<p><strong>${orMore(counted(redriven, "job"), found.isMore)}</strong> that did not succeed would be done again as new jobs, for <strong>${orMore(creditsText(credits), found.isMore)}</strong> if each succeeds.</p>
${before(already)}${refusals(reasons)}
${redriven === 0 ? null : actionForm({ action: "redrive-jobs", label, fields: filterTexts(query), back: AGAIN_PATH, csrf: viewer.csrf })}
<p><a href="/console/jobs?state=failed">Leave them</a></p>`;
}

const SAY_WHICH = html`<p>Say which jobs are meant: by account, campaign, recipient, operation or code, at least.</p>`;

type Counting<P> = (place: P) => Promise<{ next: P; counts: Readonly<Record<string, number>> }>;

/** Counts page by page, for as long as a person waits. */
async function countOn<P>(count: Counting<P | null>): Promise<{ counts: Record<string, number>; isMore: boolean }> {
  const startedMs = performance.now();
  let sums: Record<string, number> = {};
  let place: P | null = null;
  for (let calls = 0; calls < MOST_COUNTS && performance.now() - startedMs < COUNT_MS; calls++) {
    const { next, counts } = await count(place);
    sums = added(sums, counts);
    if (next === null) return { counts: sums, isMore: false };
    place = next;
  }
  return { counts: sums, isMore: true };
}

const orMore = (text: string, isMore: boolean) => (isMore ? `${text} or more` : text);
const creditsText = (credits: number) => counted(Math.round(credits * 100) / 100, "credit");
const before = (already: number) =>
  already === 0
    ? null
    : html`<p>${counted(already, "job")} ${already === 1 ? "was" : "were"} done again before, and ${already === 1 ? "is" : "are"} not a second time.</p>`;

function refusals(reasons: Readonly<Record<string, number>>): Html | null {
  const rows = Object.entries(reasons);
  if (rows.length === 0) return null;
  const words: Readonly<Record<string, string>> = {
    ...REDRIVE_REFUSALS,
    may_send_twice: "Nobody knows whether these writes had their effect: look on LinkedIn, then settle each on the page Unknown",
  };
  return html`<ul class="rows" aria-label="Not done again">${rows.map(([why, count]) => html`<li><b>${counted(count, "job")}</b> not: ${words[why] ?? why}</li>`)}</ul>`;
}

function filterForm(path: string, fields: Fields, names: readonly FilterName[]): Html {
  return html`<form method="get" action="${path}" class="filter">${filterFields(fields, { names, states: STATES })}<button class="plain">Count</button></form>`;
}

type Told = Omit<BulkDone, "counts"> & { title: string; path: string; action: BulkAction; said: Html };

function told({ title, path, action, said, cursor, problem }: Told, { fields, viewer }: { fields: Fields; viewer: Viewer }): Html {
  const goOn = { ...filterTexts(fields), ...(cursor === null ? {} : { cursor }) };
  return html`<h1>${title}</h1>
${said}
${problem === null ? null : html`<p class="problem" role="alert">${problem}. Of what came after those, some may have been done: go on, and none is done twice.</p>`}
${cursor === null ? html`<p>That is all of them.</p>` : html`<p>There are more.</p>${actionForm({ action, label: "Go on with the rest", fields: goOn, back: path, csrf: viewer.csrf })}`}
<p><a href="${path}?${new URLSearchParams(filterTexts(fields))}">Count again</a> <a href="/console/jobs">All jobs</a></p>`;
}
