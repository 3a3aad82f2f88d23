/** An account's last days as a small drawing that needs no script: two columns for each day, and the numbers in words for whoever does not see it. Pure. */
import type { AccountDay } from "@linkup-queue/queue";
import { counted, type Html, html } from "./html.ts";

const HEIGHT = 24;
const COLUMN = 4;
const DAY_WIDTH = 12;

/** Calls and credits by UTC day, the oldest first, with today's in words; the days' own numbers are its title. */
export function sparkline(days: readonly AccountDay[]): Html {
  const sum = (of: "calls" | "charged") => days.reduce((total, day) => total + day[of], 0);
  const said = (calls: number, credits: number) => `${counted(calls, "call")}, ${counted(credits, "credit")}`;
  const today = days.at(-1);
  if (today === undefined || sum("calls") + sum("charged") === 0)
    return html`<p class="hint">no call in ${counted(days.length, "day")}</p>`;
  const most = days.reduce((highest, { calls, charged }) => Math.max(highest, calls, charged), 0);
  const told = days.map(({ day, calls, charged }) => `${day} ${said(calls, charged)}`).join("; ");
  return html`<p class="spark"><svg width="${days.length * DAY_WIDTH}" height="${HEIGHT}" role="img" aria-label="${told}"><title>${told}</title>${days.map(
    ({ calls, charged }, at) =>
      html`${column({ at: at * DAY_WIDTH, share: calls / most, of: "calls" })}${column({ at: at * DAY_WIDTH + COLUMN + 1, share: charged / most, of: "charged" })}`,
  )}</svg> today ${said(today.calls, today.charged)}; ${days.length} days ${said(sum("calls"), sum("charged"))}</p>`;
}

/** Something is never drawn as nothing. */
function column({ at, share, of }: { at: number; share: number; of: "calls" | "charged" }): Html | null {
  if (share === 0) return null;
  const high = Math.max(1, Math.round(share * HEIGHT));
  return html`<rect class="${of}" x="${at}" y="${HEIGHT - high}" width="${COLUMN}" height="${high}"></rect>`;
}
