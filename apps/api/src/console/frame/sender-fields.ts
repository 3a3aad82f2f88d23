/** The accounts that a campaign may have, as boxes to tick. */
import type { Account } from "@linkup-queue/queue";
import { counted, type Html, html, numberText } from "./html.ts";
import { accountState } from "./words.ts";

/** Most accounts of a campaign, by its definition. */
const MOST_SENDERS = 1_000;

/** The ticked ones come first, so that none of them is lost where there are more than a campaign may have. */
export function senderFields(accounts: readonly Account[], ticked: readonly string[]): Html {
  const is = new Set(ticked);
  const ordered = [...accounts.filter(({ id }) => is.has(id)), ...accounts.filter(({ id }) => !is.has(id))];
  return html`<fieldset><legend>Accounts</legend>${ordered.slice(0, MOST_SENDERS).map((account) => {
    const { id, parked } = account;
    const isTicked = is.has(id) || accounts.length === 1;
    return html`<label class="tick"><input type="checkbox" name="sender" value="${id}"${isTicked ? html` checked` : null}> <b>${id}</b> ${accountState(account)}${
      parked === 0 ? null : html`, ${counted(parked, "job")} held`
    }</label>`;
  })}</fieldset>
${accounts.length > MOST_SENDERS ? html`<p class="hint">The first ${numberText(MOST_SENDERS)} of ${numberText(accounts.length)}; more are for the HTTP API.</p>` : null}`;
}
