/** The issues of a step that was refused, said beside it. Pure. */
import type { LinkupError } from "@linkup-queue/contracts";
import { type Html, html } from "./html.ts";

/** `at`: the step's place, from 0. */
export function problemBlock({ message, issues: found }: LinkupError, at: number): Html {
  const issues = found ?? [];
  return html`<p class="problem" role="alert">${issues.length === 0 ? message : "This was not kept:"}${issues.map(({ path, message: said }) => html`<br><b>${ownPath(path, at)}</b> ${said}`)}</p>`;
}

/** A path of this step without the step; one of another with its number, as people count. */
export function ownPath(path: string, at: number): string {
  const [, step, member = ""] = /^steps\.(\d+)\.?(.*)$/.exec(path) ?? [];
  if (step === undefined) return path;
  const own = member.replace(/^input\./, "");
  return Number(step) === at ? own : `step ${Number(step) + 1}${own === "" ? "" : `, ${own}`}`;
}
