/** The form for an account's plan and rules. */
import type { LinkupError } from "@linkup-queue/contracts";
import { toLinkupError } from "../../http/api-error.ts";
import { HTTP_STATUS } from "../../http/http-status.ts";
import { actionForm } from "../frame/actions.ts";
import type { ConsolePage, PageCall } from "../frame/console-page.ts";
import { type Html, html } from "../frame/html.ts";
import { rulesFields, rulesTexts } from "../frame/rules-form.ts";
import { mustReadAccount } from "./must-read-account.ts";

export const RULES_FORM_PAGE: ConsolePage = {
  path: "/console/accounts/{id}/rules",
  title: "Rules of an account",
  role: "admin",
  menu: null,
  follows: null,
  render: async (call) => {
    const { context, viewer } = call;
    const account = await mustReadAccount(call);
    const { id } = account;
    const { setting } = await context.engine.accounts.rulesOf(id);
    return body({ id, texts: rulesTexts(account, setting), viewer, trouble: null });
  },
};

/** The page again, with what was sent, for an error that can be mended in the form; throws every other. */
export function rulesRefused(
  thrown: unknown,
  { fields, viewer }: { fields: Readonly<Record<string, string>>; viewer: PageCall["viewer"] },
): { status: number; body: Html } {
  const error = toLinkupError(thrown);
  if (error.code !== "invalid_input") throw thrown;
  return { status: HTTP_STATUS[error.code], body: body({ id: fields["id"] ?? "", texts: fields, viewer, trouble: error }) };
}

type Parts = { id: string; texts: Readonly<Record<string, string>>; viewer: PageCall["viewer"]; trouble: LinkupError | null };

function body({ id, texts, viewer, trouble }: Parts): Html {
  const back = `/console/accounts/${encodeURIComponent(id)}`;
  return html`<h1>What ${id} may do</h1>
<p>It holds at once, for what waits, too. What is not here, such as pace, warm-up, days off and caps of other things, stays as it is; the <a href="/docs">HTTP API</a> changes that.
The careful caps of LINKUP_ACCOUNT_POLICY become its own once one of them is changed here, and follow its plan no more.</p>
${trouble === null ? null : html`<p class="problem" role="alert">${trouble.message}${(trouble.issues ?? []).map((issue) => html`<br><b>${issue.path}</b> ${issue.message}`)}</p>`}
${actionForm({ action: "change-rules", label: "Change its rules", fields: { id }, back, csrf: viewer.csrf, inside: rulesFields(texts), layout: "stack" })}
<p><a href="${back}">Leave them</a></p>`;
}
