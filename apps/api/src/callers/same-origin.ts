/** Whether a request was caused by a page of this host. */
import type { IncomingMessage } from "node:http";

/** A browser sends its credentials with requests that other sites cause; only its own words say from where. None of them: no. */
export function isSameOrigin({ headers }: IncomingMessage): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin";
  const { origin, host } = headers;
  if (origin === undefined || host === undefined || !URL.canParse(origin)) return false;
  return new URL(origin).host === host;
}
