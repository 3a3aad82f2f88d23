/** A campaign in one line: its name, its state, and how far it is. */
import { type CampaignHead, campaignWhy } from "@linkup-queue/queue";
import { type Html, html, numberText } from "../frame/html.ts";
import { campaignState } from "../frame/words.ts";

export function campaignBar({ id, state, why, stalled, accepted, ended }: CampaignHead): Html {
  return html`<a href="/console/campaigns/${id}">${id}</a> ${campaignState(state, stalled !== "")} <span class="why">${campaignWhy(stalled === "" ? why : stalled)}</span>
<progress aria-label="${id}: ${ended} of ${accepted} recipients have their outcome" max="${Math.max(1, accepted)}" value="${ended}"></progress>
<span>${numberText(ended)} of ${numberText(accepted)}</span>`;
}
