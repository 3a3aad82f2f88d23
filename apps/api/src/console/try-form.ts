/** Forms that are shown again, with what was sent, where the HTTP api's own call refuses it for a reason that can be mended in them. */
import type { ApiContext } from "../http/api-context.ts";
import type { Answer } from "../http/route.ts";
import { changeSteps } from "./change-steps.ts";
import type { ActionName } from "./frame/actions.ts";
import type { ConsolePage, Viewer } from "./frame/console-page.ts";
import type { Html } from "./frame/html.ts";
import { SEQUENCE_PAGE, sequenceRefused } from "./pages/import-choose.ts";
import { RULES_FORM_PAGE, rulesRefused } from "./pages/rules-form-page.ts";
import { STEPS_PAGE } from "./pages/steps.ts";

type Fields = Readonly<Record<string, string>>;
type Of = { fields: Fields; viewer: Viewer; context: ApiContext; run: (fields: Fields) => Promise<Answer> };
type Refused = { status: number; page: ConsolePage; body: Html };

/** Runs the action. Null when it is done; else the page that is shown again. Throws every other error. */
export async function tryForm(action: ActionName, of: Of): Promise<Refused | null> {
  const { fields, viewer, run } = of;
  if (action === "change-steps") {
    const refused = await changeSteps(of);
    return refused === null ? null : { ...refused, page: STEPS_PAGE };
  }
  try {
    await run(fields);
    return null;
  } catch (thrown) {
    if (action === "change-rules") return { ...rulesRefused(thrown, { fields, viewer }), page: RULES_FORM_PAGE };
    if (action === "make-sequence") return { ...sequenceRefused(thrown, fields, viewer), page: SEQUENCE_PAGE };
    throw thrown;
  }
}
