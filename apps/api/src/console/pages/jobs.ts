/** Jobs: found by id or idempotency key, and listed by state, account and operation with the reason why each waits. */
import { AccountId, LinkupError, OPERATION_NAMES, OperationName } from "@linkup-queue/contracts";
import { JOB_STATES, JobPlace, JobState } from "@linkup-queue/queue";
import { fromCursor, toCursor } from "../../http/page.ts";
import { findJobs, idsOfKey } from "../../jobs/find-jobs.ts";
import type { ConsolePage, PageCall } from "../frame/console-page.ts";
import { counted, type Html, html } from "../frame/html.ts";
import { bulkPath } from "./bulk.ts";
import { jobTable } from "./job-rows.ts";

const SHOWN = 50;
const LONGEST_ID = 1_000;

export const JOBS_PAGE: ConsolePage = {
  path: "/console/jobs",
  title: "Jobs",
  role: "viewer",
  menu: "Jobs",
  follows: "reload",
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
function bulkLinks({ viewer, query: { state = "", account = "", operation = "" } }: PageCall): Html | null {
  const isNamed = account !== "" || operation !== "";
  if (!isNamed || !viewer.may("cancel-jobs")) return null;
  const mayEnd = state === "" || state === "waiting" || state === "parked" || state === "delayed";
  const mayBeDoneAgain = state === "" || state === "failed";
  return html`<p class="buttons">
${mayEnd ? html`<a class="button" href="${bulkPath("cancel-jobs", { account, operation, state })}">Cancel all of these</a>` : null}
${mayBeDoneAgain ? html`<a class="button" href="${bulkPath("redrive-jobs", { account, operation })}">Do those again that did not succeed</a>` : null}</p>`;
}

async function list(call: PageCall): Promise<Html> {
  const { context, query, reader, viewer } = call;
  const { state = "", account = "", operation = "", cursor } = query;
  const filter = {
    state: JobState.safeParse(state).data,
    accountId: AccountId.safeParse(account).data,
    operation: OperationName.safeParse(operation).data,
  };
  const { rows, next } = await context.jobs.pages.read(filter, { place: fromCursor(cursor, JobPlace), limit: SHOWN });
  const address = next === null ? null : `/console/jobs?${new URLSearchParams({ state, account, operation, cursor: toCursor(next) })}`;
  const accounts = (await reader.accounts()).map(({ id }) => id);
  const option = (name: string, chosen: string) =>
    html`<option value="${name}"${name === chosen ? html` selected` : null}>${name}</option>`;
  return html`<form method="get" action="/console/jobs" class="filter">
<label for="state">state</label> <select id="state" name="state"><option value="">all</option>${JOB_STATES.map((name) => option(name, state))}</select>
<label for="account">account</label> <input id="account" name="account" value="${account}" maxlength="100" list="accounts">
<datalist id="accounts">${accounts.slice(0, SHOWN).map((id) => html`<option value="${id}"></option>`)}</datalist>
<label for="operation">operation</label> <select id="operation" name="operation"><option value="">all</option>${OPERATION_NAMES.map((name) => option(name, operation))}</select>
<button class="plain">Show</button></form>
${bulkLinks(call)}
${rows.length === 0 ? html`<p>${next === null ? "There is none." : "None among those that were looked at."}</p>` : jobTable(rows, viewer.csrf)}
${address === null ? null : html`<p><a href="${address}">Go on</a></p>`}
<p class="hint">Of jobs that ended, those that BullMQ still keeps are listed; any is found by its id as long as its outcome is kept.</p>`;
}
