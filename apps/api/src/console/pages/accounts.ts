/** Accounts: cards, those that need a person first; the field for a code; one account with its jobs and its log-in. */
import { OVERRIDABLE_RULES } from "@linkup-queue/contracts";
import { type Account, type AccountDay, accountAdvice, accountWhy } from "@linkup-queue/queue";
import { actionForm } from "../frame/actions.ts";
import type { ConsolePage, PageCall, PageTable, Viewer } from "../frame/console-page.ts";
import { counted, type Html, html, moment, numberText } from "../frame/html.ts";
import { pageAdvice } from "../frame/page-advice.ts";
import { pastStates } from "../frame/past-states.ts";
import { sparkline } from "../frame/sparkline.ts";
import { tableLink } from "../frame/table-link.ts";
import { accountState } from "../frame/words.ts";
import { rulesBlock } from "./account-rules.ts";
import { jobPath } from "./job-rows.ts";
import { mustReadAccount } from "./must-read-account.ts";

const SHOWN = 50;
/** Accounts of a table that are read together. */
const AT_ONCE = 500;
/** Days of a card's drawing. */
const DAYS = 7;
const ORDER: readonly Account["state"][] = ["awaiting_code", "needs_attention", "cooling", "refreshing", "disabled", "active"];
/** The filters, by their word in the address. */
const FILTERS: Readonly<Record<string, { label: string; fits: (account: Account) => boolean }>> = {
  all: { label: "all", fits: () => true },
  needs: { label: "need a person", fits: ({ state }) => state === "awaiting_code" || state === "needs_attention" },
  away: { label: "away", fits: ({ state }) => state !== "active" },
  active: { label: "active", fits: ({ state }) => state === "active" },
};

/** The accounts that the filters mean, those that need a person first. */
function filtered(accounts: readonly Account[], { state = "all", find = "" }: PageCall["query"]): Account[] {
  const filter = Object.hasOwn(FILTERS, state) ? FILTERS[state] : FILTERS["all"];
  return accounts
    .filter((account) => (filter?.fits(account) ?? true) && account.id.includes(find))
    .sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || (a.id < b.id ? -1 : 1));
}

const ACCOUNT_FILE: PageTable = {
  file: "accounts",
  head: ["account", "state", "why", "until", "jobs held", "last log-in", "calls today", "credits today"],
  // All accounts are in hand, as every page reads them; of their calls and credits so many at a time.
  pages: async function* ({ context, reader, query }) {
    const { nowMs } = (await reader.key()).key;
    const found = filtered(await reader.accounts(), query);
    for (let from = 0; from < found.length; from += AT_ONCE) {
      const some = found.slice(from, from + AT_ONCE);
      const used = await context.engine.credits.ofAccounts({ ids: some.map(({ id }) => id), days: 1, nowMs });
      yield some.map((account) => fileRow(account, used.get(account.id)?.at(-1)));
    }
  },
};

function fileRow({ id, state, why, coolingUntil, parked, lastRefreshAt }: Account, today: AccountDay | undefined) {
  const calls = today?.calls ?? 0;
  return [
    id,
    state.replaceAll("_", " "),
    why === "" ? null : accountWhy(why),
    coolingUntil,
    parked,
    lastRefreshAt,
    calls,
    today?.charged ?? 0,
  ];
}

export const ACCOUNT_PAGES: readonly ConsolePage[] = [
  { path: "/console/accounts", title: "Accounts", role: "viewer", menu: "Accounts", follows: "reload", render: list, table: ACCOUNT_FILE },
  { path: "/console/accounts/{id}", title: "Account", role: "viewer", menu: null, follows: "reload", render: one },
];

async function list({ context, reader, viewer, query, here }: PageCall): Promise<Html> {
  const { state = "all", find = "", from = "0" } = query;
  const found = filtered(await reader.accounts(), query);
  const start = /^\d{1,9}$/.test(from) ? Number(from) : 0;
  const shown = found.slice(start, start + SHOWN);
  const { key } = await reader.key();
  const used = await context.engine.credits.ofAccounts({ ids: shown.map(({ id }) => id), days: DAYS, nowMs: key.nowMs });
  const address = (more: Record<string, string>) => `/console/accounts?${new URLSearchParams({ state, find, ...more })}`;
  return html`<h1>Accounts</h1>
<form method="get" action="/console/accounts" class="filter">
<label for="state">show</label> <select id="state" name="state">${Object.entries(FILTERS).map(
    ([name, { label }]) => html`<option value="${name}"${name === state ? html` selected` : null}>${label}</option>`,
  )}</select>
<label for="find">id holds</label> <input id="find" name="find" value="${find}" maxlength="100"> <button class="plain">Show</button></form>
<p>${counted(found.length, "account")}${shown.length < found.length ? html`, ${start + 1} to ${start + shown.length} shown` : null}.</p>
<ul class="legend"><li class="calls">calls that left</li><li class="charged">credits, of the last ${DAYS} days, which are UTC's</li></ul>
<ul class="rows">${shown.map((account) => html`<li>${accountNeed(account, { viewer, back: here, days: used.get(account.id) })}</li>`)}</ul>
${shown.length === 0 ? null : tableLink("/console/accounts", { state, find })}
<p>${start > 0 ? html`<a href="${address({ from: String(Math.max(0, start - SHOWN)) })}">Before</a> ` : null}${
    start + SHOWN < found.length ? html`<a href="${address({ from: String(start + SHOWN) })}">More</a>` : null
  }</p>`;
}

type Card = { viewer: Viewer; back: string /** Left out: no drawing of them. */; days?: readonly AccountDay[] | undefined };

/** An account with its state, why, what to do, and the forms for it. */
export function accountNeed(account: Account, { viewer, back, days }: Card): Html {
  const { id, parked, lastRefreshAt, coolingUntil, rests, overrides } = account;
  const advice = pageAdvice(accountAdvice(account) ?? "");
  return html`<div><a href="/console/accounts/${id}"><b>${id}</b></a> ${accountState(account)}${
    coolingUntil === null ? null : html` until ${moment(coolingUntil)}`
  }${parked === 0 ? null : html`, ${counted(parked, "job")} held`}</div>
${advice === "" ? null : html`<p class="remedy">${advice}</p>`}
${rests.map(({ scope, cause, until }) => html`<p>${scope.replaceAll("_", " ")} rests: ${accountWhy(cause)}; until ${until === null ? "a person ends it" : moment(until)}</p>`)}
${overrides.map(({ rule, until }) => html`<p>urgent jobs pass ${RULE_NAMES[rule]} until ${moment(until)}</p>`)}
${days === undefined ? null : sparkline(days)}
<p class="hint">last log-in ${moment(lastRefreshAt)}; <a href="/console/campaigns?${new URLSearchParams({ state: "not over", sender: id })}">its campaigns</a></p>
<div class="buttons">${accountForms(account, { viewer, back })}</div>`;
}

function accountForms({ id, state, why }: Account, { viewer, back }: { viewer: Viewer; back: string }): Html {
  const { csrf } = viewer;
  const fields = { id };
  const takesCode = state === "awaiting_code" && why !== "verifying" && viewer.may("give-code");
  const isTroubled = state === "needs_attention" || state === "disabled" || state === "cooling";
  return html`${takesCode ? actionForm({ action: "give-code", label: "Give the code", fields, back, csrf, inside: codeField(id) }) : null}
${isTroubled && viewer.may("resume-account") ? actionForm({ action: "resume-account", label: state === "disabled" ? "Resume" : "Try again", fields, back, csrf }) : null}
${state === "needs_attention" && viewer.may("change-password") ? html`<a class="button" href="/console/accounts/${id}#log-in">New password</a>` : null}
${state === "active" && viewer.may("pause-account") ? actionForm({ action: "pause-account", label: "Pause", fields, back, csrf }) : null}`;
}

function codeField(id: string): Html {
  return html`<label for="code-${id}">code for ${id}</label>
<input id="code-${id}" name="code" autocomplete="one-time-code" inputmode="numeric" required maxlength="20" size="8">`;
}

async function one(call: PageCall): Promise<Html> {
  const { context, reader, viewer, here } = call;
  const account = await mustReadAccount(call);
  const { id } = account;
  const { key } = await reader.key();
  const [rules, used, { rows }] = await Promise.all([
    context.engine.accounts.rulesOf(id),
    context.engine.credits.ofAccounts({ ids: [id], days: DAYS, nowMs: key.nowMs }),
    context.jobs.pages.read({ accountId: id, state: "parked" }, { place: undefined, limit: SHOWN }),
  ]);
  const { csrf } = viewer;
  return html`<h1>${id}</h1>
${accountNeed(account, { viewer, back: here, days: used.get(id) })}
<dl class="facts"><div><dt>registered</dt><dd>${moment(account.createdAt)}</dd></div><div><dt>token</dt><dd>number ${account.epoch}</dd></div>
<div><dt>country</dt><dd>${account.country ?? "not set"}</dd></div><div><dt>calls at once</dt><dd>${account.maxInFlight ?? "as the settings say"}</dd></div>
<div><dt>jobs held</dt><dd>${numberText(account.parked)}</dd></div></dl>
${rulesBlock(account, rules)}
${viewer.may("change-rules") ? html`<p><a class="button" href="/console/accounts/${id}/rules">Change its rules</a></p>` : null}
${
  rows.length === 0
    ? null
    : html`<h2>Jobs in their turn</h2><ol>${rows.map((row) => html`<li><a href="${jobPath(row)}">${row.operation}</a>, added ${moment(row.enqueuedAt)}</li>`)}</ol>`
}
${
  viewer.may("override-rule")
    ? html`<h2 id="override">Something urgent</h2>${actionForm({ action: "override-rule", label: "Let urgent jobs pass", fields: { id }, back: here, csrf, inside: overrideFields() })}`
    : null
}
${
  viewer.may("change-password")
    ? html`<h2 id="log-in">Another password</h2>${actionForm({ action: "change-password", label: "Log in with these", fields: { id }, back: here, csrf, inside: logInFields() })}`
    : null
}
${pastStates(await context.engine.pastStates({ accountId: id }), accountWhy)}
${viewer.may("remove-account") ? html`<p><a class="button danger" href="/console/accounts/${id}/remove">Remove the account</a></p>` : null}`;
}

function logInFields(): Html {
  return html`<label for="email">e-mail of the member</label><input id="email" name="email" type="email" autocomplete="off" required maxlength="320">
<label for="password">password</label><input id="password" name="password" type="password" autocomplete="new-password" required maxlength="1000">`;
}

function overrideFields(): Html {
  return html`<p class="hint">For a while urgent jobs of no campaign pass one rule of the account. They count as ever.</p>
<label for="rule">rule</label><select id="rule" name="rule">${OVERRIDABLE_RULES.map((rule) => html`<option value="${rule}">${RULE_NAMES[rule]}</option>`)}</select>
<label for="hours">for</label><select id="hours" name="hours">${[1, 2, 4, 8].map((hours) => html`<option value="${hours}">${counted(hours, "hour")}</option>`)}<option value="0">no longer: the rule holds again</option></select>`;
}

const RULE_NAMES = { hours: "its hours", account_cap: "its caps", account_pace: "its pace" } as const;
