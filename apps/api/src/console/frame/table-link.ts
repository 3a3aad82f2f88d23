/** The way to a list's table: the same filters, all pages. */
import { LIMITS } from "../../http/limits.ts";
import { type Html, html, numberText } from "./html.ts";

/** `query`: the filters of the page's address. */
export function tableLink(path: string, query: Readonly<Record<string, string>> = {}): Html {
  const filters = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "")).toString();
  return html`<p><a class="button" href="${path}.csv${filters === "" ? "" : `?${filters}`}">Download CSV</a> <span class="hint">All that the list has, not this page alone; at most ${numberText(LIMITS.tableRows)} rows.</span></p>`;
}
