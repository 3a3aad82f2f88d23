/**
 * The console's templates: `html` escapes whatever is put into it, and nothing else writes markup. Times are written so that a page without a
 * script reads them in UTC and one with a script in the viewer's zone.
 */
import { html, raw } from "hono/html";

export { html };

/** A piece of a page. Pieces of this console never wait for anything. */
export type Html = ReturnType<typeof html>;

/** A text that `textOf` made, put into another piece as it is. */
export function markup(text: string): Html {
  return raw(text);
}

/** The text of a page that is complete. */
export async function textOf(page: Html): Promise<string> {
  return (await page).toString();
}

const NUMBERS = new Intl.NumberFormat("en-US");

/** A number with its thousands apart. */
export function numberText(value: number): string {
  return NUMBERS.format(value);
}

/** A moment: `29 Nov, 14:32 UTC`; with a script in the viewer's zone, relative under one hour, the UTC time on hover. */
export function moment(at: string | number | null, none = "never"): Html {
  if (at === null || at === "") return html`${none}`;
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return html`${none}`;
  const text = date.toLocaleString("en-GB", { timeZone: "UTC", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  return html`<time datetime="${date.toISOString()}" title="${text} UTC">${text} UTC</time>`;
}

/** A count with its noun. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${numberText(count)} ${count === 1 ? one : many}`;
}
