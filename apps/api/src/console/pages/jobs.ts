/** Jobs: found by id or idempotency key, and listed by account, campaign, recipient, operation, state, code and time, with the reason why each waits. */
import { LinkupError } from "@linkup-queue/contracts";
import { JobPlace } from "@linkup-queue/queue";
import { fromCursor, toCursor } from "../../http/page.ts";
import { findJobs, idsOfKey } from "../../jobs/find-jobs.ts";
import type { ConsolePage, PageCall } from "../frame/console-page.ts";
import { counted, type Html, html } from "../frame/html.ts";
import { filterFields, filterTexts, jobFilterOf } from "../frame/job-filter.ts";
import { tableLink } from "../frame/table-link.ts";
import { bulkPath } from "./bulk.ts";
import { JOB_FILE } from "./job-file.ts";
import { jobTable } from "./job-rows.ts";

const SHOWN = 50;
const LONGEST_ID = 1_000;

export const JOBS_PAGE: ConsolePage = {
  path: "/console/jobs",
  title: "Jobs",
  role: "viewer",
  menu: "Jobs",
  follows: "reload",
  table: JOB_FILE,
  render: async (call) => {
    const { find = "" } = call.query;
    return html`<h1>Jobs</h1>
<form method="get" action="/console/jobs" class="filter">
<label for="find">id or idempotency key</label> <input id="find" name="find" value="${find}" maxlength="${LONGEST_ID}" required> <button class="plain">Find</button></form>
${find === "" ? await list(call) : await found(call, find)}`;
  },
};

/** Whatever has this id, or was added under this key by one of the tokens or the command line. */
async function found({ context, viewer }: PageCall, find: string): Promise<Html> {
  if (find.length > LONGEST_ID || /\p{Cc}/u.test(find)) throw new LinkupError("invalid_input", "This is no id and no key");
  const all = await findJobs(context, [find, ...idsOfKey(context, find)]);
  return html`<p>${all.length === 0 ? "No job has this id or key (any more)." : counted(all.length, "job")} <a href="/console/jobs">All jobs</a></p>
${all.length === 0 ? null : jobTable(all, viewer.csrf)}`;
}

/** The ways to change all of these at once; each counts and prices them first. */
function bulkLinks({ viewer, query }: PageCall): Html | null {
  const { state = "", account = "", operation = "", campaign = "", recipient = "", code = "" } = query;
  const isNamed = [account, operation, campaign, recipient].some((one) => one !== "");
  if (!viewer.may("cancel-jobs")) return null;
  const mayEnd = isNamed && code === "" && (state === "" || state === "waiting" || state === "parked" || state === "delayed");
  const mayBeDoneAgain = (isNamed || code !== "") && (state === "" || state === "failed");
  const { state: _state, ...ended } = filterTexts(query);
  return html`<p class="buttons">
${mayEnd ? html`<a class="button" href="${bulkPath("cancel-jobs", filterTexts(query))}">Cancel all of these</a>` : null}
${mayBeDoneAgain ? html`<a class="button" href="${bulkPath("redrive-jobs", ended)}">Do those again that did not succeed</a>` : null}</p>`;
}

async function list(call: PageCall): Promise<Html> {
  const { context, query, reader, viewer } = call;
  const filter = jobFilterOf(query);
  const { pages } = context.jobs;
  const { rows, next } = await pages.read(filter, { place: fromCursor(query["cursor"], JobPlace), limit: SHOWN });
  const outcomes = await pages.outcomes(rows);
  const shown = rows.map((row, at) => ({ ...row, outcome: outcomes[at] ?? null }));
  const address = next === null ? null : `/console/jobs?${new URLSearchParams({ ...filterTexts(query), cursor: toCursor(next) })}`;
  const accounts = (await reader.accounts()).slice(0, SHOWN).map(({ id }) => id);
  return html`<form method="get" action="/console/jobs" class="filter">${filterFields(query, { accounts })}<button class="plain">Show</button></form>
${bulkLinks(call)}
${rows.length === 0 ? html`<p>${next === null ? "There is none." : "None among those that were looked at."}</p>` : html`${jobTable(shown, viewer.csrf)}${tableLink("/console/jobs", filterTexts(query))}`}
${address === null ? null : html`<p><a href="${address}">Go on</a></p>`}
<p class="hint">Of jobs that ended, those that BullMQ still keeps are listed; any is found by its id as long as its outcome is kept, and those for one person on the page <a href="/console/people">People</a>.</p>`;
}
