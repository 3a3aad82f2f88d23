/** The calls of the description: how each is asked, and the kinds of its answers. Members of one request have one name each, wherever they go. */
import { nameOf, type Schema } from "./render-type.ts";

type Content = Readonly<Record<string, { schema: Schema }>>;
type Parameter = { in: "path" | "query" | "header"; name: string; required?: boolean; schema: Schema; description?: string };
type Operation = {
  operationId: string;
  summary: string;
  description?: string;
  parameters?: readonly Parameter[];
  requestBody?: { required: boolean; content: Content };
  responses: Readonly<Record<string, { content?: Content }>>;
};
export type Description = {
  paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  components: { schemas: Readonly<Record<string, Schema>> };
};

/** An answer: one JSON document, JSON lines as they come, another text, or nothing. */
export type Answer = { kind: "json" | "lines"; schema: Schema } | { kind: "text" } | { kind: "none" };

export type Call = {
  name: string;
  method: string;
  path: string;
  text: string;
  parameters: readonly (Parameter & { member: string })[];
  /** `members`: its members stand beside the parameters; `whole`: it is the member `body`, as one of its own members is named as a parameter is. */
  body: { kind: "members" | "whole" | "lines"; csv: boolean; required: boolean; schema: Schema } | null;
  /** The answers to a request as it is, and to one with a member that asks for another answer. */
  answers: readonly Answer[];
  others: readonly { member: string; value: string; answers: readonly Answer[] }[];
};

const NDJSON = "application/x-ndjson";

/** Every call of `/v1` that has an answer with an end; beside them stand health, metrics and pages, which are for machines and browsers. */
export function readCalls({ paths, components }: Description): Call[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => path.startsWith("/v1/") && !isStream(operation))
      .map(([method, operation]) => readCall({ path, method: method.toUpperCase(), operation, schemas: components.schemas })),
  );
}

function isStream({ responses }: Operation): boolean {
  return Object.values(responses).some(({ content = {} }) => "text/event-stream" in content);
}

type Source = { path: string; method: string; operation: Operation; schemas: Description["components"]["schemas"] };

function readCall({ path, method, operation, schemas }: Source): Call {
  const { operationId: name, summary, description = "", parameters: listed = [], requestBody, responses } = operation;
  const read = readBody(requestBody);
  const taken = read?.kind === "members" ? membersOf(read.schema, schemas) : [];
  const parameters = listed
    .map((parameter) => ({ ...parameter, member: memberName(parameter) }))
    // A job has a key of its own, which wins over the header's.
    .filter((parameter) => parameter.in !== "header" || !taken.includes(parameter.member));
  const isTwice = parameters.some(({ member }) => taken.includes(member));
  const body = read === null || !isTwice ? read : { ...read, kind: "whole" as const };
  const fine = Object.entries(responses).filter(([status]) => status.startsWith("2"));
  return { name, method, path, text: [summary, description].join("\n\n").trim(), parameters, body, ...readAnswers(parameters, fine) };
}

function readBody(body: Operation["requestBody"]): Call["body"] {
  if (body === undefined) return null;
  const { [NDJSON]: lines, "application/json": json, "text/csv": csv } = body.content;
  const { schema } = json ?? lines ?? {};
  if (schema === undefined) throw new Error("the client's types can't be made: a body is neither JSON nor lines");
  return { kind: json === undefined ? "lines" : "members", csv: csv !== undefined, required: body.required, schema };
}

/** The answer differs by what is asked: `dryRun` is answered 200 where the call itself is answered otherwise, `format` by its media type. */
function readAnswers(parameters: Call["parameters"], fine: readonly [string, { content?: Content }][]): Pick<Call, "answers" | "others"> {
  const byStatus = fine.map(([status, { content }]) => [status, answersOf(content)] as const);
  const dry = byStatus.find(([status]) => status === "200");
  if (parameters.some(({ member }) => member === "dryRun") && dry !== undefined && byStatus.length > 1) {
    const answers = byStatus.filter((row) => row !== dry).flatMap(([, of]) => of);
    return { answers, others: [{ member: "dryRun", value: "true", answers: dry[1] }] };
  }
  const answers = byStatus.flatMap(([, of]) => of);
  if (!parameters.some(({ member }) => member === "format")) return { answers, others: [] };
  const isText = ({ kind }: Answer) => kind === "text";
  return {
    answers: answers.filter((answer) => !isText(answer)),
    others: [{ member: "format", value: '"csv"', answers: answers.filter(isText) }],
  };
}

/** Where one answer comes as a document or as lines, the client asks for the document. */
function answersOf(content: Content = {}): Answer[] {
  const { "application/json": json, [NDJSON]: lines } = content;
  if (json !== undefined) return [{ kind: "json", schema: json.schema }];
  const texts: Answer[] = Object.keys(content).some((type) => type !== NDJSON) ? [{ kind: "text" }] : [];
  if (lines !== undefined) return [{ kind: "lines", schema: lines.schema }, ...texts];
  return texts.length === 0 ? [{ kind: "none" }] : texts;
}

function memberName({ name }: Parameter): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function membersOf(schema: Schema, schemas: Source["schemas"]): string[] {
  if (schema.$ref !== undefined) return membersOf(schemas[nameOf(schema.$ref)] ?? {}, schemas);
  const inside = [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])].flatMap((one) => membersOf(one, schemas));
  return [...inside, ...Object.keys(schema.properties ?? {})];
}
