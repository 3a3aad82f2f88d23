/**
 * Reads the provider's JSON without losing digits: LinkUp prints ids above 2^53 as numbers (an invitation_id in newer samples).
 * It refuses malformed text without repeating any of it.
 */

import { LinkupError } from "../outcome/error.ts";
import { excessOfShape, excessOfText, MAX_JSON_DEPTH, MAX_REQUEST_BYTES } from "./bounds.ts";

/** A number of 16 digits or more follows one of these in any JSON text; ids inside strings seldom do. A false alarm costs time only. */
const MAYBE_LARGE_NUMBER = /(?:":|"\s+:|[[,]|^)\s*-?\d{16}/;
/** Any of its letters may be written as an escape. */
const MAYBE_PROTO_KEY = /__proto__|\\u00/i;

function unreadable(why: string): LinkupError {
  return new LinkupError("bad_response", `The answer is not readable JSON: ${why}`);
}

/** A reviver: the digits of an integer that a number would round. */
function exactNumber(_key: string, value: unknown, { source }: { source?: string }): unknown {
  return typeof value === "number" && !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/.test(source) ? source : value;
}

/** Whether an object in a parsed value has a key of its own that is named like a prototype. */
function holdsProtoKey(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.hasOwn(value, "__proto__") || Object.values(value).some(holdsProtoKey);
}

/** A key `__proto__` is an own property after parsing; the first careless copy of the object would make it a prototype. */
function removeProtoKeys(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  Reflect.deleteProperty(value, "__proto__");
  for (const member of Object.values(value)) removeProtoKeys(member);
}

/**
 * The value of a JSON text. Integers outside the safe range of a number (±(2^53 - 1)) become strings of their digits, all other numbers
 * numbers; of a doubled key the last one counts; keys named `__proto__` are left out.
 * @throws LinkupError `bad_response` for text that is not JSON or is nested deeper than 200 levels; the message never holds the text.
 */
export function parseExactJson(text: string): unknown {
  // An answer of many rows has more members than anything that is sent to us.
  const tooDeep = excessOfShape(text, { depth: MAX_JSON_DEPTH, members: Number.POSITIVE_INFINITY });
  if (tooDeep !== null) throw unreadable(`nested deeper than ${MAX_JSON_DEPTH} levels`);
  return parseShallow(text);
}

function parseShallow(text: string): unknown {
  let value: unknown;
  try {
    // The source of a number is the engine's to tell since Node 21.
    value = MAYBE_LARGE_NUMBER.test(text) ? JSON.parse(text, exactNumber as (key: string, value: unknown) => unknown) : JSON.parse(text);
  } catch {
    // The parser's own error quotes the text, so it is not kept as the cause either.
    throw unreadable("syntax error");
  }
  if (MAYBE_PROTO_KEY.test(text)) removeProtoKeys(value);
  return value;
}

/**
 * The value of a JSON text that a caller or a person sent, read like `parseExactJson`: here a key that is left out must be told.
 * @throws LinkupError `invalid_input` with one issue, for what is beyond the bounds, is no JSON, or has a key named like a prototype.
 */
export function parseSentJson(text: string): unknown {
  const excess = excessOfText(text, MAX_REQUEST_BYTES);
  if (excess !== null)
    throw new LinkupError("invalid_input", "This JSON is beyond the bounds", { issues: [{ path: "", message: excess }] });
  let value: unknown;
  try {
    value = parseShallow(text);
  } catch {
    const issues = [{ path: "", message: "is not JSON" }];
    throw new LinkupError("invalid_input", "This is not readable JSON", { issues });
  }
  if (MAYBE_PROTO_KEY.test(text) && holdsProtoKey(JSON.parse(text))) {
    const issues = [{ path: "", message: "must not hold a key named like a prototype" }];
    throw new LinkupError("invalid_input", "This JSON holds a key named like a prototype", { issues });
  }
  return value;
}
