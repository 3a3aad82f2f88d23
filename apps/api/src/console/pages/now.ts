/** Now: what needs a person, the window, the day's outcomes, the queues, the campaigns that run, the workers. */
import { OUTCOME_STATUSES, WAIT_WORDS } from "@linkup-queue/contracts";
import { type Finding, keyAdvice, QUARTER_MS } from "@linkup-queue/queue";
import { actionForm } from "../frame/actions.ts";
import type { ConsolePage, Viewer } from "../frame/console-page.ts";
import { counted, type Html, html, moment, numberText } from "../frame/html.ts";
import type { Now } from "../frame/now-reader.ts";
import { pageAdvice } from "../frame/page-advice.ts";
import { findingLevel, stateBadge } from "../frame/words.ts";
import { accountNeed } from "./accounts.ts";
import { campaignBar } from "./campaign-bar.ts";

/** A worker that was not seen for so long may be gone, ms. */
const LATE_MS = 15_000;
const SHOWN_CAMPAIGNS = 5;
const SHOWN_ACCOUNTS = 20;

export const NOW_PAGE: ConsolePage = {
  path: "/console",
  title: "Now",
  role: "viewer",
  menu: "Now",
  follows: "now",
  render: async ({ reader, viewer }) => nowBody(await reader.now(), viewer),
};

/** The page, also as the stream tells it anew. */
export function nowBody(now: Now, viewer: Viewer): Html {
  return html`<h1>Now</h1>
${needs(now, viewer)}${windowBlock(now)}${throughput(now)}${queues(now)}${campaigns(now)}${workers(now)}`;
}

function needs({ findings, awaiting }: Now, viewer: Viewer): Html | null {
  if (findings.length + awaiting.length === 0) return null;
  const shown = awaiting.slice(0, SHOWN_ACCOUNTS);
  return html`<section id="needs" aria-labelledby="needs-title"><h2 id="needs-title">Needs a person</h2><ul class="rows">
${findings.filter(({ level }) => level === "fail").map((finding) => findingRow(finding, viewer))}
${shown.map((account) => html`<li>${accountNeed(account, { viewer, back: "/console" })}</li>`)}
${awaiting.length > shown.length ? html`<li><a href="/console/accounts?state=needs">${counted(awaiting.length - shown.length, "more account")}</a></li>` : null}
${findings.filter(({ level }) => level !== "fail").map((finding) => findingRow(finding, viewer))}
</ul></section>`;
}

function findingRow(finding: Finding, viewer: Viewer): Html {
  const { check, found, remedy, since } = finding;
  return html`<li><div>${findingLevel(finding)} <b>${check}</b>${since === undefined ? null : html`, since ${moment(since)}`}</div>
<p>${found}</p><p class="remedy">${pageAdvice(remedy)}</p>${buttonFor(finding, viewer)}</li>`;
}

/** The button that ends the cause, where there is one and the viewer may. */
function buttonFor({ check, subject = "" }: Finding, viewer: Viewer): Html | null {
  const { csrf } = viewer;
  const back = "/console";
  if (check === "key" && viewer.may("open")) return html`<a class="button" href="/console/open">Open</a>`;
  if (check === "brake" && subject !== "" && viewer.may("release-brake")) {
    return actionForm({ action: "release-brake", label: "Take the brake off", fields: { id: `operation:${subject}` }, back, csrf });
  }
  if (check === "unknown outcomes") return html`<a class="button" href="/console/unknown">Resolve</a>`;
  if (check === "webhooks" && subject !== "" && viewer.may("redrive-webhook")) {
    return actionForm({ action: "redrive-webhook", label: "Post its dead letters again", fields: { id: subject }, back, csrf });
  }
  if (check === "campaigns" && subject !== "") return html`<a class="button" href="/console/campaigns/${subject}">Open the campaign</a>`;
  return null;
}

function windowBlock({ header: { key, window }, next, backlog, parked }: Now): Html {
  const { answered, bucketMs, limit, out } = window;
  const seconds = Math.round((answered.length * bucketMs) / 1_000);
  const sum = answered.reduce((total, calls) => total + calls, 0);
  const most = answered.reduce((highest, calls) => Math.max(highest, calls), 0);
  const data = JSON.stringify({ answered, bucketMs, fromMs: window.fromMs });
  return html`<section aria-labelledby="window-title"><h2 id="window-title">Window</h2>
<div class="plot" hx-morph-skip-children data-plot="window" data-points="${data}" role="img" aria-label="Calls answered in each second of the last window: ${sum} in all, ${most} at most in one"></div>
<dl class="facts">
<div><dt>used</dt><dd>${key.slotsBusy} of ${limit}</dd></div>
<div><dt>answered in ${seconds} s</dt><dd>${sum}</dd></div>
<div><dt>calls out</dt><dd>${out}</dd></div>
<div><dt>mean latency</dt><dd>${Math.round(key.meanHoldMs)} ms</dd></div>
</dl>
<p>${heldBack({ key, next, ...backlogOf(backlog.queues), parked })}</p></section>`;
}

const isCallQueue = ({ queue }: { queue: string }) => queue !== "results" && queue !== "schedules";

/** The jobs of call queues that wait, and those whose time comes later. */
function backlogOf(queues: Now["backlog"]["queues"]): { waiting: number; later: number } {
  const calls = queues.filter(isCallQueue);
  const sum = (what: "waiting" | "delayed") => calls.reduce((total, one) => total + one[what], 0);
  return { waiting: sum("waiting"), later: sum("delayed") };
}

type HeldBack = { key: Now["header"]["key"]; next: Now["next"]; waiting: number; later: number; parked: number };

/** Which cause holds the next job back, in words. */
function heldBack({ key, next, waiting, later, parked }: HeldBack): Html {
  if (key.state !== "open") return html`Nothing leaves: ${pageAdvice(keyAdvice(key))}.`;
  if (key.workers === 0) return html`Nothing leaves: no worker is alive.`;
  if (next !== null) return html`The next job waits: ${WAIT_WORDS[next.reason]}.`;
  if (waiting > 0) return html`Jobs leave as fast as they may.`;
  if (parked > 0)
    return html`${counted(parked, "job")} ${parked === 1 ? "waits" : "wait"} for ${parked === 1 ? "its" : "their"} account or its rules; nothing else is to do.`;
  return later > 0
    ? html`${counted(later, "job")} ${later === 1 ? "comes" : "come"} later; nothing else is to do.`
    : html`There is nothing to do.`;
}

function throughput({ counts }: Now): Html {
  const data = JSON.stringify({ fromMs: counts[0]?.fromMs ?? 0, bucketMs: QUARTER_MS, ...columns(counts) });
  const sums = OUTCOME_STATUSES.map((status) => [status, counts.reduce((sum, one) => sum + one[status], 0)] as const);
  const said = sums.map(([status, sum]) => `${numberText(sum)} ${status}`).join(", ");
  return html`<section aria-labelledby="day-title"><h2 id="day-title">Last 24 hours</h2>
<div class="plot" hx-morph-skip-children data-plot="outcomes" data-points="${data}" role="img" aria-label="Outcomes by quarter of an hour: ${said}"></div>
<p>${said}.</p></section>`;
}

function columns(counts: Now["counts"]): Record<string, number[]> {
  return Object.fromEntries(OUTCOME_STATUSES.map((status) => [status, counts.map((one) => one[status])]));
}

function queues({ backlog, parked, header: { key } }: Now): Html {
  return html`<section aria-labelledby="queues-title"><h2 id="queues-title">Queues</h2>
<table class="cards"><thead><tr><th scope="col">queue</th><th scope="col">waiting</th><th scope="col">later</th><th scope="col">in hand</th><th scope="col">oldest</th></tr></thead><tbody>
${backlog.queues.map(
  ({
    queue,
    waiting,
    delayed,
    active,
    oldestMs,
    paused,
  }) => html`<tr><th scope="row">${queue}${paused ? html` ${stateBadge("paused in BullMQ", "bad")}` : null}</th>
<td data-label="waiting">${numberText(waiting)}</td><td data-label="later">${numberText(delayed)}</td><td data-label="in hand">${numberText(active)}</td>
<td data-label="oldest">${oldestMs === null ? "none waits" : moment(oldestMs)}</td></tr>`,
)}</tbody></table>
<p>Of those that run later, ${counted(parked, "job")} ${parked === 1 ? "is" : "are"} held for an account; ${counted(key.unpublished, "outcome")} ${key.unpublished === 1 ? "is" : "are"} on ${key.unpublished === 1 ? "its" : "their"} way.</p></section>`;
}

function campaigns({ campaigns: running }: Now): Html | null {
  if (running.length === 0) return null;
  return html`<section aria-labelledby="campaigns-title"><h2 id="campaigns-title">Running campaigns</h2><ul class="rows">
${running.slice(0, SHOWN_CAMPAIGNS).map((one) => html`<li>${campaignBar(one)}</li>`)}</ul>
${running.length > SHOWN_CAMPAIGNS ? html`<p><a href="/console/campaigns?state=running">All ${numberText(running.length)}</a></p>` : null}</section>`;
}

function workers({ workers: alive, header: { key } }: Now): Html {
  return html`<section aria-labelledby="workers-title"><h2 id="workers-title">Workers</h2>
${
  alive.length === 0
    ? html`<p>None is alive. Start one: <code>node --env-file=.env apps/worker/src/main.ts</code></p>`
    : html`<table class="cards"><thead><tr>${WORKER_COLUMNS.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody>
${alive.map((worker) => workerRow(worker, key.nowMs))}</tbody></table>`
}<p>${counted(key.openGrants, "call")} ${key.openGrants === 1 ? "is" : "are"} out, of all workers together.</p></section>`;
}

const WORKER_COLUMNS = ["worker", "state", "version", "started", "last seen", "calls out"] as const;

/** By its host and its number there; one of an earlier version has no more than its name. */
function workerRow({ name, lastSeenMs, facts }: Now["workers"][number], nowMs: number): Html {
  const state = nowMs - lastSeenMs > LATE_MS ? stateBadge("not seen lately", "calm") : stateBadge("alive", "good");
  const known = facts === null ? html`<code>${name}</code>` : html`<span title="${name}">${facts.host}, pid ${facts.pid}</span>`;
  return html`<tr><th scope="row">${known}</th><td data-label="state">${state}</td><td data-label="version">${facts?.version ?? "not told"}</td>
<td data-label="started">${moment(facts?.startedMs ?? null, "not told")}</td><td data-label="last seen">${moment(lastSeenMs)}</td>
<td data-label="calls out">${facts === null ? "not told" : numberText(facts.out)}</td></tr>`;
}
