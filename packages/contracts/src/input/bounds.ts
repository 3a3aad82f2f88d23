/**
 * How large anything may be that comes from outside: one place for all of it. A value beyond a bound is refused before any schema sees it,
 * by walks that neither recurse nor go further than the bound. No message here holds any part of what was sent.
 */

/** The largest `data` of a job that is accepted, in bytes of JSON: a message with a file in it fits, a dump does not. */
export const MAX_JOB_BYTES = 8 * 1024 * 1024;
/** Longest JSON text that a request or a line of a batch may be: the largest job and the few words around it. */
export const MAX_REQUEST_BYTES = MAX_JOB_BYTES + 16 * 1024;
/** Deepest nesting of JSON that is read; LinkUp's own answers have under ten levels, jobs under five. */
export const MAX_JSON_DEPTH = 200;
/** Most fields and list entries of one JSON value, all its levels together; the largest that is known to be meant is a list of 1,000 accounts. */
export const MAX_JSON_MEMBERS = 10_000;
/** Longest row of a list of recipients, in bytes or characters. */
export const MAX_ROW_LENGTH = 64 * 1024;
/** Most fields of a recipient: a job holds them all, beside its input. */
export const MAX_ROW_FIELDS = 1_000;

const TOO_DEEP = `must be JSON that is nested at most ${MAX_JSON_DEPTH} levels deep`;
const TOO_MANY = `must hold at most ${MAX_JSON_MEMBERS} fields and list entries, all levels together`;
const PROTO_KEY = "must not hold a key named like a prototype";

const tooLarge = (bytes: number) => `must be at most ${bytes} bytes of JSON`;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

const isOpening = (char: number) => char === 0x5b || char === 0x7b;
const isClosing = (char: number) => char === 0x5d || char === 0x7d;

/*
 * The engine's own search goes over 8 MB of one string, of white space or of escapes in a few milliseconds, where a walk of ours from character
 * to character would keep everybody else waiting. The third is bounded, as what is repeated is remembered for each time.
 */
const STRUCTURE = /["[\]{},]/g;
const NO_BLANK = /[^ \n\r\t]/g;
const IN_STRING = /(?:[^"\\]|\\.){0,1000}/sy;

/** Where a pattern is found from a place on; the text's end when it is nowhere. */
function find(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? text.length;
}

/** Position of the quote that closes the string opened at `open`; the text's end when none does. */
function endOfString(text: string, open: number): number {
  const quote = text.indexOf('"', open + 1);
  if (quote === -1) return text.length;
  if (text.charCodeAt(quote - 1) !== BACKSLASH) return quote;
  let at = open + 1;
  for (;;) {
    IN_STRING.lastIndex = at;
    IN_STRING.test(text);
    if (IN_STRING.lastIndex === at) return text.charCodeAt(at) === QUOTE ? at : text.length;
    at = IN_STRING.lastIndex;
  }
}

/**
 * Whether a JSON text is nested deeper than `depth` levels or holds more than `members` fields and list entries; null for neither. It builds
 * nothing of the text, and text that is no JSON gets an answer too.
 */
export function excessOfShape(text: string, { depth, members }: { depth: number; members: number }): "depth" | "members" | null {
  let level = 0;
  let count = 0;
  for (let at = find(STRUCTURE, text, 0); at < text.length; at = find(STRUCTURE, text, at + 1)) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) at = endOfString(text, at);
    else if (isOpening(char)) {
      if (++level > depth) return "depth";
      const next = find(NO_BLANK, text, at + 1);
      if (!isClosing(text.charCodeAt(next))) count++;
      at = next - 1;
    } else if (isClosing(char)) level--;
    else if (char === COMMA) count++;
    if (count > members) return "members";
  }
  return null;
}

/** Why a JSON text is beyond the bounds, as the end of a sentence; null when it is within them, and then it may still be no JSON. */
export function excessOfText(text: string, maxBytes = MAX_JOB_BYTES): string | null {
  if (Buffer.byteLength(text) > maxBytes) return tooLarge(maxBytes);
  switch (excessOfShape(text, { depth: MAX_JSON_DEPTH, members: MAX_JSON_MEMBERS })) {
    case "depth":
      return TOO_DEEP;
    case "members":
      return TOO_MANY;
    case null:
      return null;
  }
}

/**
 * The value of a JSON text that is within the bounds; null for what is beyond them, or no JSON: for texts that anybody may have written.
 */
export function jsonWithinBounds(text: string): unknown {
  if (excessOfText(text) !== null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Why a value is beyond the bounds, or is no JSON at all, as the end of a sentence; null when it is within them. It never throws. */
export function excessOf(value: unknown): string | null {
  try {
    const excess = excessOfParts(value);
    if (excess !== null) return excess;
    const json = JSON.stringify(value) as string | undefined;
    if (json === undefined) return "is required";
    return Buffer.byteLength(json) > MAX_JOB_BYTES ? tooLarge(MAX_JOB_BYTES) : null;
  } catch {
    return "must be JSON: no cycles, no big integers, nothing that can't be read";
  }
}

function excessOfParts(value: unknown): string | null {
  const open: { part: unknown; depth: number }[] = [{ part: value, depth: 1 }];
  let members = 0;
  let characters = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { part, depth } = next;
    if (typeof part === "string") characters += part.length;
    if (characters > MAX_JOB_BYTES) return tooLarge(MAX_JOB_BYTES);
    if (typeof part !== "object" || part === null) continue;
    if (depth > MAX_JSON_DEPTH) return TOO_DEEP;
    // Before its keys are listed: a list may be far longer than the bound.
    if (Array.isArray(part) && members + part.length > MAX_JSON_MEMBERS) return TOO_MANY;
    const keys = Object.keys(part);
    members += keys.length;
    if (members > MAX_JSON_MEMBERS) return TOO_MANY;
    for (const key of keys) {
      if (key === "__proto__") return PROTO_KEY;
      characters += key.length;
      open.push({ part: Reflect.get(part, key), depth: depth + 1 });
    }
  }
  return null;
}
