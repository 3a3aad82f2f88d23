/** Reads and checks the body of a call as strictly as LinkUp is known to be. Its texts are the provider's own (API facts, status table). */
import type { Endpoint, FieldRule } from "./endpoints.ts";

export type Body = Readonly<Record<string, unknown>>;

/** It is UK, not GB. */
const COUNTRIES = new Set(["US", "UK", "FR", "DE", "NL", "IT", "IL", "CA", "BR", "ES", "IN"]);
const MAX_NOTE_LENGTH = 300;
const HOST = String.raw`^https?:\/\/(?:[a-z]{1,3}\.)?linkedin\.com`;
const PROFILE_URL = new RegExp(String.raw`${HOST}\/in\/([^/?#\s]+)\/?(?:[?#].*)?$`, "i");
const COMPANY_URL = new RegExp(String.raw`${HOST}\/(?:company|school|showcase)\/[^/?#\s]+(?:[/?#].*)?$`, "i");
const POST_URL = /^(?:https?:\/\/(?:[a-z]{1,3}\.)?linkedin\.com\/\S*|urn:li:)(?:activity|ugcPost|share)(?::|-|%3A)\d+/i;
const PROFILE_ID = /^(?:urn:li:(?:fsd_profile|fs_profile|fs_miniProfile):)?A[A-Za-z0-9_-]{5,}$/;

/** The body as an object, or null when it is not JSON or not an object. An empty body is an empty object. */
export function parseBody(text: string): Body | null {
  if (text === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    return isBody(value) ? value : null;
  } catch {
    return null;
  }
}

function isBody(value: unknown): value is Body {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The text of the 400 that this body earns, or null. */
export function findMistake(endpoint: Endpoint, body: Body): string | null {
  const needsToken = endpoint.kind === "read" || endpoint.kind === "write";
  const required = needsToken ? [...endpoint.required, "login_token"] : endpoint.required;
  const missing = required.find((name) => isMissing(body[name]));
  if (missing !== undefined) return missingText(endpoint, missing);
  if (endpoint.oneOf.length > 0 && endpoint.oneOf.every((name) => isMissing(body[name]))) return "Required fields are missing";
  const unknown = Object.keys(body).find((name) => !isKnown(endpoint, name));
  if (unknown !== undefined) return `Bad parameter: ${unknown.slice(0, 60)} is not known`;
  if (needsToken && typeof body.login_token !== "string") return "Bad parameter: login_token";
  for (const [name, rule] of Object.entries({ ...endpoint.fields, country: "country" as const })) {
    const value = body[name];
    if (isMissing(value)) continue;
    const mistake = findFieldMistake(name, rule, value);
    if (mistake !== null) return mistake;
  }
  const [first, last] = [body.start_page, body.end_page];
  if (endpoint.fields.end_page !== undefined && typeof last === "number" && last < (typeof first === "number" ? first : 1))
    return "Bad parameter: end_page";
  return null;
}

/** Token and country go with every call of a member [D]; a log-in has a country, too. */
function isKnown(endpoint: Endpoint, name: string): boolean {
  return Object.hasOwn(endpoint.fields, name) || name === "country" || (name === "login_token" && endpoint.kind !== "auth");
}

/** The withdraw page alone names the field (API facts). */
function missingText(endpoint: Endpoint, name: string): string {
  return endpoint.operation === "invitation.withdraw" && name === "invitation_id"
    ? "Missing required parameter: invitation_id"
    : "Required fields are missing";
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

function findFieldMistake(name: string, rule: FieldRule, value: unknown): string | null {
  const bad = `Bad parameter: ${name}`;
  const text = typeof value === "string" ? value : null;
  const whole = typeof value === "number" && Number.isSafeInteger(value) ? value : null;
  if (typeof rule === "object") return text !== null && rule.includes(text) ? null : bad;
  switch (rule) {
    case "text":
      return text === null ? bad : null;
    case "note":
      return text === null || text.length > MAX_NOTE_LENGTH ? `${bad} must be a text of ${MAX_NOTE_LENGTH} characters at most` : null;
    case "digits":
      return text !== null && /^\d{1,20}$/.test(text) ? null : bad;
    case "flag":
      return typeof value === "boolean" ? null : bad;
    case "count":
      if (whole !== null && whole <= 0) return "total_results must be greater than 0";
      return whole === null ? bad : null;
    case "page":
    case "positive":
      return whole !== null && whole >= 1 ? null : bad;
    case "integer":
      return whole === null ? bad : null;
    case "country":
      return text !== null && COUNTRIES.has(text) ? null : bad;
    case "profile-url":
      return text !== null && PROFILE_URL.test(text) ? null : "Invalid LinkedIn URL format";
    case "profile-ref":
      return text !== null && (PROFILE_URL.test(text) || PROFILE_ID.test(text)) ? null : "Invalid LinkedIn URL format";
    case "author-url":
      return text !== null && (PROFILE_URL.test(text) || COMPANY_URL.test(text)) ? null : "Invalid LinkedIn URL format";
    case "company-url":
      return text !== null && COMPANY_URL.test(text) ? null : "Invalid LinkedIn company URL format";
    case "post-url":
      return text !== null && POST_URL.test(text) ? null : "Invalid post_url parameter";
  }
}

/** Credits that this call costs; at least 1, also for a body that is refused. `rows`: how many its answer has, 0 for a refusal. */
export function priceOf(endpoint: Endpoint, body: Body, rows: number): number {
  const tens = (count: number) => Math.max(1, Math.ceil(count / 10));
  const paged = endpoint.fields.start_page !== undefined && (!isMissing(body.start_page) || !isMissing(body.end_page));
  switch (endpoint.price) {
    case "one":
      return 1;
    case "media":
      return isMissing(body.media_link) && isMissing(body.media_file) ? 1 : 2;
    case "rows":
      return tens(rows);
    case "results":
      return tens(paged ? rows : numberOr(body.total_results, 10));
    case "list": {
      const first = numberOr(body.start_page, 1);
      return paged ? Math.max(1, numberOr(body.end_page, first) - first + 1) : tens(numberOr(body.total_results, 10));
    }
  }
}

/** A whole number out of a body, or the fallback. */
export function numberOr(value: unknown, fallback: number): number {
  return typeof value === "number" && Number.isSafeInteger(value) ? value : fallback;
}

/** The call's target: the first target field that is there, as it was sent. Null for calls without one. */
export function targetOf(endpoint: Endpoint, body: Body): string | null {
  const name = endpoint.target.find((field) => !isMissing(body[field]));
  return name === undefined ? null : String(body[name]).slice(0, 500);
}

/** One spelling for the addresses of one profile, so that a double does not hide behind a slash or a query. */
export function canonicalTarget(target: string | null): string {
  const slug = target === null ? undefined : PROFILE_URL.exec(target)?.[1];
  return slug === undefined ? (target ?? "") : `in/${slug.toLowerCase()}`;
}
