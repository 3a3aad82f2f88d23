/** Holds an answer that a test got against the description: a status, a type or a member that is not described fails the test. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { ROUTES } from "../src/index.ts";
import { openapi } from "../src/openapi.ts";

type Described = { responses: Record<string, { content?: Record<string, unknown> }> };
type Document = { paths: Record<string, Record<string, Described>>; components: object };

/** One for all tests of a file; made when the first answer comes. */
let checks: ReturnType<typeof createChecks> | null = null;

export type Told = { method: string; path: string; status: number; contentType: string | null; text: string };

/** Throws where the answer is not as its route's description says. An address without a route is nobody's answer. */
export function assertDescribed(told: Told): void {
  checks ??= createChecks();
  checks(told);
}

function createChecks() {
  const document = closed(structuredClone(openapi(ROUTES))) as Document;
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(document, "api");
  const compiled = new Map<string, ValidateFunction>();
  const rows = ROUTES.map((row) => ({
    ...row,
    pattern: new RegExp(`^${row.path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`),
  }))
    // A route without parameters goes before one that has them.
    .sort((one, other) => one.path.split("{").length - other.path.split("{").length);

  return ({ method, path, status, contentType, text }: Told): void => {
    const [pathname = ""] = path.split("?");
    const row = rows.find((candidate) => candidate.method === method.toLowerCase() && candidate.pattern.test(pathname));
    if (row === undefined) return;
    const answer = document.paths[row.path]?.[row.method]?.responses[status];
    const what = `${method} ${row.path} answered ${status}`;
    if (answer === undefined) throw new Error(`${what}, which is not described: ${text.slice(0, 300)}`);
    const type = contentType?.split(";")[0] ?? "";
    if (answer.content === undefined) {
      if (text !== "") throw new Error(`${what} with a body, and none is described`);
      return;
    }
    if (!Object.hasOwn(answer.content, type)) throw new Error(`${what} as ${type}, which is not described`);
    const values =
      type === "application/json" ? [text] : type === "application/x-ndjson" ? text.split("\n").filter((line) => line !== "") : [];
    const place = ["paths", row.path, row.method, "responses", String(status), "content", type, "schema"];
    const pointer = `api#/${place.map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/")}`;
    const validate = compiled.get(pointer) ?? ajv.compile({ $ref: pointer });
    compiled.set(pointer, validate);
    for (const value of values) {
      if (validate(JSON.parse(value))) continue;
      throw new Error(`${what}, not as described: ${ajv.errorsText(validate.errors)} in ${value.slice(0, 1_000)}`);
    }
  };
}

/** The description with every object closed: clients take members that are new to them, and tests find those that were not described. */
function closed(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    for (const member of value) closed(member);
    return value;
  }
  const schema = value as Record<string, unknown>;
  for (const [name, member] of Object.entries(schema)) if (name !== "example" && name !== "examples") closed(member);
  const isObject = schema["type"] === "object" && schema["properties"] !== undefined;
  if (isObject && schema["additionalProperties"] === undefined) schema["additionalProperties"] = false;
  return value;
}
