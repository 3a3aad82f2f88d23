/** Fields of an operation's input given as text, in a table's cell or on the command line: read as JSON where the operation wants more than text. */
import { operationOf, parseSentJson } from "@linkup-queue/contracts";
import { z } from "zod";

type FieldKind = "text" | "json";

const KINDS = new Map<string, ReadonlyMap<string, FieldKind>>();
const Described = z.object({ properties: z.record(z.string(), z.unknown()).default({}) });

/** The value that a text stands for in such a field; what is not readable as JSON stays text, for the check of the job to refuse. */
export function readField(text: string, kind: FieldKind | undefined): unknown {
  if (kind !== "json") return text;
  try {
    return parseSentJson(text);
  } catch {
    return text;
  }
}

/** Which fields of an operation's input take text, and which take other JSON. */
export function fieldKinds(operation: string): ReadonlyMap<string, FieldKind> {
  const known = KINDS.get(operation);
  if (known !== undefined) return known;
  const schema = operationOf(operation)?.input;
  const described =
    schema === undefined ? { properties: {} } : Described.parse(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }));
  const kinds = new Map(Object.entries(described.properties).map(([name, field]) => [name, takesText(field) ? "text" : "json"] as const));
  KINDS.set(operation, kinds);
  return kinds;
}

function takesText(field: unknown): boolean {
  if (typeof field !== "object" || field === null) return true;
  const type: unknown = Reflect.get(field, "type");
  const choices: unknown = Reflect.get(field, "anyOf");
  if (Array.isArray(choices)) return choices.some(takesText);
  return type === undefined || type === "string" || (Array.isArray(type) && type.includes("string"));
}
