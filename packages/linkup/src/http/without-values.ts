/**
 * Takes the API key and the login token out of what an answer says, wherever in it they stand: a service that repeats its request in an error or
 * a profile would spread them to every consumer. Pure.
 */

/** The text in their place. */
export const TAKEN_OUT = "[secret]";
/** A shorter value is no secret of LinkUp's or LinkedIn's, and would be found everywhere. */
const SHORTEST = 8;

/** The value with each of `secrets` replaced in all its texts and names of members, also as an address or JSON writes it. */
export function withoutValues(value: unknown, secrets: readonly string[]): unknown {
  const forms = new Set(secrets.filter(({ length }) => length >= SHORTEST).flatMap(formsOf));
  return forms.size === 0 ? value : walk(value, [...forms]);
}

/** The longest first: one form may hold another. */
function formsOf(secret: string): string[] {
  const inAddress = secret.isWellFormed() ? [encodeURIComponent(secret)] : [];
  return [secret, JSON.stringify(secret).slice(1, -1), ...inAddress].sort((one, other) => other.length - one.length);
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
