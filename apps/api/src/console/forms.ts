/** Forms that a browser sends to the console, bounded in size and time, from pages of this host; and the page that follows. */
import { LinkupError } from "@linkup-queue/contracts";
import express, { type Request, type RequestHandler } from "express";
import { isSameOrigin } from "../callers/same-origin.ts";
import type { Limits } from "../http/limits.ts";
import { CONSOLE_PATH } from "./console-path.ts";
import type { ActionName } from "./frame/actions.ts";

/** Senders and the places of a text are the most that a form has. */
const MOST_FIELDS = 1_100;
/** Between values of one name. No id holds it. */
const BETWEEN = ",";

/** Reads a form of at most so many bytes. */
export function formOf({ bodyMs }: Pick<Limits, "bodyMs">, mostBytes: number): RequestHandler {
  const read = express.urlencoded({ extended: false, limit: mostBytes, parameterLimit: MOST_FIELDS });
  return (request, response, next) => {
    const late = setTimeout(() => request.destroy(), bodyMs);
    read(request, response, (error?: unknown) => {
      clearTimeout(late);
      next(error);
    });
  };
}

/** The fields of a form that was read. */
export function fieldsOf({ body }: Request): Record<string, string> {
  return namedTexts((body ?? {}) as Record<string, unknown>);
}

/** The fields of an address. */
export function queryOf({ query }: Request): Record<string, string> {
  return namedTexts(query);
}

/** Each name with its text; a name that is there more than once with all of them, as boxes that are ticked are sent. */
function namedTexts(sent: Readonly<Record<string, unknown>>): Record<string, string> {
  const texts = Object.entries(sent).map(([name, value]) => [name, Array.isArray(value) ? value.join(BETWEEN) : value] as const);
  return Object.fromEntries(texts.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

/** Lets a form pass that was sent from a page of this host. */
export const fromHere: RequestHandler = (request, _response, next) => {
  if (isSameOrigin(request)) return next();
  next(new LinkupError("forbidden", "Changes are made from the console's own pages; this request came from elsewhere"));
};

/** An address of the console's own; its first page for any other. */
export function backOf(asked: unknown): string {
  const text = typeof asked === "string" ? asked : "";
  const isOurs = /^\/console(?:[/?#][\x21-\x7e]*)?$/.test(text) && text.length < 2_000;
  return isOurs && !text.startsWith(`${CONSOLE_PATH}/sign-in`) ? text : CONSOLE_PATH;
}

/** An address that tells what was done. */
export function withSaid(back: string, action: ActionName): string {
  const [path = "", anchor] = back.split("#");
  return `${path}${path.includes("?") ? "&" : "?"}said=${action}${anchor === undefined ? "" : `#${anchor}`}`;
}
