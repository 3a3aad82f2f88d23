/**
 * Takes the API key and the login token out of what an answer says, wherever in it they stand: a service that repeats its request in an error or
 * a profile would spread them to every consumer. Pure.
 */

/** The text in their place. */
export const TAKEN_OUT = "[secret]";
/** A shorter value is no secret of LinkUp's or LinkedIn's, and would be found everywhere. */
const SHORTEST = 8;

/** The value with each of `secrets` replaced in all its texts and names of members, in each way in which services write such a value down. */
export function withoutValues(value: unknown, secrets: readonly string[]): unknown {
  const forms = new Set(secrets.filter(({ length }) => length >= SHORTEST).flatMap(formsOf));
  // The longest first: one form may hold another.
  return forms.size === 0
    ? value
    : walk(
        value,
        [...forms].sort((one, other) => other.length - one.length),
      );
}

/** A text of these letters alone is written down as it is in JSON, in an address and in HTML. Tokens and keys are such texts, as a rule. */
const PLAIN = /^[A-Za-z0-9._-]+$/;

function formsOf(secret: string): string[] {
  if (PLAIN.test(secret)) return [secret, ...inBytes(secret)];
  const json = inJson(secret);
  return [secret, ...json, ...json.map(quoted), ...inAddress(secret), ...inHtml(secret), ...inBytes(secret)];
}

const quoted = (text: string): string => JSON.stringify(text).slice(1, -1);

/** Some writers put a sign before each slash, and some write all but ASCII as numbers. */
function inJson(secret: string): string[] {
  const plain = quoted(secret);
  const numbered = (letters: (hex: string) => string) =>
    plain.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${letters(unit.charCodeAt(0).toString(16).padStart(4, "0"))}`);
  const ascii = [numbered((hex) => hex), numbered((hex) => hex.toUpperCase())];
  return [plain, ...ascii].flatMap((text) => [text, text.replaceAll("/", "\\/")]);
}

function inAddress(secret: string): string[] {
  if (!secret.isWellFormed()) return [];
  const forms = [encodeURIComponent(secret), String(new URLSearchParams({ s: secret })).slice(2)];
  return forms.flatMap((text) => [text, text.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())]);
}

function inHtml(secret: string): string[] {
  const text = secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return [text, ...["&#39;", "&#x27;"].map((mark) => text.replaceAll('"', "&quot;").replaceAll("'", mark))];
}

/** In hexadecimal, and in base64 with anything before and behind it: the letters that hold bits of a neighbour stay. */
function inBytes(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString("hex");
  const based = [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    const inner = text.slice(Math.ceil((before * 4) / 3), Math.floor(((before + bytes.length) * 4) / 3));
    return [inner, inner.replaceAll("+", "-").replaceAll("/", "_")];
  });
  return [hex, hex.toUpperCase(), ...based];
}

function walk(value: unknown, forms: readonly string[]): unknown {
  if (typeof value === "string") return withoutForms(value, forms);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((inner: unknown) => walk(inner, forms));
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [withoutForms(name, forms), walk(inner, forms)]));
}

function withoutForms(text: string, forms: readonly string[]): string {
  let shown = text;
  for (const form of forms) if (shown.includes(form)) shown = shown.replaceAll(form, TAKEN_OUT);
  return shown;
}
