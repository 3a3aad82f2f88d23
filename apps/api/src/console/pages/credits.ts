/** Credits: the day and its budget, a column for each day, then by UTC day, operation, campaign and account, and the wasted by its cause. */
import { OutcomeCode, WASTE_WORDS } from "@linkup-queue/contracts";
import { type CreditReport, type CreditSums, type DayBudget, dayBudgetView } from "@linkup-queue/queue";
import type { ConsolePage } from "../frame/console-page.ts";
import { counted, type Html, html, moment, numberText } from "../frame/html.ts";
import { type ProjectedDay, projectedDay } from "../frame/projected-day.ts";
import { tableFile } from "../frame/table-file.ts";

const DAYS = [7, 30, 90] as const;
/** Rows of one table; GET /v1/credits has all. */
const MOST_ROWS = 100;
const DAY_MS = 86_400_000;
const AMOUNTS = ["charged", "wasted", "uncertain", "redriven"] as const;

export const CREDITS_PAGE: ConsolePage = {
  path: "/console/credits",
  title: "Credits",
  role: "viewer",
  menu: "Credits",
  follows: null,
  render: async ({ context: { engine }, reader, query }) => {
    const { key, dayBudget } = await reader.key();
    const days = DAYS.find((one) => String(one) === query["days"]) ?? 30;
    const report = await engine.credits.read({ days, nowMs: key.nowMs });
    const limit = dayBudget?.limit ?? null;
    const [today] = report.byDay;
    const projected = projectedDay({ spent: (today?.charged ?? 0) + (today?.uncertain ?? 0), nowMs: key.nowMs, limit });
    return html`<h1>Credits</h1>
<h2>Today</h2>
${budgetOf(dayBudget)}
<p>${outlook(projected)}</p>
<form method="get" action="/console/credits" class="filter"><label for="days">days</label> <select id="days" name="days">${DAYS.map(
      (one) => html`<option value="${one}"${one === days ? html` selected` : null}>${one}</option>`,
    )}</select> <button class="plain">Show</button></form>
${plot(report, { limit, projected })}
<dl class="facts">${AMOUNTS.map((name) => html`<div><dt>${name}</dt><dd>${numberText(report.total[name])}</dd></div>`)}</dl>
<p class="hint">Wasted: charged for jobs that did not succeed, and for calls with a dead token. Uncertain: LinkUp did not say. Redriven: of the charged, for jobs that did others again. Days are UTC's.</p>
<p><a class="button" download="credits-${days}-days.csv" href="${fileOf(report)}">Download CSV</a></p>
${wastedByCause(report)}
${table(
  "By day",
  report.byDay.map(({ day, ...rest }) => [html`${day}`, rest]),
)}
${table(
  "By operation",
  report.byOperation.toSorted(dearestFirst).map(({ operation, ...rest }) => [html`${operation}`, rest]),
)}
${table(
  "By campaign",
  report.byCampaign
    .toSorted(dearestFirst)
    .map(({ campaignId, ...rest }) => [html`<a href="/console/campaigns/${campaignId}">${campaignId}</a>`, rest]),
)}
${table(
  "By account",
  report.byAccount
    .toSorted(dearestFirst)
    .map(({ accountId, ...rest }) => [html`<a href="/console/accounts/${accountId}">${accountId}</a>`, rest]),
)}`;
  },
};

/** Each cause with the way to the jobs that ended so; a log-in is no job of anybody's. */
function wastedByCause({ byCause, total }: CreditReport): Html | null {
  if (byCause.length === 0) return null;
  const told = byCause.reduce((sum, { wasted }) => sum + wasted, 0);
  return html`<h2>Wasted by cause</h2><table class="cards"><thead><tr><th scope="col">cause</th><th scope="col">wasted</th></tr></thead><tbody>
${byCause.map(
  ({ cause, wasted }) =>
    html`<tr><th scope="row">${OutcomeCode.safeParse(cause).success ? html`<a href="/console/jobs?code=${cause}" title="${cause}">${WASTE_WORDS[cause]}</a>` : WASTE_WORDS[cause]}</th><td data-label="wasted">${numberText(wasted)}</td></tr>`,
)}</tbody></table>
${total.wasted > told ? html`<p class="hint">Causes are kept for 100 days, from the version on that notes them: ${numberText(total.wasted - told)} of the wasted have none here.</p>` : null}`;
}

function budgetOf(dayBudget: DayBudget | null): Html {
  if (dayBudget === null) return html`<p>No bound is set on a day's credits (LINKUP_MAX_CREDITS_PER_DAY).</p>`;
  const { spent, limit, committed, waiting, resetsAt } = dayBudgetView(dayBudget);
  return html`<p><progress aria-label="${spent} of ${limit} credits are spent" max="${Math.max(1, limit)}" value="${spent}"></progress>
<b>${numberText(spent)} of ${numberText(limit)}</b>, ${numberText(committed)} held for calls that are out. ${counted(waiting, "job")} ${waiting === 1 ? "waits" : "wait"} for the next day, which begins ${moment(resetsAt)}.</p>`;
}

function outlook(projected: ProjectedDay | null): Html {
  if (projected === null) return html`How the day will end is told from its second hour on.`;
  const { credits, spentAtMs } = projected;
  return spentAtMs === null
    ? html`At the pace of its hours so far the day ends with about <b>${counted(credits, "credit")}</b>.`
    : html`At the pace of its hours so far the day's budget is spent ${moment(spentAtMs)}; jobs wait from then on.`;
}

/** A column for each day, the oldest first; what a job of use cost is below, what today may come to is on top. */
function plot({ byDay, total }: CreditReport, { limit, projected }: { limit: number | null; projected: ProjectedDay | null }): Html {
  const days = byDay.toReversed();
  const spent = days.map(({ charged, uncertain }) => charged + uncertain);
  const data = JSON.stringify({
    fromMs: Date.parse(days[0]?.day ?? ""),
    bucketMs: DAY_MS,
    // A call of yesterday's may be known to be wasted today.
    charged: days.map(({ charged, wasted }) => Math.max(0, charged - wasted)),
    wasted: days.map(({ charged, wasted }) => Math.min(charged, wasted)),
    uncertain: days.map(({ uncertain }) => uncertain),
    projected: spent.map((credits, at) => (at === spent.length - 1 ? Math.max(0, (projected?.credits ?? 0) - credits) : 0)),
    line: limit,
  });
  const said = `${numberText(total.charged)} charged, ${numberText(total.wasted)} of it wasted, ${numberText(total.uncertain)} uncertain`;
  return html`<div class="plot" data-plot="credits" data-points="${data}" role="img" aria-label="Credits by day, ${days.length} days: ${said}"></div>
<ul class="legend"><li class="charged">charged, and not wasted</li><li class="wasted">wasted</li><li class="uncertain">uncertain</li><li class="projected">today, at its pace so far</li>${
    limit === null ? null : html`<li class="line">the day's budget</li>`
  }</ul>`;
}

/** All of the tables as one, with a column that says which. */
function fileOf({ byDay, byOperation, byCampaign, byAccount, byCause }: CreditReport): string {
  const rowsOf = (by: string, rows: readonly (CreditSums & { name: string })[]) =>
    rows.map((row) => [by, row.name, ...AMOUNTS.map((amount) => row[amount])]);
  return tableFile([
    ["by", "name", ...AMOUNTS],
    ...rowsOf(
      "day",
      byDay.map((row) => ({ ...row, name: row.day })),
    ),
    ...rowsOf(
      "operation",
      byOperation.map((row) => ({ ...row, name: row.operation })),
    ),
    ...rowsOf(
      "campaign",
      byCampaign.map((row) => ({ ...row, name: row.campaignId })),
    ),
    ...rowsOf(
      "account",
      byAccount.map((row) => ({ ...row, name: row.accountId })),
    ),
    ...byCause.map(({ cause, wasted }) => ["cause", cause, ...AMOUNTS.map((amount) => (amount === "wasted" ? wasted : ""))]),
  ]);
}

const dearestFirst = (one: CreditSums, other: CreditSums): number => other.charged + other.uncertain - one.charged - one.uncertain;

function table(title: string, rows: readonly [Html, CreditSums][]): Html | null {
  if (rows.length === 0) return null;
  return html`<h2>${title}</h2><table class="cards"><thead><tr><th scope="col">${title.slice(3)}</th>${AMOUNTS.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody>
${rows
  .slice(0, MOST_ROWS)
  .map(
    ([name, of]) =>
      html`<tr><th scope="row">${name}</th>${AMOUNTS.map((label) => html`<td data-label="${label}">${numberText(of[label])}</td>`)}</tr>`,
  )}</tbody></table>${rows.length > MOST_ROWS ? html`<p class="hint">The first ${MOST_ROWS} of ${numberText(rows.length)}; all are in the file, and at GET /v1/credits.</p>` : null}`;
}
