/** The frame of every page: head, header, menu, the page itself, footer. */
import { leadsToOwnHost } from "@linkup-queue/contracts";
import { keyAdvice } from "@linkup-queue/queue";
import type { ApiContext } from "../../http/api-context.ts";
import { ACTIONS, isAction } from "./actions.ts";
import type { ConsolePage, Viewer } from "./console-page.ts";
import { type Html, html, moment, numberText } from "./html.ts";
import type { Header } from "./now-reader.ts";
import { pageAdvice } from "./page-advice.ts";
import { keyState } from "./words.ts";

/**
 * At the end of the page, and not deferred: htmx begins with the page that is whole then. Deferred it begins as soon as it is there itself, and leaves a
 * page without its stream whose script for streams comes a moment later.
 */
const SCRIPTS = html`<script src="/console/files/htmx.js"></script>
<script src="/console/files/htmx-sse.js"></script>
<script src="/console/files/uplot.js"></script>
<script src="/console/files/console.js"></script>`;

/** Told to htmx: no markup of its own, no history of pages. */
const HTMX_CONFIG = '{"history": false, "includeIndicatorCSS": false}';

export type Frame = {
  context: ApiContext;
  /** Null before anybody signed in. */
  viewer: Viewer | null;
  title: string;
  page: Pick<ConsolePage, "path" | "follows"> | null;
  menu: readonly ConsolePage[];
  header: Html | null;
  /** The name of the action that was just done. */
  said: string;
  body: Html;
};

export function frame({ context, viewer, title, page, menu, header, said, body }: Frame): Html {
  const follows = viewer === null ? null : (page?.follows ?? null);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="htmx-config" content="${HTMX_CONFIG}">
<title>${title} - ${context.settings.keyId} - linkup-queue</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/console/files/uplot.css">
<link rel="stylesheet" href="/console/files/console.css">
</head>
<body>
<a class="skip" href="#page">To the page</a>
${
  viewer === null
    ? null
    : html`<header id="head" aria-label="State of the key">${header}</header>
<p id="stale" role="status" hidden>Old data: nothing was heard for 15 seconds. Redis or the api does not answer.</p>
<nav aria-label="Pages">${menu.map((one) => menuLink(one, page?.path ?? ""))}</nav>`
}
${isAction(said) ? html`<p class="said" role="status">${ACTIONS[said].said}</p>` : null}
<main id="page" tabindex="-1">${body}</main>
${
  viewer === null
    ? null
    : html`<footer>
<form method="post" action="/console/sign-out"><input type="hidden" name="csrf" value="${viewer.csrf ?? ""}">
<span>${viewer.caller.name}, ${viewer.caller.role}</span> <button class="plain">Sign out</button></form>
<span><a href="/board">Raw queues</a> <a href="/docs">HTTP API</a></span>
</footer>`
}
${follows === null ? null : html`<div id="live" hx-sse:connect="/console/stream?page=${follows}" hx-target="#live" hx-swap="none" data-follows="${follows}"></div>`}
${SCRIPTS}
</body>
</html>`;
}

function menuLink({ path, menu }: ConsolePage, here: string): Html {
  const isHere = path === "/console" ? here === path : here.startsWith(path);
  return isHere ? html`<a href="${path}" aria-current="page">${menu}</a>` : html`<a href="${path}">${menu}</a>`;
}

/** The header: the key, its window, the day's credits, what needs a person, the stop switch. */
export function headerOf({ settings }: Pick<ApiContext, "settings">, viewer: Viewer, header: Header): Html {
  const { key, dayBudget, chargedToday, needs, stoppedBy } = header;
  const limit = dayBudget?.limit ?? null;
  return html`<span class="key"><a href="/console">${settings.keyId}</a>${
    leadsToOwnHost(settings.baseUrl) ? html` <span class="badge">sandbox</span>` : null
  }</span>
<span class="item">${keyState(key)}${
    key.state === "open"
      ? null
      : html` <span class="why">${key.reason === "by_hand" ? whoStopped(stoppedBy) : pageAdvice(keyAdvice(key))}</span>`
  }</span>
<span class="item narrow"><label for="window-bar">window</label>
<meter id="window-bar" min="0" max="${key.rateLimit}" value="${key.slotsBusy}">${key.slotsBusy} of ${key.rateLimit}</meter>
<b>${key.slotsBusy}/${key.rateLimit}</b></span>
<span class="item narrow">credits today <b>${numberText(chargedToday)}</b>${limit === null ? null : html` of ${numberText(limit)}`}</span>
<span class="item bell"><a href="/console#needs">${needs === 0 ? "nothing needs a person" : html`<b>${needs}</b>&nbsp;${needs === 1 ? "needs" : "need"} a person`}</a></span>
${viewer.may("stop") ? stopSwitch(key.state === "stopped") : null}
<span class="item seen narrow">as of ${moment(key.nowMs)}</span>`;
}

/** The header while nobody knows the key's state: the stop switch must be there all the same. */
export function headerWithoutState(viewer: Viewer): Html {
  return html`<span class="item">the key's state is not known just now</span>
${viewer.may("stop") ? stopSwitch(false) : null}`;
}

function whoStopped(stoppedBy: Header["stoppedBy"]): Html {
  return stoppedBy === null ? html`by hand` : html`by ${stoppedBy.by}, ${moment(stoppedBy.at)}`;
}

function stopSwitch(isStopped: boolean): Html {
  return isStopped
    ? html`<a class="button" href="/console/open">Open again</a>`
    : html`<a class="button danger" href="/console/stop">Stop everything</a>`;
}
