/** Who may come to the board, and from where: HTTP Basic with a name and a secret of API_TOKENS; changes by admins, from the board's own page. */
import { LinkupError } from "@linkup-queue/contracts";
import type { RequestHandler } from "express";
import { type Authentication, includesRole } from "../callers/authenticate.ts";
import { callerAddress } from "../callers/caller-address.ts";
import { isSameOrigin } from "../callers/same-origin.ts";
import { knownOf } from "../http/request-log.ts";

/** Everything on the page comes from here; styles are set on elements, which needs `unsafe-inline`, and no script is inline. */
const POLICY = [
  "default-src 'self'",
  "base-uri 'self'",
  "connect-src 'self'",
  "font-src 'self' data:",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "img-src 'self' data:",
  "object-src 'none'",
  "script-src 'self'",
  "script-src-attr 'none'",
  "style-src 'self' 'unsafe-inline'",
].join("; ");

/** Whether a request only reads. */
export function onlyReads(method: string | undefined): boolean {
  return method === "GET" || method === "HEAD";
}

/** Asks who it is. */
export function askName(authentication: Authentication): RequestHandler {
  return (request, response, next) => {
    response.setHeader("content-security-policy", POLICY);
    const identified = authentication.byBasic(request.headers.authorization, callerAddress(request));
    if (identified.known) {
      knownOf(response).caller = identified.caller;
      return next();
    }
    if (identified.retryAfterSeconds !== null) {
      response.setHeader("retry-after", String(identified.retryAfterSeconds));
      return next(identified.error);
    }
    response.setHeader("www-authenticate", 'Basic realm="linkup-queue", charset="UTF-8"');
    next(new LinkupError("unauthorized", "The board asks for a name and its secret, one of API_TOKENS"));
  };
}

/** Lets changes pass when an admin makes them from the board's own page; reads pass always. */
export const onlyAdminsFromHere: RequestHandler = (request, response, next) => {
  if (onlyReads(request.method)) return next();
  if (!isSameOrigin(request))
    return next(new LinkupError("forbidden", "Changes are made from the board's own page; this request came from elsewhere"));
  const { caller } = knownOf(response);
  if (caller !== null && includesRole(caller.role, "admin")) return next();
  next(new LinkupError("forbidden", `This needs the role admin; ${caller?.name} is ${caller?.role}`));
};

/** Bull Board reads and redacts as many jobs as it is asked for, and everybody else waits meanwhile. Its own page asks for 300 at most. */
const MOST_JOBS = 300;

/** The lists of a queue that the page shows. BullMQ would take any other word for the name of a key. */
const LISTS: ReadonlySet<unknown> = new Set(
  "latest active waiting waiting-children prioritized completed failed delayed paused".split(" "),
);

/** Lets only lists that there are be asked for, in pages of a bounded size. */
export const boundedPages: RequestHandler = ({ query }, _response, next) => {
  for (const name of ["jobsPerPage", "maxChildren", "depth"]) {
    const asked = query[name];
    if (asked === undefined || (typeof asked === "string" && /^\d{0,3}$/.test(asked) && Number(asked) <= MOST_JOBS)) continue;
    return next(new LinkupError("invalid_input", `${name} must be a number, at most ${MOST_JOBS}`));
  }
  const { status = "" } = query;
  if (status !== "" && !LISTS.has(status)) {
    return next(new LinkupError("invalid_input", `status must be one of ${[...LISTS].join(", ")}`));
  }
  // Redis counts places in a set up to 2^63; nobody turns a million pages.
  const { page } = query;
  if (page !== undefined && !(typeof page === "string" && /^\d{1,6}$/.test(page))) {
    return next(new LinkupError("invalid_input", "page must be a number, at most 999999"));
  }
  next();
};
