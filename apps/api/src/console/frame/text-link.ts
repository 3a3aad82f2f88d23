/** The way to a campaign's text: of a sequence to its steps. */
import type { Campaign } from "@linkup-queue/queue";
import { type Html, html } from "./html.ts";

export function textLink({ id, definition }: Pick<Campaign, "id" | "definition">): Html {
  return definition.steps === undefined
    ? html`<a href="/console/campaigns/${id}/text">The text</a>`
    : html`<a href="/console/campaigns/${id}/steps">The steps</a>`;
}
