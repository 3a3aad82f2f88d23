/** The latest states of an account or a campaign, as a list of a page. */
import type { PastState } from "@linkup-queue/queue";
import { type Html, html, moment } from "./html.ts";

const SHOWN = 20;

/** Nothing where none is known. `whyText`: the words for why. */
export function pastStates(states: readonly PastState[], whyText: (why: string) => string): Html | null {
  if (states.length === 0) return null;
  return html`<h2 id="states">States</h2><ol class="rows" aria-label="states, the latest first">${states
    .slice(0, SHOWN)
    .map(({ at, state, why }) => html`<li>${moment(at)} <b>${state.replaceAll("_", " ")}</b> ${whyText(why)}</li>`)}</ol>`;
}
