/** Advice about an account, by its state. */
import { type Account, SECRET_UNREADABLE } from "../accounts/accounts.ts";

/** Advice about an account's state; null where nothing is to be done. */
export function accountAdvice({ id, state, why }: Account): string | null {
  switch (state) {
    case "active":
      return null;
    case "refreshing":
      return `A worker logs in now; see how it went with: linkup account show ${id}`;
    case "awaiting_code":
      return codeAdvice(id, why);
    case "cooling":
      return "LinkedIn restricts the account; its jobs wait until the rest is over. Sign in on linkedin.com and see what it asks for";
    case "needs_attention":
      if (why === SECRET_UNREADABLE) return unreadableAdvice(id);
      return `Its jobs wait. Correct the credentials with: linkup account add ${id} --email ...; or try again with: linkup account resume ${id}`;
    case "disabled":
      return `Paused by hand; its jobs wait. Take it back to work with: linkup account resume ${id}`;
  }
}

function unreadableAdvice(id: string): string {
  return (
    "Its sealed token or password does not open: it was altered, moved from another account, or sealed with another LINKUP_SECRETS_KEY. Its jobs wait. " +
    `Send the credentials again: PUT /v1/accounts/${id}, or linkup account add ${id} --email ...; or set the key that sealed them as LINKUP_SECRETS_KEY_OLD and restart the workers`
  );
}

function codeAdvice(id: string, why: string): string {
  switch (why) {
    case "verifying":
      return `The code is being tried; see what comes of it with: linkup account show ${id}`;
    case "code_wrong":
      return `LinkedIn did not take the code; give another with: linkup account verify ${id}`;
    case "code_unreadable":
      return `The stored code did not open and was not sent; give it again with: linkup account verify ${id}`;
    case "verification_unknown":
      return `LinkUp's answer to the code was never seen; give the newest code with: linkup account verify ${id}`;
    default:
      return `LinkedIn sent the member a code; give it with: linkup account verify ${id}`;
  }
}
