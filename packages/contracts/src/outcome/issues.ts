/**
 * Issues of an input, for people: a path and a message each. No message and no path here ever holds a value that was sent:
 * it may be a password that someone put into the wrong field.
 */
import type { z } from "zod";

export type Issue = { path: string; message: string };

/** Longest list of issues in one message; the rest is counted. */
const MAX_LISTED_ISSUES = 10;

/** The look of an ordinary field name. Anything else in its place may be a value, and is not repeated. */
const FIELD_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,31}$/;
const SECRET_NAME = /token|cookie|passw|pwd|secret|credential|api[-_]?key|authori[sz]ation|bearer|session|li_at|e-?mail|^country$|^code$/i;

/** Of a name that is longer only the beginning is read. */
const LONGEST_NAME = 200;

/** How zod words a field that is not there. */
const MISSING = /^Invalid input: expected .*, received undefined$/;

function shownName(name: string): string {
  return FIELD_NAME.test(name) ? name : "(unprintable name)";
}

/** Why a field that the schema does not know is refused. */
export function unknownFieldMessage(name: string): string {
  if (SECRET_NAME.test(name.slice(0, LONGEST_NAME)))
    return "belongs to the account or the API key and must never be in a job; leave it out";
  return "is not a known field; leave it out";
}

function shownPath(path: readonly PropertyKey[]): string {
  return path.map((part) => (typeof part === "number" ? String(part) : shownName(String(part)))).join(".");
}

/** Every issue of a failed zod parse, unknown fields one by one, without any value. The path of the whole is empty. */
export function issuesOf(error: z.ZodError): Issue[] {
  return error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({ path: shownPath([...issue.path, key]), message: unknownFieldMessage(key) }))
      : [{ path: shownPath(issue.path), message: MISSING.test(issue.message) ? "is required" : issue.message }],
  );
}

/** The issues as one line: `path: message; path: message`, at most ten, then "and N more". */
export function describeIssues(issues: readonly Issue[]): string {
  const listed = issues.slice(0, MAX_LISTED_ISSUES).map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  const more = issues.length - listed.length;
  return more > 0 ? `${listed.join("; ")}; and ${more} more` : listed.join("; ");
}

/** The message of a strict object's own issue about unknown fields, for those who read zod's issues directly. */
export function unknownFieldsMessage(names: readonly string[]): string {
  return describeIssues(names.map((name) => ({ path: shownName(name), message: unknownFieldMessage(name) })));
}
