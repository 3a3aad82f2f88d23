/** A text that takes its fields from other columns of a list: the names in it are the columns' own. Pure. */
import { fieldKey } from "@linkup-queue/contracts";
import { type InputTemplate, PLACEHOLDER } from "./campaign-template.ts";

/** The template with these fields called by their columns; `columns`: the column for each field that has another name there. */
export function renameFields(template: InputTemplate, columns: ReadonlyMap<string, string>): Record<string, unknown> {
  const byKey = new Map([...columns].map(([field, column]) => [fieldKey(field), column]));
  const renamed = (value: unknown): unknown => {
    if (typeof value === "string") {
      return value.replaceAll(PLACEHOLDER, (whole, name: string, fallback?: string) => {
        const column = byKey.get(fieldKey(name));
        return column === undefined ? whole : `{{${column}${fallback === undefined ? "" : `|${fallback}`}}}`;
      });
    }
    if (Array.isArray(value)) return value.map(renamed);
    if (typeof value === "object" && value !== null)
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, renamed(inner)]));
    return value;
  };
  return Object.fromEntries(Object.entries(template).map(([name, value]) => [name, renamed(value)]));
}
