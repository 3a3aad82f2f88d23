/** A list's fields by their names: those that a text may use in `{{field}}`. Two names are one where case, accents, blanks and signs alone differ. Pure. */
import { visibleText } from "./visible-text.ts";

/** One row of a list of people, before anything is checked: their id where the list gives them one, and their fields by name. */
export type RecipientRow = { recipientId: string | null; fields: Readonly<Record<string, string>> };

/** A field that somebody reads, by the name they use; `isNeeded` when there is nothing to take in its place. */
export type FieldUse = { name: string; isNeeded: boolean };

const PLAIN_NAME = /^[A-Za-z][A-Za-z0-9_]{0,59}$/;
const LONGEST_NAME = 60;
/** Letters that no decomposition of Unicode makes two of. */
const LETTERS: Readonly<Record<string, string>> = { ß: "ss", æ: "ae", œ: "oe", ø: "o", ł: "l", đ: "d", ð: "d", þ: "th", ı: "i" };

/** In lower case, without accents. */
function bare(name: string): string {
  return name
    .normalize("NFKD")
    .toLowerCase()
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[ßæœøłđðþı]/g, (letter) => LETTERS[letter] ?? letter);
}

const KEYS = new Map<string, string>();
const MOST_KEPT = 10_000;

/** A name without case, accents, blanks and signs, and numbers before it: names with the same rest are one. Empty for no name. */
export function fieldKey(name: string): string {
  const known = KEYS.get(name);
  if (known !== undefined) return known;
  const key = bare(name)
    .replaceAll(/[^\p{L}\p{N}]/gu, "")
    .replace(/^\p{N}+/u, "");
  if (KEYS.size >= MOST_KEPT) KEYS.clear();
  if (name.length <= LONGEST_NAME) KEYS.set(name, key);
  return key;
}

/** The name under which a column is kept: as it is where it is plain, else `first_name` for "First Name"; null where nothing is left to call it by. */
export function fieldName(column: string): string | null {
  const trimmed = column.trim();
  if (PLAIN_NAME.test(trimmed)) return trimmed;
  const made = bare(trimmed)
    .replaceAll(/[^\p{L}\p{N}]+/gu, "_")
    .replaceAll(/^[_\p{N}]+|_+$/gu, "");
  return made !== "" && made.length <= LONGEST_NAME ? made : null;
}

/** The value of a row under a name, however the name is spelled there; undefined for nothing, and for several that differ. */
export function fieldValue(fields: Readonly<Record<string, string>>, name: string): string | undefined {
  if (Object.hasOwn(fields, name)) return visibleText(fields[name] ?? "");
  const key = fieldKey(name);
  const found = new Set<string>();
  for (const [other, value] of Object.entries(fields))
    if (fieldKey(other) === key && visibleText(value) !== "") found.add(visibleText(value));
  return found.size === 1 ? [...found][0] : undefined;
}
