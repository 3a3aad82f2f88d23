/** Outcomes of one person as a table. */
import type { Outcome } from "@linkup-queue/contracts";
import { counted, type Html, html, moment } from "../frame/html.ts";
import { outcomeText } from "../frame/outcome-words.ts";
import { jobPath } from "./job-rows.ts";

/** `outcomes`: the latest first. */
export function outcomeTable(outcomes: readonly Outcome[]): Html {
  return html`<p>${counted(outcomes.length, "job")} on this page, the latest first.</p>
<table class="cards"><caption class="hint">Times are those of the outcome</caption><thead><tr><th scope="col">time</th><th scope="col">operation</th><th scope="col">account</th><th scope="col">campaign</th><th scope="col">outcome</th><th scope="col">job</th></tr></thead><tbody>
${outcomes.map(
  (outcome) => html`<tr><th scope="row">${moment(outcome.finishedAt)}</th><td data-label="operation">${outcome.operation}</td>
<td data-label="account">${outcome.accountId === null ? "none" : html`<a href="/console/accounts/${outcome.accountId}">${outcome.accountId}</a>`}</td>
<td data-label="campaign">${outcome.campaignId === null ? "none" : html`<a href="/console/campaigns/${outcome.campaignId}">${outcome.campaignId}</a>`}</td>
<td data-label="outcome"><span>${outcomeText(outcome)}</span></td><td data-label="job"><a href="${jobPath(outcome)}">${outcome.jobId}</a></td></tr>`,
)}</tbody></table>`;
}
