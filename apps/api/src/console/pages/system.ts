/** System: every check with its remedy, Redis's memory, versions; for admins who changed what, and the settings of this api. Never a secret. */
import { type ApiRole, leadsToOwnHost, settingsInForce } from "@linkup-queue/contracts";
import {
  type AuditedEntry,
  daysLeft,
  daysText,
  type Examined,
  type Finding,
  FULL_SHARE,
  memoryBound,
  memoryLine,
  type RedisFacts,
  size,
} from "@linkup-queue/queue";
import type { ConsolePage, PageCall, Viewer } from "../frame/console-page.ts";
import { counted, type Html, html, moment, numberText } from "../frame/html.ts";
import { pageAdvice } from "../frame/page-advice.ts";
import { findingLevel, stateBadge } from "../frame/words.ts";

/** Entries of the audit list. */
const MOST_WRITES = 200;

export const SYSTEM_PAGE: ConsolePage = {
  path: "/console/system",
  title: "System",
  role: "viewer",
  menu: "System",
  follows: "reload",
  render: async (call) => {
    const { reader } = call;
    // The facts that the findings go by: memory is told here as it is there.
    const [{ findings, redis }, ofAdmins] = await Promise.all([reader.examined(), adminBlocks(call)]);
    return html`<h1>System</h1>
<nav aria-label="More of the system"><a href="/console/metrics">Metrics</a> <a href="/docs">HTTP API</a> <a href="/board">Raw queues</a></nav>
<h2>Checks</h2>
${checks(findings, call.viewer)}
<h2>Redis memory</h2>
${memory(redis)}
<h2>Versions</h2>
${versions(call, redis.facts)}
${ofAdmins}`;
  },
};

/** Checks that want somebody one by one, worst first; the others in a table. */
function checks(findings: readonly Finding[], viewer: Viewer): Html {
  const trouble = (["fail", "warn"] as const).flatMap((level) => findings.filter((one) => one.level === level));
  const well = findings.filter(({ level }) => level === "ok");
  return html`<p>${trouble.length === 0 ? stateBadge("All is well", "good") : counted(trouble.length, "check needs a person", "checks need a person")}</p>
${trouble.length === 0 ? null : html`<ul class="rows" aria-label="Checks that need a person">${trouble.map((one) => troubleRow(one, viewer))}</ul>`}
<table class="cards"><caption class="hint">Checks that went well</caption><thead><tr><th scope="col">check</th><th scope="col">state</th><th scope="col">found</th></tr></thead><tbody>
${well.map((finding) => html`<tr><th scope="row">${finding.check}</th><td data-label="state">${findingLevel(finding)}</td><td data-label="found">${finding.found}</td></tr>`)}</tbody></table>`;
}

/** The page on which a person sees to it, and who may open that. */
const PLACES: Readonly<Partial<Record<Finding["check"], readonly [path: string, title: string, role: ApiRole]>>> = {
  key: ["/console#needs", "Now", "viewer"],
  brake: ["/console#needs", "Now", "viewer"],
  accounts: ["/console/accounts", "Accounts", "viewer"],
  "parked jobs": ["/console/jobs?state=parked", "Jobs", "viewer"],
  campaigns: ["/console/campaigns", "Campaigns", "viewer"],
  "unknown outcomes": ["/console/unknown", "Unknown", "viewer"],
  "day budget": ["/console/credits", "Credits", "viewer"],
  schedules: ["/console/schedules", "Schedules", "producer"],
  results: ["/console/deliveries", "Deliveries", "admin"],
  webhooks: ["/console/deliveries", "Deliveries", "admin"],
};

function troubleRow(finding: Finding, viewer: Viewer): Html {
  const { check, found, remedy, since } = finding;
  const [path, title, role = "admin"] = PLACES[check] ?? [];
  const link = path === undefined || !viewer.has(role) ? null : html`<a class="button" href="${path}">${title}</a>`;
  return html`<li><div>${findingLevel(finding)} <b>${check}</b>${since === undefined ? null : html`, since ${moment(since)}`}</div>
<p>${found}</p><p class="remedy">${pageAdvice(remedy)}</p>${link}</li>`;
}

function memory({ facts, perDayBytes }: Examined["redis"]): Html {
  const { usedBytes, maxBytes } = facts;
  const bound = memoryBound(facts);
  if (bound === 0) return html`<p>${size(usedBytes)} are used; Redis tells no bound.</p>`;
  const line = memoryLine(facts);
  const share = Math.round((usedBytes / bound) * 100);
  const consequence =
    maxBytes > 0 ? "above it no call is granted" : "no maxmemory is set: the bound is the host's memory, which other programs use, too";
  return html`<p><label for="memory-bar">used</label>
<meter id="memory-bar" min="0" max="${bound}" high="${line}" value="${usedBytes}">${share} %</meter> <b>${share} %</b></p>
<dl class="facts"><div><dt>used</dt><dd>${size(usedBytes)} of ${size(bound)}</dd></div>
<div><dt>the line of ${FULL_SHARE * 100} %</dt><dd>${size(line)}</dd></div>
<div><dt>${usedBytes > line ? "above it by" : "up to it"}</dt><dd>${size(Math.abs(line - usedBytes))}</dd></div>
<div><dt>at the last day's growth</dt><dd>${growth(facts, perDayBytes)}</dd></div></dl>
<p class="hint">The line of ${FULL_SHARE * 100} %: ${consequence}.</p>`;
}

function growth(facts: RedisFacts, perDayBytes: number | null): string {
  if (perDayBytes === null) return "not known yet: workers note the memory each hour, and six hours of that are needed";
  const days = daysLeft(facts, perDayBytes);
  return days === null ? "it does not fill" : `${daysText(days)} up to the line, ${size(perDayBytes)} a day`;
}

function versions({ context }: PageCall, facts: RedisFacts): Html {
  const { engine, settings, version } = context;
  const rows: [string, string][] = [
    ["linkup-queue", version],
    ["layout of what is kept", String(engine.scripts.layout.version)],
    ["Redis", facts.server],
    ["Node of this api", process.version],
    ["provider", leadsToOwnHost(settings.baseUrl) ? "a sandbox" : new URL(settings.baseUrl).host],
  ];
  return html`<dl class="facts">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** As GET /v1/audit, for admins alone; settings say how the system can be reached. */
async function adminBlocks({ context, viewer }: PageCall): Promise<Html | null> {
  if (!viewer.has("admin")) return null;
  const writes = await context.engine.audit.read({ limit: MOST_WRITES });
  return html`<h2>Settings in force</h2>
<p class="hint">Of this api. Where a live worker has a stricter limit, that one holds for all: the check <i>worker settings</i> says so.</p>
${settings(context.settings)}
<h2>Who changed what</h2>
${writes.length === 0 ? html`<p>Nothing was changed yet.</p>` : audit(writes)}
<p class="hint">The last ${numberText(MOST_WRITES)} changes; all of 90 days are at GET /v1/audit. Calls that come by the thousand are counted together.</p>`;
}

function settings(of: PageCall["context"]["settings"]): Html {
  return html`<table class="cards"><thead><tr><th scope="col">setting</th><th scope="col">value</th><th scope="col">when left out</th></tr></thead><tbody>
${settingsInForce(of).map(
  ({ name, value, whenAbsent, secret }) =>
    html`<tr><th scope="row">${name}</th><td data-label="value">${secret && value !== null ? "set, not shown" : (value ?? "not set")}</td><td data-label="when left out">${whenAbsent === "" ? "required" : whenAbsent}</td></tr>`,
)}</tbody></table>`;
}

const WAYS: Readonly<Record<AuditedEntry["via"], string>> = {
  http: "HTTP",
  console: "console",
  board: "board",
  command_line: "command line",
  schedule: "worker",
};

function audit(writes: readonly AuditedEntry[]): Html {
  return html`<table class="cards"><thead><tr><th scope="col">by</th><th scope="col">when</th><th scope="col">what</th><th scope="col">of</th><th scope="col">answer</th><th scope="col">from</th></tr></thead><tbody>
${writes.map(
  ({ by, at, what, target, status, count, via, from }) =>
    html`<tr><th scope="row">${by}</th><td data-label="when">${moment(at)}</td><td data-label="what">${what}${count > 1 ? html` (${numberText(count)} times)` : null}</td><td data-label="of">${target}</td><td data-label="answer">${status}</td><td data-label="from">${WAYS[via]}, ${from}</td></tr>`,
)}</tbody></table>`;
}
