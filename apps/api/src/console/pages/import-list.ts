/** The list of a draft: how it is sent, how it was understood, which column each field of the text is taken from, and which rows were refused. */
import { type ErrorValue, NO_COLUMN } from "@linkup-queue/campaign-files";
import { fieldKey, LinkupError } from "@linkup-queue/contracts";
import { type Campaign, fieldUses } from "@linkup-queue/queue";
import { actionForm } from "../frame/actions.ts";
import { columnField, hiddenInput } from "../frame/campaign-form.ts";
import type { ConsolePage, PageCall, Viewer } from "../frame/console-page.ts";
import { counted, type Html, html, numberText } from "../frame/html.ts";
import { tableFile } from "../frame/table-file.ts";
import { textLink } from "../frame/text-link.ts";
import { stateBadge } from "../frame/words.ts";
import { type CampaignLook, type FieldLook, lookAt } from "./campaign-look.ts";
import { stepsBar } from "./import-steps.ts";

/** Refused rows that are shown; the file has all that were told. */
const SHOWN_REFUSED = 20;
const MOST_PASTED = 200_000;

type Refused = { line: number; row?: number | undefined; error: { message: string; issues?: { path: string; message: string }[] } };

/** A list that was just read, as the HTTP api answers it; `error`: why it was not read to its end. */
export type TakenList = {
  accepted: number;
  duplicates: number;
  rejected: Refused[];
  rejectedCount: number;
  columns: Record<string, string>;
  ignoredColumns: string[];
  errorValues: ErrorValue[];
  encoding: string | null;
  error?: { message: string; issues?: { path: string; message: string }[] };
};

export const LIST_PAGE: ConsolePage = {
  path: "/console/campaigns/{id}/list",
  title: "List of a campaign",
  role: "producer",
  menu: null,
  follows: null,
  render: (call) => listBody(call, null),
};

/** The page; `taken`: with what became of a list that was sent just now. */
export async function listBody(
  { context, viewer, params: { id = "" } }: Pick<PageCall, "context" | "viewer" | "params">,
  taken: TakenList | null,
): Promise<Html> {
  const campaign = await context.engine.campaigns.read(id);
  if (campaign === null) throw new LinkupError("not_found", "There is no such campaign");
  const look = await lookAt(context, campaign);
  const { accepted } = campaign.recipients;
  return html`<h1>${campaign.definition.name}</h1>${campaign.state === "draft" ? stepsBar("List") : null}
${taken === null ? null : takenBlock(taken, campaign)}
<p>${counted(accepted, "recipient")} in the list.${accepted === 0 ? null : html` <a class="button" href="/console/campaigns/${id}/start">Go on: check and start</a>`}</p>
${fieldsBlock(campaign, look, { viewer, taken })}${columnsBlock(look)}${sendBlock(id, viewer)}
<p>${textLink(campaign)} <a href="/console/campaigns/${id}">The campaign</a></p>`;
}

function sendBlock(id: string, { csrf }: Viewer): Html {
  return html`<h2>Add a list</h2>
<p>A table with a header row (CSV, as spreadsheets save it), or a line of JSON for each recipient. Each recipient is taken once: the same list again adds nobody.</p>
<form class="stack" data-send-file="/console/do/add-recipients?id=${encodeURIComponent(id)}" hidden>
<label for="file">File</label><input id="file" type="file" required accept=".csv,.tsv,.txt,.ndjson,.jsonl,text/csv,text/plain">
<button>Read the file</button><p class="hint" role="status" data-send-state></p></form>
<noscript><p class="hint">Without a script a list is pasted; a file is for the <a href="/docs">HTTP API</a> or a browser with scripts.</p></noscript>
${actionForm({
  action: "add-recipients",
  label: "Read what was pasted",
  fields: { id },
  back: `/console/campaigns/${id}/list`,
  csrf,
  inside: html`<label for="list">Or paste it, header row first</label><textarea id="list" name="list" rows="6" required maxlength="${MOST_PASTED}" spellcheck="false"></textarea>`,
  layout: "stack",
})}`;
}

function takenBlock(taken: TakenList, { id }: Campaign): Html {
  const { accepted, duplicates, rejected, rejectedCount, error, ignoredColumns, errorValues, encoding } = taken;
  return html`<section aria-labelledby="read-title"><h2 id="read-title">What was read</h2>
${error === undefined ? null : refusedBlock(error, accepted)}
<dl class="facts"><div><dt>new</dt><dd>${numberText(accepted)}</dd></div><div><dt>there already</dt><dd>${numberText(duplicates)}</dd></div>
<div><dt>refused</dt><dd>${numberText(rejectedCount)}</dd></div><div><dt>encoding</dt><dd>${encoding ?? "plain ASCII"}</dd></div></dl>
${ignoredColumns.length === 0 ? null : html`<p>Left out, as no text can name them: ${ignoredColumns.join(", ")}.</p>`}
${errorValues.length === 0 ? null : html`<p>Taken as empty: ${errorValues.map(({ column, value, rows }) => html`<code>${value}</code> in ${column} (${counted(rows, "row")}) `)}</p>`}
${
  rejected.length === 0
    ? null
    : html`<h3>Refused rows</h3><table class="cards"><thead><tr><th scope="col">row of the sheet</th><th scope="col">column</th><th scope="col">why</th></tr></thead><tbody>
${rejected
  .slice(0, SHOWN_REFUSED)
  .map(
    (one) =>
      html`<tr><th scope="row">${one.row ?? one.line}</th><td data-label="column">${pathsOf(one)}</td><td data-label="why">${whyOf(one)}</td></tr>`,
  )}</tbody></table>
<p>${rejectedCount > SHOWN_REFUSED ? html`${numberText(SHOWN_REFUSED)} of ${numberText(rejectedCount)} are shown. ` : null}<a class="button" download="refused-${id}.csv" href="${refusedFile(rejected)}">Download the refused rows</a></p>`
}</section>`;
}

/** Why the list was not read to its end, and what to do; most often its header row. */
function refusedBlock({ message, issues = [] }: NonNullable<TakenList["error"]>, accepted: number): Html {
  const isHeader = issues.some(isMissing) || issues.some(isTwice);
  return html`<p class="problem" role="alert">${message}${issues.map(({ path, message: said }) => html`<br>${path === "" ? null : html`<b>${path}</b> `}${said}`)}</p>
<p class="remedy">${accepted === 0 ? "Nothing of this list was taken." : "What came before it was taken."}${
    issues.some(isMissing)
      ? " Rename the column in the first row of the list; or give the text another field, or a default as in {{name|there}}; or say below which column is meant."
      : null
  }${issues.some(isTwice) ? " Rename or take out all but one of the columns of one name." : null}${isHeader ? " Then send the list again." : " Mend it, and send the list again: who was taken is not taken twice."}</p>`;
}

type HeaderIssue = { path: string; message: string };
/** Whether the header row lacks a column that the text needs; whether it has several of its name. */
const isMissing = ({ message }: HeaderIssue) => message.includes(NO_COLUMN);
const isTwice = ({ path, message }: HeaderIssue) => path !== "" && message.includes("names this column twice");

const pathsOf = ({ error }: Refused) => (error.issues ?? []).map(({ path }) => path).join(", ");
const whyOf = ({ error }: Refused) => (error.issues ?? []).map(({ message }) => message).join("; ") || error.message;

/** All that were told, as a table; nothing of it is kept here. */
function refusedFile(rejected: readonly Refused[]): string {
  const rows = [
    ["row", "line", "column", "why"],
    ...rejected.map((one) => [String(one.row ?? ""), String(one.line), pathsOf(one), whyOf(one)]),
  ];
  return tableFile(rows);
}

function fieldsBlock(campaign: Campaign, look: CampaignLook, { viewer, taken }: { viewer: Viewer; taken: TakenList | null }): Html | null {
  const { fields, columns, looked, isAll } = look;
  const issues = (taken?.error?.issues ?? []).filter((issue) => isMissing(issue) || isTwice(issue));
  if (fields.length === 0 || (looked === 0 && issues.length === 0)) return null;
  const names = columns.map(({ name }) => name);
  // Of a header row that was refused only columns that it lacks can be said to be others.
  const asked = looked > 0 ? fields : fields.filter(({ name }) => issues.some((issue) => issue.path === name && isMissing(issue)));
  const needed = new Set(fieldUses(campaign.definition).flatMap(({ name, isNeeded }) => (isNeeded ? [fieldKey(name)] : [])));
  return html`<section aria-labelledby="fields-title"><h2 id="fields-title">Fields of the text</h2>
${isAll ? null : html`<p class="hint">Of the first ${numberText(looked)} recipients that are left.</p>`}
${looked > 0 && issues.length > 0 ? html`<p class="hint">In the recipients that are in the list already; the one that was refused is not among them.</p>` : null}
<table class="cards"><thead><tr><th scope="col">field</th>${campaign.definition.steps === undefined ? null : html`<th scope="col">in step</th>`}<th scope="col">filled</th><th scope="col">default used</th><th scope="col">empty</th><th scope="col">found</th></tr></thead><tbody>
${fields.map((field) => {
  const found =
    looked > 0
      ? verdict(field)
      : headerVerdict(
          issues.find(({ path }) => path === field.name),
          needed.has(fieldKey(field.name)),
        );
  return html`<tr><th scope="row">${field.name}</th>${campaign.definition.steps === undefined ? null : html`<td data-label="in step">${field.steps.join(", ")}</td>`}<td data-label="filled">${numberText(field.filled)}</td>
<td data-label="default used">${numberText(field.default)}</td><td data-label="empty">${numberText(field.empty)}</td><td data-label="found">${found}</td></tr>`;
})}</tbody></table>
${asked.length > 0 && viewer.may("take-columns") ? mapForm(campaign, { fields: asked, names, viewer }) : null}</section>`;
}

function verdict({ filled, default: byDefault, meant }: FieldLook): Html {
  if (filled > 0) return byDefault === 0 ? stateBadge("filled for all", "good") : stateBadge("some take the default", "wait");
  return html`${stateBadge("nobody fills it", "bad")}${meant === null ? null : html` A column is called <b>${meant}</b>: is it meant?`}`;
}

/** Of a header row that was refused, before anybody is in the list. */
function headerVerdict(issue: HeaderIssue | undefined, isNeeded: boolean): Html {
  if (issue !== undefined)
    return isTwice(issue) ? stateBadge("two columns have this name", "bad") : stateBadge("no column has this name", "bad");
  return isNeeded ? stateBadge("a column has this name", "good") : stateBadge("has a default, needs no column", "calm");
}

function mapForm(
  { id, revision, definition }: Campaign,
  { fields, names, viewer }: { fields: readonly FieldLook[]; names: readonly string[]; viewer: Viewer },
): Html {
  const { operation, input, steps } = definition;
  const back = `/console/campaigns/${id}/list`;
  return actionForm({
    ...(steps === undefined
      ? { action: "take-columns", fields: { id, operation, ...hiddenInput(input) } }
      : { action: "change-steps", fields: { id, revision: String(revision), change: "columns" } }),
    label: "Take them from these columns",
    back,
    csrf: viewer.csrf,
    layout: "stack",
    inside: html`${fields.map((field) => {
      const name = columnField(field.name);
      const label = html`<label for="${name}">Column for ${field.name}</label>`;
      if (names.length === 0)
        return html`${label}<input id="${name}" name="${name}" maxlength="60" placeholder="as the header row calls it">`;
      const chosen = names.includes(field.name) ? field.name : field.meant;
      return html`${label}<select id="${name}" name="${name}"><option value="">as it is</option>${names.map(
        (one) => html`<option value="${one}"${one === chosen ? html` selected` : null}>${one}</option>`,
      )}</select>`;
    })}`,
  });
}

function columnsBlock({ columns }: CampaignLook): Html | null {
  if (columns.length === 0) return null;
  return html`<section aria-labelledby="columns-title"><h2 id="columns-title">Columns of the list</h2>
<table class="cards"><thead><tr><th scope="col">column</th><th scope="col">taken as</th><th scope="col">some of its cells</th></tr></thead><tbody>
${columns.map(
  ({ name, cells, field }) => html`<tr><th scope="row">${name}</th><td data-label="taken as">${field ?? "kept, not in the text"}</td>
<td data-label="some of its cells">${cells.join(" · ")}</td></tr>`,
)}</tbody></table></section>`;
}
