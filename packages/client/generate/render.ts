/** The two files that are made: the types of all calls, and the table by which the client asks them. */
import { type Answer, type Call, type Description, readCalls } from "./read-calls.ts";
import { comment, keyOf, renderType } from "./render-type.ts";

const MADE = "Made from docs/openapi.json: `npm run docs` writes it.";

/** The text of api.d.ts. */
export function renderTypes(description: Description): string {
  const calls = readCalls(description);
  const schemas = Object.entries(description.components.schemas).map(
    ([name, schema]) => `${comment(schema.description, "")}export type ${name} = ${renderType(schema)};\n`,
  );
  const methods = calls.map((call) => `${comment(call.text, "  ")}${signatures(call).join("")}`);
  return `/** The calls of the api, and all that they take and answer. ${MADE} */

/** One call's own options. */
export type CallOptions = {
  /** Ends the wait for the answer. The call may be done nonetheless. */
  signal?: AbortSignal;
};

/** Every call of the api by its operation's id. Each throws \`ClientError\`. */
export interface Api {
${methods.join("\n")}}

${schemas.join("\n")}`;
}

function signatures(call: Call): string[] {
  const { name, answers, others } = call;
  const rows = others.map(({ member, value, answers: of }) => ({ request: `${requestOf(call, member)} & { ${member}: ${value} }`, of }));
  const plain = {
    request: others.reduce((request, { member }) => `${request}${withoutOther(call, member)}`, requestOf(call, others[0]?.member)),
    of: answers,
  };
  return [...rows, plain].map(({ request, of }) => {
    const mark = of === answers && isOptional(call) ? "?" : "";
    const given = request === "" ? "request?: undefined, " : `request${mark}: ${request}, `;
    return `  ${name}(${given}options?: CallOptions): Promise<${[...new Set(of.map(answerType))].join(" | ")}>;\n`;
  });
}

function withoutOther({ parameters }: Call, member: string): string {
  const values = parameters.find((parameter) => parameter.member === member)?.schema.enum ?? [];
  const left = isSwitch(values)
    ? "false"
    : values
        .filter((value) => value !== "csv")
        .map((value) => JSON.stringify(value))
        .join(" | ");
  return ` & { ${member}?: ${left} | undefined }`;
}

function isOptional({ parameters, body }: Call): boolean {
  return !parameters.some(({ required }) => required) && body?.required !== true;
}

/** A query of 0 or 1 is true or false here. */
function isSwitch(values: readonly unknown[]): boolean {
  return values.join() === "0,1";
}

function requestOf({ parameters, body }: Call, without: string | undefined): string {
  const members = parameters
    .filter(({ member }) => member !== without)
    .map(({ member, required, schema, description }) => {
      const type = isSwitch(schema.enum ?? []) ? "boolean" : renderType(schema, "    ");
      return `${comment(description ?? schema.description, "    ")}    ${keyOf(member)}${required ? `: ${type}` : `?: ${type} | undefined`};\n`;
    });
  const parts = members.length === 0 ? [] : [`{\n${members.join("")}  }`];
  if (body !== null) parts.unshift(bodyType(body));
  return parts.join(" & ");
}

function bodyType({ kind, schema, csv }: NonNullable<Call["body"]>): string {
  const type = renderType(schema, "  ");
  if (kind !== "lines") return kind === "whole" ? `{ body: ${type} }` : type;
  const lines = `{ lines: Iterable<${type}> | AsyncIterable<${type}> }`;
  return csv ? `(${lines} | { csv: string | Blob })` : lines;
}

function answerType(answer: Answer): string {
  if (answer.kind === "json") return renderType(answer.schema, "  ");
  if (answer.kind === "lines") return `AsyncIterable<${renderType(answer.schema, "  ")}>`;
  return answer.kind === "text" ? "string" : "void";
}

/** The text of calls.js. */
export function renderTable(calls: readonly Call[]): string {
  const rows = calls.map(({ name, method, path, parameters, body }) => {
    const of = (place: string) => parameters.filter((parameter) => parameter.in === place);
    const headers = Object.fromEntries(of("header").map(({ member, name: header }) => [member, header]));
    const row = {
      method,
      path,
      query: of("query").map(({ member }) => member),
      headers,
      body: body?.kind ?? null,
      needsBody: body?.required ?? false,
    };
    return `  ${name}: ${JSON.stringify(row)},\n`;
  });
  return `/** How each call is asked: its method and path, and which members of a request go where. ${MADE} */

/** @typedef {{ method: string, path: string, query: readonly string[], headers: Readonly<Record<string, string>>, body: "members" | "whole" | "lines" | null, needsBody: boolean }} CallRow */

/** @type {Readonly<Record<string, CallRow>>} */
export const CALLS = {
${rows.join("")}};
`;
}
