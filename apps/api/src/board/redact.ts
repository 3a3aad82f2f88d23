/**
 * Takes secrets out of what the board shows: by the name of their field, by the words before them, by their look, and by their value where
 * it is known. Pure; it never lets a value through because its place is new.
 */
import { KnownValues } from "./known-values.ts";

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

/*
 * Texts may be garbage of any length: each pattern below either can't fail after its first word, or fails within a bounded distance.
 */
const LABEL =
  "(?:token|password|passwd|passphrase|secret|api[-_ ]?key|private[-_ ]?key|access[-_ ]?key|authorization|cookie|credential|jsessionid|\\bli_at)s?";
/** A value after its label: quoted inside a string of JSON, quoted, redacted already, with its scheme, or one word. An open quote runs to the end of its line. */
const VALUE = [
  String.raw`\\{1,8}"[^"\n]*"?`,
  String.raw`"(?:[^"\\\n]|\\.)*"?`,
  String.raw`'[^'\n]*'?`,
  String.raw`\[redacted\]`,
  String.raw`(?:bearer|basic)\s{1,8}[^\s"',;]+`,
  String.raw`[^\s"',;&})\]\\]+`,
].join("|");
/** `label: value`, `label=value`, `"label":"value"`. */
const LABELLED = new RegExp(`(${LABEL}["'\\\\]{0,8}\\s{0,8}[:=]\\s{0,8})(?:${VALUE})`, "gi");
const BEARER = /\b(bearer)\s{1,8}[\w.~+/=-]{6,}/gi;
const BASIC = /\b(basic)\s{1,8}(?=[a-z]{0,100}[\d+/=])[\w+/=]{12,}/gi;
const IN_ADDRESS = /(\w:\/\/)[^\s/@]+@/g;
/** LinkedIn's session cookie, and signed or encrypted tokens (JWT, JWE): these have a dot. Without one the whole word is passed by at once. */
const BY_LOOK = /\bAQ[A-Z]{2}[\w-]{16,}|\beyJ[\w-]{8,}(\.[\w.-]*)?/g;
/** In texts that machines write about trouble: a long word of letters and digits that is no path and no name. */
const LONG_WORD = /(?<![\w/.@+=-])(?=[a-z_+=-]*\d)(?=[\d_+=-]*[a-z])[\w+=-]{20,}(?![\w/.@])/gi;
/** More of one text is never shown, and need not be read. */
const MOST_READ = 100_000;
const DEEPEST = 60;

export type RedactOptions = {
  /** Secrets that are known by value, as a text may have written them down. */
  known: KnownValues;
};

/** Secrets by value, made ready to be looked for; once for all that is redacted with them. */
export function knownSecrets(secrets: readonly string[]): KnownValues {
  return new KnownValues(secrets.flatMap(formsOf));
}

/** Whether a field of this name holds a secret. */
export function namesSecret(name: string): boolean {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  return SECRET_NAMES.some((word) => plain.includes(word));
}

/** A text without its secrets; `trouble`: long words that look made by a machine go as well. */
export function redactText(text: string, { known }: RedactOptions, { trouble = false } = {}): string {
  let shown = known.replace(text, REDACTED);
  if (shown.length > MOST_READ) shown = `${shown.slice(0, MOST_READ)} (cut: ${text.length} characters in all)`;
  shown = shown
    .replace(IN_ADDRESS, `$1${REDACTED}@`)
    .replace(BEARER, `$1 ${REDACTED}`)
    .replace(BASIC, `$1 ${REDACTED}`)
    .replace(LABELLED, `$1${REDACTED}`)
    .replace(BY_LOOK, (word, afterDot: string | undefined) => (word.startsWith("eyJ") && afterDot === undefined ? word : REDACTED));
  return trouble ? shown.replace(LONG_WORD, REDACTED) : shown;
}

/** Fields of the board's answers that machines wrote about trouble. */
const TROUBLE_FIELDS: ReadonlySet<string> = new Set(["failedReason", "stacktrace", "deferredFailure", "logs"]);

/** A JSON value without its secrets, made anew. */
export function redact(value: unknown, options: RedactOptions, { trouble = false } = {}): unknown {
  return walk(value, { options, trouble, depth: 0 });
}

/** A secret as it stands in a text: plain, in JSON, in JSON within JSON, in an address. */
function formsOf(secret: string): string[] {
  const inJson = JSON.stringify(secret).slice(1, -1);
  // `encodeURIComponent` throws for half a surrogate pair, which no address holds.
  const inAddress = secret.isWellFormed() ? [encodeURIComponent(secret), String(new URLSearchParams({ s: secret })).slice(2)] : [];
  return [secret, inJson, JSON.stringify(inJson).slice(1, -1), ...inAddress];
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
