/** The five steps to a campaign that runs, as every one of their pages shows them. */
import { type Html, html } from "../frame/html.ts";

export const STEPS = ["Operation", "Senders", "Text", "List", "Check and start"] as const;
export type Step = (typeof STEPS)[number];

/** The way so far; the step that is shown is marked, in words for those who don't see it. */
export function stepsBar(here: Step): Html {
  return html`<ol class="steps" aria-label="Steps">${STEPS.map((step) =>
    step === here ? html`<li aria-current="step"><b>${step}</b></li>` : html`<li>${step}</li>`,
  )}</ol>`;
}
