/** All campaigns, the ended ones too: filtered by state, sender, operation and words, a page at a time. */
import type { Cell } from "@linkup-queue/campaign-files";
import { OPERATION_NAMES, OUTCOME_STATUSES } from "@linkup-queue/contracts";
import { type Account, CAMPAIGN_STATES, type Campaign, CampaignId, campaignView, campaignWhy, type Load } from "@linkup-queue/queue";
import type { ApiContext } from "../../http/api-context.ts";
import { fromCursor, toCursor } from "../../http/page.ts";
import type { PageCall, PageTable } from "../frame/console-page.ts";
import { type Html, html, moment, numberText } from "../frame/html.ts";
import { tableLink } from "../frame/table-link.ts";
import { accountState, campaignState } from "../frame/words.ts";

const SHOWN = 50;
/** Senders of a campaign that are shown by themselves. */
const SENDERS_SHOWN = 3;
/** A person waits so long for a page, ms. */
const LOOK_MS = 1_000;
const IS_OVER: ReadonlySet<string> = new Set(["ended", "cancelled"]);
const STATES = ["all", "not over", ...CAMPAIGN_STATES] as const;
const PATH = "/console/campaigns";

type Query = PageCall["query"];

export async function listCampaigns({ context, reader, query, viewer }: PageCall): Promise<Html> {
  const { found, next } = await look(context, query);
  const [load, accounts] = await Promise.all([context.engine.load(found), reader.accounts()]);
  const known = new Map(accounts.map((account) => [account.id, account]));
  const filter = {
    state: query["state"] ?? "",
    sender: query["sender"] ?? "",
    operation: query["operation"] ?? "",
    find: query["find"] ?? "",
  };
  const more = next === null ? null : `${PATH}?${new URLSearchParams({ ...filter, cursor: toCursor(next) })}`;
  const none = next === null ? "There is no such campaign." : "None among those that were looked at.";
  return html`<h1>Campaigns</h1>
${viewer.may("make-campaign") ? html`<p><a class="button" href="${PATH}/~new">New campaign</a></p>` : null}
${filterForm(query, accounts)}
${found.length === 0 ? html`<p>${none}</p>` : html`${campaignTable(found, { load, known })}${tableLink(PATH, filter)}`}
${more === null ? null : html`<p><a href="${more}">Go on</a></p>`}`;
}

export const CAMPAIGN_FILE: PageTable = {
  file: "campaigns",
  head: [
    "campaignId",
    "name",
    "state",
    "why",
    "operation",
    "recipients",
    "done",
    ...OUTCOME_STATUSES,
    "left",
    "a minute",
    "ends about",
    "credits",
    "most credits",
    "senders",
  ],
  pages: async function* ({ context: { engine }, query }) {
    for (let afterId: string | undefined; ; ) {
      const { campaigns, next } = await engine.campaigns.list({ afterId, limit: SHOWN });
      const found = campaigns.filter((campaign) => fits(campaign, query));
      const load = found.length === 0 ? null : await engine.load(found);
      yield load === null ? [] : found.map((campaign) => cellsOf(campaign, load));
      if (next === null) return;
      afterId = next;
    }
  },
};

function cellsOf(campaign: Campaign, load: Load): Cell[] {
  const { campaignId, name, state, why, stalled, stalledWhy, operation, recipients, byStatus, ...view } = campaignView(campaign, load);
  return [
    campaignId,
    name,
    stalled ? `${state}, stalled` : state,
    campaignWhy(stalled ? stalledWhy : why),
    operation,
    recipients.accepted,
    recipients.ended,
    ...OUTCOME_STATUSES.map((status) => byStatus[status] ?? 0),
    recipients.unsent,
    view.ratePerMinute,
    IS_OVER.has(state) ? campaign.endedAt : view.estimate.finishAt,
    view.credits.charged,
    view.maxCredits,
    view.accountIds.join(" "),
  ];
}

/** In the order of their ids. `next`: behind which id to look on; null at the end. */
async function look({ engine }: ApiContext, query: Query): Promise<{ found: Campaign[]; next: string | null }> {
  const startedMs = performance.now();
  const found: Campaign[] = [];
  let afterId: string | undefined = fromCursor(query["cursor"], CampaignId);
  for (;;) {
    const { campaigns, next } = await engine.campaigns.list({ afterId, limit: SHOWN });
    for (const campaign of campaigns) {
      if (!fits(campaign, query)) continue;
      found.push(campaign);
      if (found.length === SHOWN) return { found, next: campaign.id };
    }
    if (next === null || performance.now() - startedMs > LOOK_MS) return { found, next };
    afterId = next;
  }
}

function fits({ id, state, definition }: Campaign, { state: wanted = "", sender = "", operation = "", find = "" }: Query): boolean {
  const { name, accountIds } = definition;
  const words = find.trim().toLowerCase();
  return (
    (wanted === "" || wanted === "all" || (wanted === "not over" ? !IS_OVER.has(state) : state === wanted)) &&
    (sender === "" || accountIds.includes(sender)) &&
    (operation === "" || definition.operation === operation) &&
    (words === "" || name.toLowerCase().includes(words) || id.toLowerCase().includes(words))
  );
}

function filterForm({ state = "all", sender = "", operation = "", find = "" }: Query, accounts: readonly Account[]): Html {
  const option = (name: string, chosen: string) =>
    html`<option value="${name}"${name === chosen ? html` selected` : null}>${name}</option>`;
  return html`<form method="get" action="${PATH}" class="filter">
<label for="state">state</label> <select id="state" name="state">${STATES.map((name) => option(name, state))}</select>
<label for="sender">sender</label> <input id="sender" name="sender" value="${sender}" maxlength="100" list="senders">
<datalist id="senders">${accounts.slice(0, SHOWN).map(({ id }) => html`<option value="${id}"></option>`)}</datalist>
<label for="operation">operation</label> <select id="operation" name="operation"><option value="">all</option>${OPERATION_NAMES.map((name) => option(name, operation))}</select>
<label for="find">name or id holds</label> <input id="find" name="find" value="${find}" maxlength="100"> <button class="plain">Show</button></form>`;
}

type Of = { load: Load; known: ReadonlyMap<string, Account> };

function campaignTable(campaigns: readonly Campaign[], of: Of): Html {
  return html`<table class="cards"><thead><tr><th scope="col">campaign</th><th scope="col">state</th><th scope="col">done</th><th scope="col">left</th><th scope="col">a minute</th><th scope="col">ends about</th><th scope="col">credits</th><th scope="col">senders</th></tr></thead><tbody>
${campaigns.map((campaign) => campaignRow(campaign, of))}</tbody></table>`;
}

function campaignRow(campaign: Campaign, { load, known }: Of): Html {
  const {
    campaignId,
    name,
    state,
    why,
    stalled,
    stalledWhy,
    recipients,
    byStatus,
    credits,
    maxCredits,
    ratePerMinute,
    estimate,
    accountIds,
  } = campaignView(campaign, load);
  const ends = IS_OVER.has(state) ? moment(campaign.endedAt) : moment(estimate.finishAt, "not known");
  const counts = OUTCOME_STATUSES.flatMap((status) =>
    (byStatus[status] ?? 0) === 0 ? [] : [`${numberText(byStatus[status] ?? 0)} ${status}`],
  );
  return html`<tr><th scope="row"><a href="${PATH}/${campaignId}">${name}</a> <span class="why">${campaignId}</span></th>
<td data-label="state"><span>${campaignState(state, stalled)} <span class="why">${(stalled ? stalledWhy : why).replaceAll("_", " ")}</span></span></td>
<td data-label="done"><span><progress aria-label="${name}: ${recipients.ended} of ${recipients.accepted} recipients have their outcome" max="${Math.max(1, recipients.accepted)}" value="${recipients.ended}"></progress> ${numberText(recipients.ended)} of ${numberText(recipients.accepted)}<br><span class="why">${counts.join(", ")}</span></span></td>
<td class="number" data-label="left">${numberText(recipients.unsent)}</td><td class="number" data-label="a minute">${numberText(ratePerMinute)}</td>
<td data-label="ends about">${ends}</td>
<td class="number" data-label="credits">${numberText(credits.charged)}${maxCredits === null ? null : html` of ${numberText(maxCredits)}`}</td>
<td data-label="senders"><span>${accountIds.slice(0, SENDERS_SHOWN).map((id) => senderText(id, known.get(id)))}${
    accountIds.length > SENDERS_SHOWN ? html`and ${numberText(accountIds.length - SENDERS_SHOWN)} more` : null
  }</span></td></tr>`;
}

function senderText(id: string, account: Account | undefined): Html {
  return html`<a href="/console/accounts/${id}">${id}</a> ${account === undefined ? "not there" : accountState(account)}<br>`;
}
