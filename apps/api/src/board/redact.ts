/**
 * Takes secrets out of what the board shows: by the name of their field, by the words before them, by their look, and by their value where
 * it is known. Pure; it never lets a value through because its place is new.
 */

export const REDACTED = "[redacted]";

/** Words by which a field's name says that a secret is in it, in lower case without signs. */
const SECRET_NAMES = [
  "token",
  "password",
  "passwd",
  "passphrase",
  "secret",
  "apikey",
  "privatekey",
  "accesskey",
  "authorization",
  "cookie",
  "credential",
  "liat",
  "jsessionid",
  "verificationcode",
  "logincode",
] as const;

const LABEL =
  "[a-z0-9_-]*(?:token|password|passwd|passphrase|secret|api[-_ ]?key|private[-_ ]?key|access[-_ ]?key|authorization|cookie|credential|jsessionid)s?|li_at";
/** `label: value`, `label=value`, `"label":"value"`, also where the JSON is inside a string of JSON. A quoted value ends at its quote. */
const LABELLED = new RegExp(
  `\\b(${LABEL})(["'\\\\]*\\s*(?:[:=]|\\bis\\b)\\s*)(\\\\*"(?:[^"\\\\]|\\\\(?!"))*\\\\*"|'[^']*'|(?:bearer|basic)\\s+[^\\s"',;]+|[^\\s"',;&})\\]]+)`,
  "gi",
);
const SCHEMES = /\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi;
const IN_ADDRESS = /(\w:\/\/)[^\s/@]+@/g;
/** LinkedIn's session cookie, and signed or encrypted tokens (JWT, JWE). */
const BY_LOOK = /\bAQ[A-Z]{2}[\w-]{16,}|\beyJ[\w-]{8,}\.[\w-]*\.[\w.-]*/g;
/** In texts that machines write about trouble: a long word of letters and digits that is no path and no name. */
const LONG_WORD = /(?<![\w/.@-])(?=[\w+=-]*\d)(?=[\w+=-]*[a-z])[\w+=-]{20,}(?![\w/.@-])/gi;
/** A shorter value would take half of the page with it. */
const SHORTEST_VALUE = 4;
const DEEPEST = 60;

export type RedactOptions = {
  /** Secrets that are known by value. */
  values: readonly string[];
};

/** Whether a field of this name holds a secret. */
export function namesSecret(name: string): boolean {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  return SECRET_NAMES.some((word) => plain.includes(word));
}

/** A text without its secrets; `trouble`: long words that look made by a machine go as well. */
export function redactText(text: string, { values }: RedactOptions, { trouble = false } = {}): string {
  let shown = text;
  for (const value of values) if (value.length >= SHORTEST_VALUE) shown = shown.replaceAll(value, REDACTED);
  shown = shown
    .replace(IN_ADDRESS, `$1${REDACTED}@`)
    .replace(SCHEMES, `$1 ${REDACTED}`)
    .replace(LABELLED, `$1$2${REDACTED}`)
    .replace(BY_LOOK, REDACTED);
  return trouble ? shown.replace(LONG_WORD, REDACTED) : shown;
}

/** Fields of the board's answers that machines wrote about trouble. */
const TROUBLE_FIELDS: ReadonlySet<string> = new Set(["failedReason", "stacktrace", "deferredFailure", "logs"]);

/** A JSON value without its secrets, made anew. */
export function redact(value: unknown, options: RedactOptions, { trouble = false } = {}): unknown {
  return walk(value, { options, trouble, depth: 0 });
}

type Walk = { options: RedactOptions; trouble: boolean; depth: number };

function walk(value: unknown, { options, trouble, depth }: Walk): unknown {
  if (typeof value === "string") return redactText(value, options, { trouble });
  if (typeof value !== "object" || value === null) return value;
  if (depth === DEEPEST) return "[nested too deeply to be shown]";
  if (Array.isArray(value)) return value.map((item: unknown) => walk(item, { options, trouble, depth: depth + 1 }));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]: [string, unknown]) => {
      const shownName = redactText(name, options);
      // A flag or a nothing tells no secret, and is worth seeing.
      if (namesSecret(name) && item !== null && item !== undefined && typeof item !== "boolean") return [shownName, REDACTED];
      return [shownName, walk(item, { options, trouble: trouble || TROUBLE_FIELDS.has(name), depth: depth + 1 })];
    }),
  );
}
