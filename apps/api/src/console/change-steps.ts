/** A form about the steps of a sequence: read against the campaign as it is, then sent as the HTTP api's own edit of all of them. */
import { LinkupError } from "@linkup-queue/contracts";
import type { ApiContext } from "../http/api-context.ts";
import type { Answer } from "../http/route.ts";
import type { Viewer } from "./frame/console-page.ts";
import type { Html } from "./frame/html.ts";
import { changedSteps } from "./frame/step-form.ts";
import { mustBeSequence, stepRefused } from "./pages/steps.ts";

type Fields = Readonly<Record<string, string>>;
type Of = { fields: Fields; viewer: Viewer; context: ApiContext; run: (fields: Fields) => Promise<Answer> };

/** Null when it is done; else the page again, with the error beside its step. Throws `conflict` where somebody edited the campaign meanwhile, and what no form can mend. */
export async function changeSteps({ fields, viewer, context, run }: Of): Promise<{ status: number; body: Html } | null> {
  const campaign = await mustBeSequence(context, fields["id"]);
  if (fields["revision"] !== String(campaign.revision))
    throw new LinkupError("conflict", "Somebody edited the campaign meanwhile: open its steps again, and then do it");
  try {
    const steps = changedSteps(campaign.definition.steps ?? [], fields);
    await run({ ...fields, steps: JSON.stringify(steps) });
    return null;
  } catch (thrown) {
    return stepRefused(thrown, { campaign, fields, viewer });
  }
}
