/** Credits: the day and its budget, then by UTC day, operation and campaign. */
import { type CreditSums, dayBudgetView } from "@linkup-queue/queue";
import type { ConsolePage } from "../frame/console-page.ts";
import { counted, type Html, html, moment, numberText } from "../frame/html.ts";

const DAYS = [7, 30, 90] as const;
/** Rows of one table; GET /v1/credits has all. */
const MOST_ROWS = 100;

export const CREDITS_PAGE: ConsolePage = {
  path: "/console/credits",
  title: "Credits",
  role: "viewer",
  menu: "Credits",
  follows: null,
  render: async ({ context: { engine }, reader, query }) => {
    const { key, dayBudget } = await reader.key();
    const days = DAYS.find((one) => String(one) === query["days"]) ?? 30;
    const { total, byDay, byOperation, byCampaign } = await engine.credits.read({ days, nowMs: key.nowMs });
    const budget = dayBudget === null ? null : dayBudgetView(dayBudget);
    return html`<h1>Credits</h1>
<h2>Today</h2>
${
  budget === null
    ? html`<p>No bound is set on a day's credits (LINKUP_MAX_CREDITS_PER_DAY).</p>`
    : html`<p><progress aria-label="${budget.spent} of ${budget.limit} credits are spent" max="${Math.max(1, budget.limit)}" value="${budget.spent}"></progress>
<b>${numberText(budget.spent)} of ${numberText(budget.limit)}</b>, ${numberText(budget.committed)} held for calls that are out. ${counted(budget.waiting, "job")} ${budget.waiting === 1 ? "waits" : "wait"} for the next day, which begins ${moment(budget.resetsAt)}.</p>`
}
<form method="get" action="/console/credits" class="filter"><label for="days">days</label> <select id="days" name="days">${DAYS.map(
      (one) => html`<option value="${one}"${one === days ? html` selected` : null}>${one}</option>`,
    )}</select> <button class="plain">Show</button></form>
<dl class="facts">${sums(total).map(([name, value]) => html`<div><dt>${name}</dt><dd>${numberText(value)}</dd></div>`)}</dl>
<p class="hint">Wasted: charged for jobs that did not succeed, and for calls with a dead token. Uncertain: LinkUp did not say. Days are UTC's.</p>
${table(
  "By day",
  byDay.map(({ day, ...rest }) => [html`${day}`, rest]),
)}
${table(
  "By operation",
  byOperation.map(({ operation, ...rest }) => [html`${operation}`, rest]),
)}
${table(
  "By campaign",
  byCampaign.map(({ campaignId, ...rest }) => [html`<a href="/console/campaigns/${campaignId}">${campaignId}</a>`, rest]),
)}`;
  },
};

function sums({ charged, wasted, uncertain, redriven }: CreditSums): [name: string, value: number][] {
  return [
    ["charged", charged],
    ["wasted", wasted],
    ["uncertain", uncertain],
    ["redriven", redriven],
  ];
}

function table(title: string, rows: readonly [Html, CreditSums][]): Html | null {
  if (rows.length === 0) return null;
  return html`<h2>${title}</h2><table class="cards"><thead><tr><th scope="col">${title.slice(3)}</th>${[
    "charged",
    "wasted",
    "uncertain",
    "redriven",
  ].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody>
${rows
  .slice(0, MOST_ROWS)
  .map(
    ([name, of]) =>
      html`<tr><th scope="row">${name}</th>${sums(of).map(([label, value]) => html`<td data-label="${label}">${numberText(value)}</td>`)}</tr>`,
  )}</tbody></table>${rows.length > MOST_ROWS ? html`<p class="hint">The first ${MOST_ROWS} of ${numberText(rows.length)}; all are at GET /v1/credits.</p>` : null}`;
}
