/** The bound on a campaign's credits, as a form. */
import type { CampaignDefinition } from "@linkup-queue/queue";
import { actionForm } from "./actions.ts";
import { type Html, html } from "./html.ts";

export function budgetForm(
  { maxCredits }: Pick<CampaignDefinition, "maxCredits">,
  { id, back, csrf }: { id: string; back: string; csrf: string | null },
): Html {
  return actionForm({
    action: "set-budget",
    label: "Set this bound",
    fields: { id },
    back,
    csrf,
    inside: html`<label for="max">Spends at most, credits (empty: no bound)</label><input id="max" name="maxCredits" type="number" min="1" max="1000000000" value="${maxCredits ?? ""}">`,
  });
}
