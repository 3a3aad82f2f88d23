/** The sandbox's own JSON writer: a bigint becomes a bare number, as LinkUp prints ids above 2^53. */

export type Json = null | boolean | number | bigint | string | readonly Json[] | { readonly [name: string]: Json };

/** JSON text of a value; bigints keep all their digits. */
export function encodeJson(value: Json): string {
  if (typeof value === "bigint") return value.toString();
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isList(value)) return `[${value.map(encodeJson).join(",")}]`;
  const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}:${encodeJson(member)}`);
  return `{${members.join(",")}}`;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
