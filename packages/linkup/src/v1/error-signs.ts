/**
 * Signs of an error in a JSON body, whatever its shape, and the texts that tell the cause. LinkUp's own failures say `status: "error"` with
 * a text in `message` or `data` [D, C]; the other shapes are those of common web frameworks [I], which stand behind or before LinkUp.
 * Texts read here are matched by words and dropped: none of them may reach a message or a log.
 */

export type Members = Readonly<Record<string, unknown>>;

/** Filled, they tell of an error. Names are compared without case, `_` and `-`. */
const ERROR_MEMBERS = new Set(["error", "errors", "detail", "exception", "errormessage", "errormsg", "errorcode"]);
/** Saying no, they tell of one. */
const SUCCESS_MEMBERS = new Set(["success", "ok"]);
/** Holding a number of 400 or more, as a number or as text, they tell of one. */
const CODE_MEMBERS = new Set(["status", "code", "statuscode", "httpstatus", "httpcode"]);
/** Texts beside the error members. */
const TEXT_MEMBERS = new Set(["message", "msg", "title", "reason", "errordescription"]);
const ERROR_WORDS = new Set(["error", "errors", "fail", "failed", "failure"]);
const DONE_WORDS = new Set(["success", "ok", "done", "sent"]);
/** Texts by which sloppy encoders write that there is nothing. */
const NOTHING = new Set(["", "false", "null", "none", "undefined"]);

const LEAST_ERROR_CODE = 400;
/** How deep `data` in `data`, and a text in an error, are looked for; how many rows, texts and characters of a text are read. */
const MAX_LEVELS = 4;
const MAX_ROWS = 20;
const MAX_TEXTS = 50;
export const MAX_TEXT_LENGTH = 2_000;

/** Whether this is a JSON object. */
export function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The word in a member as it is compared: lower case, without outer blanks; null for what is no text. */
export function wordOf(value: unknown): string | null {
  return typeof value === "string" ? value.trim().toLowerCase() : null;
}

/** Whether there is anything in a value: not null, false, 0, blank, an empty list or object, or a text for one of these. */
export function isFilled(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === 0) return false;
  if (typeof value === "string") return !NOTHING.has(value.trim().toLowerCase());
  return typeof value !== "object" || Object.keys(value).length > 0;
}

/** Whether the members say outright that it failed: by `status`, `success` or `ok`, in words or as a boolean. */
export function saysFailed(members: Members): boolean {
  return Object.entries(members).some(([name, value]) => {
    const known = plain(name);
    if (SUCCESS_MEMBERS.has(known)) return value === false || value === 0 || wordOf(value) === "false";
    return known === "status" && (value === false || ERROR_WORDS.has(wordOf(value) ?? ""));
  });
}

/** Whether the members claim a success by `status`, `success` or `ok`, be it in LinkUp's word for it or not. */
export function claimsSuccess(members: Members): boolean {
  return Object.entries(members).some(([name, value]) => {
    const known = plain(name);
    if (SUCCESS_MEMBERS.has(known)) return value === true || wordOf(value) === "true";
    return known === "status" && (value === true || DONE_WORDS.has(wordOf(value) ?? ""));
  });
}

/** Whether a `status` or `code` of the members is a number of 400 or more. */
export function hasErrorCode(members: Members): boolean {
  return Object.entries(members).some(([name, value]) => CODE_MEMBERS.has(plain(name)) && numberIn(value) >= LEAST_ERROR_CODE);
}

/** Whether the members tell of an error in any of the known ways. */
export function tellsError(members: Members): boolean {
  if (saysFailed(members) || hasErrorCode(members)) return true;
  return Object.entries(members).some(([name, value]) => ERROR_MEMBERS.has(plain(name)) && isFilled(value));
}

/** Whether `data` under a success tells of an error all the same: by `error` or `errors` alone, as the rest may be a member's own. */
export function tellsOwnError({ error, errors }: Members): boolean {
  return isFilled(error) || isFilled(errors);
}

/** The contents of `data`, of its own `data`, and so on: objects, rows of a list, and a text where the chain ends in one. */
export function insideData({ data }: Members): (Members | string)[] {
  const found: (Members | string)[] = [];
  let at = data;
  for (let level = 0; level < MAX_LEVELS && at !== undefined; level++) {
    const here = Array.isArray(at) ? at.slice(0, MAX_ROWS) : [at];
    for (const value of here) if (isMembers(value) || (typeof value === "string" && isFilled(value))) found.push(value);
    at = isMembers(at) ? at.data : undefined;
  }
  return found;
}

/** The texts of these members that tell of an error's cause: messages, and all text in the error members. */
export function textsOf(members: Members): string[] {
  const texts: string[] = [];
  for (const [name, value] of Object.entries(members)) {
    if (ERROR_MEMBERS.has(plain(name))) collectTexts(value, texts);
    else if (TEXT_MEMBERS.has(plain(name)) && typeof value === "string") collectTexts(value, texts);
  }
  return texts;
}

function collectTexts(value: unknown, texts: string[], level = 0): void {
  if (texts.length >= MAX_TEXTS || level > MAX_LEVELS) return;
  if (typeof value === "string") texts.push(value.slice(0, MAX_TEXT_LENGTH));
  else if (typeof value === "object" && value !== null) {
    for (const inner of Object.values(value).slice(0, MAX_ROWS)) collectTexts(inner, texts, level + 1);
  }
}

function plain(name: string): string {
  return name.replaceAll(/[_-]/g, "").toLowerCase();
}

/** A number, or the one that a text begins with; 0 for all else. */
function numberIn(value: unknown): number {
  if (typeof value === "number") return value;
  return typeof value === "string" ? Number(/^\s*(\d+)/.exec(value)?.[1] ?? 0) : 0;
}
