/** A list's fields by their names: those that a text may use in `{{field}}`. Pure. */

/** One row of a list of people, before anything is checked: their id where the list gives them one, and their fields by name. */
export type RecipientRow = { recipientId: string | null; fields: Readonly<Record<string, string>> };

const FIELD_NAME = /^[A-Za-z][A-Za-z0-9_]{0,59}$/;

/** The name under which a text can use a column: as it is where that is possible, else `first_name` for "First Name"; null for none. */
export function fieldName(column: string): string | null {
  const trimmed = column.trim();
  if (FIELD_NAME.test(trimmed)) return trimmed;
  const made = trimmed
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replaceAll(/^[_0-9]+|_+$/g, "");
  return FIELD_NAME.test(made) ? made : null;
}
