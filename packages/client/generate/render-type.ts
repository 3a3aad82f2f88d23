/** A JSON schema of the description as a TypeScript type. It reads the keywords that the description has, and refuses others loudly. */

export type Schema = {
  $ref?: string;
  type?: string | readonly string[];
  const?: unknown;
  enum?: readonly unknown[];
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  items?: Schema;
  prefixItems?: readonly Schema[];
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  additionalProperties?: boolean | Schema;
  propertyNames?: Schema;
  description?: string;
};

const UNREAD = ["allOf", "not", "if", "patternProperties", "$defs"];

/** The name of a schema that has one. */
export function nameOf(ref: string): string {
  return ref.replace("#/components/schemas/", "");
}

/** The type of this schema, over several lines where it has members. */
export function renderType(schema: Schema, indent = ""): string {
  const unread = UNREAD.find((keyword) => keyword in schema);
  if (unread !== undefined) throw new Error(`the client's types can't be made: nothing reads "${unread}"`);
  if (schema.$ref !== undefined) return nameOf(schema.$ref);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return union(schema.enum.map((value) => JSON.stringify(value)));
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices !== undefined) return union(choices.map((choice) => renderType(choice, indent)));
  const { type = [] } = schema;
  const types = typeof type === "string" ? [type] : type;
  return types.length === 0 ? "unknown" : union(types.map((one) => renderOne(one, schema, indent)));
}

function renderOne(type: string, schema: Schema, indent: string): string {
  switch (type) {
    case "string":
    case "boolean":
    case "null":
      return type;
    case "integer":
    case "number":
      return "number";
    case "array":
      return renderArray(schema, indent);
    case "object":
      return renderObject(schema, indent);
    default:
      throw new Error(`the client's types can't be made: no type is named "${type}"`);
  }
}

function renderArray({ prefixItems, items }: Schema, indent: string): string {
  if (prefixItems !== undefined) return `[${prefixItems.map((item) => renderType(item, indent)).join(", ")}]`;
  return `Array<${items === undefined ? "unknown" : renderType(items, indent)}>`;
}

function renderObject({ properties = {}, required = [], additionalProperties, propertyNames }: Schema, indent: string): string {
  const inner = `${indent}  `;
  const members = Object.entries(properties).map(([name, member]) => {
    const mark = required.includes(name) ? "" : "?";
    return `${comment(member.description, inner)}${inner}${keyOf(name)}${mark}: ${renderType(member, inner)};\n`;
  });
  if (members.length > 0) return `{\n${members.join("")}${indent}}`;
  if (additionalProperties === undefined || additionalProperties === false) return "Record<string, never>";
  const value = additionalProperties === true ? "unknown" : renderType(additionalProperties, indent);
  const names = propertyNames?.enum === undefined ? "string" : renderType(propertyNames, indent);
  return names === "string" ? `Record<string, ${value}>` : `Partial<Record<${names}, ${value}>>`;
}

/** A comment above a member; nothing without text. */
export function comment(text: string | undefined, indent: string): string {
  if (text === undefined || text === "") return "";
  const lines = text.replaceAll("*/", "*\\/").split("\n");
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join("\n")}\n${indent} */\n`;
}

/** A member's name, in quotes where it must be. */
export function keyOf(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(" | ");
}
