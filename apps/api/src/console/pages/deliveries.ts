/** Deliveries: results that nobody took, webhooks with what waits for them and what they refused for a day, and how far the archive is behind. */
import { deliveryWords, type Finding, WebhookId } from "@linkup-queue/queue";
import { fromCursor, toCursor } from "../../http/page.ts";
import { actionForm } from "../frame/actions.ts";
import type { ConsolePage, PageCall, PageTable, Viewer } from "../frame/console-page.ts";
import { type Html, html, moment, numberText } from "../frame/html.ts";
import { pageAdvice } from "../frame/page-advice.ts";
import { tableLink } from "../frame/table-link.ts";
import { findingLevel, stateBadge } from "../frame/words.ts";
import { deadPath } from "./dead-letters.ts";

const SHOWN = 50;

type Webhook = Awaited<ReturnType<PageCall["context"]["engine"]["webhooks"]["list"]>>[number];

const STATES = {
  ok: stateBadge("delivers", "good"),
  failing: stateBadge("failing", "wait"),
  resting: stateBadge("resting", "bad"),
  ended: stateBadge("ended", "calm"),
} as const;

const WEBHOOK_FILE: PageTable = {
  file: "webhooks",
  head: ["webhook", "host", "state", "waiting", "delivered", "last delivered", "last error", "at", "dead letters", "forgotten"],
  pages: async function* ({ context: { engine } }) {
    for (let afterId: string | undefined; ; ) {
      const webhooks = await engine.webhooks.list({ afterId, limit: SHOWN });
      yield webhooks.map(({ id, url, state, waiting, delivered, lastDeliveredAt, lastError, lastErrorAt, dead, dropped }) => {
        const error = lastError === null ? null : deliveryWords(lastError).what;
        return [id, hostOf(url), state, waiting, delivered, lastDeliveredAt, error, lastErrorAt, dead, dropped];
      });
      if (webhooks.length < SHOWN) return;
      afterId = webhooks.at(-1)?.id;
    }
  },
};

export const DELIVERIES_PAGE: ConsolePage = {
  path: "/console/deliveries",
  title: "Deliveries",
  // Addresses of webhooks are an admin's to see.
  role: "admin",
  menu: "Deliveries",
  follows: null,
  table: WEBHOOK_FILE,
  render: async ({ context, reader, viewer, query }) => {
    const afterId = fromCursor(query["after"], WebhookId, "after");
    const [{ backlog }, { findings }, found] = await Promise.all([
      reader.now(),
      reader.examined(),
      context.engine.webhooks.list({ afterId, limit: SHOWN + 1 }),
    ]);
    const webhooks = found.slice(0, SHOWN);
    const last = webhooks.at(-1);
    const results = backlog.queues.find(({ queue }) => queue === "results");
    return html`<h1>Deliveries</h1>
<h2>Results queue</h2>
<dl class="facts"><div><dt>waiting</dt><dd>${numberText(results?.waiting ?? 0)}</dd></div>
<div><dt>oldest</dt><dd>${results?.oldestMs == null ? "none waits" : moment(results.oldestMs)}</dd></div></dl>
<h2>Webhooks</h2>
${webhooks.length === 0 ? html`<p>There is none. PUT /v1/webhooks/{id} registers one.</p>` : html`<ul class="rows">${webhooks.map((one) => row(one, viewer))}</ul>${tableLink("/console/deliveries")}`}
${found.length > SHOWN && last !== undefined ? html`<p><a href="/console/deliveries?after=${toCursor(last.id)}">More</a></p>` : null}
${findings.filter(({ check }) => check === "archive").map(archive)}`;
  },
};

function row(
  { id, url, state, lastError, lastErrorAt, lastDeliveredAt, waiting, delivered, dead, dropped }: Webhook,
  viewer: Viewer,
): Html {
  const form = { fields: { id }, back: "/console/deliveries", csrf: viewer.csrf };
  const words = lastError === null ? null : deliveryWords(lastError);
  return html`<li><div><b>${id}</b> ${STATES[state]}</div><p>${hostOf(url)}</p>
<dl class="facts"><div><dt>waiting</dt><dd>${numberText(waiting)}</dd></div><div><dt>delivered</dt><dd>${numberText(delivered)}</dd></div>
<div><dt>last delivered</dt><dd>${moment(lastDeliveredAt)}</dd></div>
<div><dt>last error</dt><dd>${words === null ? "none" : html`${words.what}, ${moment(lastErrorAt)}`}</dd></div>
<div><dt>dead letters</dt><dd>${numberText(dead)}</dd></div><div><dt>forgotten</dt><dd>${numberText(dropped)}</dd></div></dl>
${words === null || state === "ok" ? null : html`<p class="remedy">${words.advice}.</p>`}
<div class="buttons">${state !== "ended" && viewer.may("test-webhook") ? actionForm({ action: "test-webhook", label: "Send a test event", kind: "plain", ...form }) : null}
${dead > 0 ? html`<a class="button" href="${deadPath(id)}">See its dead letters</a>` : null}
${dead > 0 && viewer.may("redrive-webhook") ? actionForm({ action: "redrive-webhook", label: "Post dead letters again", ...form }) : null}</div></li>`;
}

function archive(finding: Finding): Html {
  return html`<h2>Archive</h2><p>${findingLevel(finding)} ${finding.found}</p>${
    finding.level === "ok" ? null : html`<p class="remedy">${pageAdvice(finding.remedy)}</p>`
  }`;
}

/** A path or a query may hold somebody's token. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "an address that can't be read";
}
