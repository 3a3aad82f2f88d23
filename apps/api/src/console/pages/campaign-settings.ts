/** A campaign's settings in words, each with what holds when it is left out; and its text as it was written. For whoever may read, drafts and ended ones too. */
import type { Campaign, CampaignView } from "@linkup-queue/queue";
import { counted, type Html, html, moment, numberText } from "../frame/html.ts";

type Setting = { name: string; value: Html | string; whenAbsent: string };

const PRIORITIES = {
  urgent: "urgent: before all other jobs; a hundred turns for one of a bulk campaign",
  normal: "normal: before bulk jobs; ten turns for one of a bulk campaign",
  bulk: "bulk: behind urgent and normal jobs",
} as const satisfies Record<CampaignView["priority"], string>;

const ON_UNKNOWN = {
  report: "report: it is told as unknown, and a person looks",
  rerun: "rerun: a read is done again; a write leaves once",
  reconcile: "reconcile: a message or an invitation is looked for on LinkedIn, each look for its credits",
} as const satisfies Record<CampaignView["onUnknown"], string>;

/** `gapDays`: LINKUP_CONTACT_GAP_DAYS of this api. */
export function campaignSettings(view: CampaignView, gapDays: number): Html {
  return html`<h2>Settings</h2>
<table class="cards"><thead><tr><th scope="col">setting</th><th scope="col">value</th><th scope="col">when left out</th></tr></thead><tbody>
${settingsOf(view, gapDays).map(
  ({ name, value, whenAbsent }) =>
    html`<tr><th scope="row">${name}</th><td data-label="value"><span>${value}</span></td><td data-label="when left out"><span>${whenAbsent}</span></td></tr>`,
)}</tbody></table>`;
}

function settingsOf(view: CampaignView, gapDays: number): Setting[] {
  const { operation, steps, accountIds, priority, maxCredits, startAt, expiresAt, handover, onUnknown, contactGapDays, stopOnReply } = view;
  return [
    { name: "operation", value: steps === null ? operation : `a sequence of ${counted(steps.length, "step")}`, whenAbsent: "required" },
    { name: "accounts", value: `${counted(accountIds.length, "account")}, which share the recipients`, whenAbsent: "required" },
    { name: "priority", value: PRIORITIES[priority], whenAbsent: "bulk" },
    {
      name: "maxCredits",
      value: maxCredits === null ? "no bound" : `${counted(maxCredits, "credit")} at most, with those that are out`,
      whenAbsent: "no bound",
    },
    { name: "startAt", value: moment(startAt, "as soon as it is started"), whenAbsent: "as soon as it is started" },
    { name: "expiresAt", value: expiresAt === null ? "never" : html`nothing is sent after ${moment(expiresAt)}`, whenAbsent: "never" },
    {
      name: "handover",
      value: handover
        ? "yes: other accounts take over the share of one that is away"
        : "no: the share of an account that is away waits for it",
      whenAbsent: "no",
    },
    { name: "onUnknown", value: ON_UNKNOWN[onUnknown], whenAbsent: "report" },
    {
      name: "contactGapDays",
      value: gapText(contactGapDays, gapDays),
      whenAbsent: `as LINKUP_CONTACT_GAP_DAYS says: ${gapText(gapDays, 0)}`,
    },
    {
      name: "stopOnReply",
      value: stopOnReply ? "yes: who answers is written to no more" : "no: also who answers is written to",
      whenAbsent: "no; of a sequence yes",
    },
  ];
}

/** The longer of the two holds. */
function gapText(own: number | null, gapDays: number): string {
  const days = Math.max(own ?? 0, gapDays);
  if (days === 0) return "no gap";
  const whose = own !== null && gapDays > own ? `, as LINKUP_CONTACT_GAP_DAYS says; its own ${counted(own, "day")} are fewer` : "";
  return `nobody to whom any account wrote within ${counted(days, "day")}${whose}`;
}

/** The template, not filled; of a sequence that of each step. */
export function campaignText({ definition, revision }: Pick<Campaign, "definition" | "revision">): Html {
  const { operation, input, steps = [{ operation, input }] } = definition;
  return html`<h2>Text</h2>
<p class="hint">Revision ${numberText(revision)}${revision > 1 ? html`: who edited it, and when, is among the <a href="#states">states</a>` : null}. Fields in double braces are filled from the list.</p>
${steps.map(
  (step, at) => html`${steps.length === 1 ? null : html`<h3>${at + 1} ${step.operation}</h3>`}
<dl>${Object.entries(step.input).map(([name, value]) => html`<dt>${name}</dt><dd><blockquote>${typeof value === "string" ? value : JSON.stringify(value)}</blockquote></dd>`)}</dl>`,
)}`;
}
