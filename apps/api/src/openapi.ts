/** The OpenAPI 3.1 description, generated from the table of routes and its schemas: nothing in it is written by hand. */
import { z } from "zod";
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiOverride,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponsesObject,
} from "zod-openapi";
import { type Described, type DescribedSchemas, exampleOf } from "./description/examples.ts";
import { describedPosts } from "./description/posts.ts";
import { ErrorBody } from "./http/api-error.ts";
import { HTTP_STATUS } from "./http/http-status.ts";
import type { AnswerRow, Route } from "./http/route.ts";

const INTRODUCTION = `Hand over work for LinkedIn accounts; each accepted job comes to exactly one outcome.

Every call but health, this page and its description needs \`Authorization: Bearer <secret>\`. Roles: viewer < producer < admin.
Errors are \`{"error": {"code", "message", "issues"?}}\`, with every issue and its path for input. A right secret is always
let in; after ten wrong ones from an address, or many from all, wrong ones are answered 429 with Retry-After.`;

const REFUSALS: Readonly<Record<number, string>> = {
  400: "Something in the request is wrong: every issue with its path",
  401: "No known secret",
  403: "The role does not suffice",
  413: "The body is too large",
  415: "Another content type than the one that is read here",
  429: "No known secret, after too many of them, or too much is being read at the same time; see Retry-After",
  503: "Redis does not answer, or is full; see Retry-After",
};

function refusalsOf({ role, schemas, streams }: Route): number[] {
  const guarded = role === "none" ? [] : [401, 403, 429, 503];
  const input = schemas.params !== null || schemas.query !== null || schemas.headers !== null || schemas.body !== null ? [400] : [];
  const body = schemas.body !== null || streams.length > 0 ? [413, 415] : [];
  return [...input, ...guarded, ...body].sort((one, other) => one - other);
}

function headersOf(headers: NonNullable<AnswerRow["headers"]>): Record<string, z.ZodType> {
  return Object.fromEntries(Object.entries(headers).map(([name, { description, schema }]) => [name, schema.meta({ description })]));
}

function answerOf(status: number, row: AnswerRow) {
  const { contentType = "application/json", otherType, summary, headers } = row;
  const text = row.contentType === undefined ? undefined : z.string();
  const schema = row.schema ?? (status >= 400 ? ErrorBody : text);
  const description = { description: row.description, ...(headers === undefined ? {} : { headers: z.object(headersOf(headers)) }) };
  if (schema === undefined) return description;
  const types: [string, z.ZodType][] = [[contentType, schema]];
  if (otherType !== undefined) types.push([otherType, z.string()]);
  if (summary !== undefined) types.push(["application/json", summary]);
  return { ...description, content: Object.fromEntries(types.map(([type, of]) => [type, { schema: of }])) };
}

function answersOf(route: Route): ZodOpenApiResponsesObject {
  const refusals = refusalsOf(route).map((status) => [status, { description: REFUSALS[status] ?? "" }] as const);
  const rows: [number, AnswerRow][] = [
    ...refusals,
    ...Object.entries(route.answers).map(([status, row]) => [Number(status), row] as const),
  ].map(([status, row]) => [status, row]);
  return Object.fromEntries(rows.map(([status, row]) => [String(status), answerOf(status, row)]));
}

function operationOf(route: Route): ZodOpenApiOperationObject {
  const { name, role, schemas, streams, summary, description, tag } = route;
  const object = (schema: z.ZodType | null) => (schema instanceof z.ZodObject ? schema : undefined);
  const params = { path: object(schemas.params), query: object(schemas.query), header: object(schemas.headers) };
  const given = Object.fromEntries(Object.entries(params).filter(([, schema]) => schema !== undefined));
  const contentTypes = streams.length > 0 ? streams : ["application/json"];
  return {
    operationId: name,
    tags: [tag],
    summary,
    description: `${description}${description === "" ? "" : "\n\n"}Role: ${role}.`,
    security: role === "none" ? [] : [{ bearer: [] }],
    requestParams: given,
    ...(schemas.body === null
      ? {}
      : {
          requestBody: {
            required: !route.optionalBody,
            content: Object.fromEntries(contentTypes.map((type) => [type, { schema: schemas.body ?? z.unknown() }])),
          },
        }),
    responses: answersOf(route),
  };
}

/** The description of these routes. */
export function openapi(routes: readonly Route[]): object {
  const paths: ZodOpenApiPathsObject = {};
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route) };
  const document: unknown = createDocument(
    {
      openapi: "3.1.0",
      info: { title: "linkup-queue", version: "1", description: INTRODUCTION, license: { name: "All rights reserved" } },
      servers: [{ url: "/", description: "The process that answers this" }],
      tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
      security: [{ bearer: [] }],
      components: { securitySchemes: { bearer: { type: "http", scheme: "bearer" } } },
      paths,
      webhooks: describedPosts(),
    },
    { override },
  );
  return withExamples(document as Document);
}

/** Answers grow: a generated client must take members that it does not know. Bounds of the machine say nothing, and neither do patterns of formats. */
const override: ZodOpenApiOverride = ({ jsonSchema, io }) => {
  if (io === "output" && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
  // Under this name, as zod drops `examples` of a schema that transforms what it reads.
  if (jsonSchema["example"] !== undefined) {
    jsonSchema.examples = [jsonSchema["example"]];
    delete jsonSchema["example"];
  }
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
};

type Example = { schema: Described; example?: unknown };
type Operation = {
  parameters?: (Example & { name: string })[];
  requestBody?: { content: Record<string, Example> };
  responses: Record<string, { content?: Record<string, Example> }>;
};
type Document = {
  components: { schemas: DescribedSchemas };
  paths: Record<string, Record<string, Operation>>;
  webhooks: Record<string, Record<string, Operation>>;
};

/** Puts an example beside every parameter, body and answer. */
function withExamples(document: Document): Document {
  const { schemas } = document.components;
  const operations = [document.paths, document.webhooks].flatMap((group) =>
    Object.values(group).flatMap((methods) => Object.values(methods)),
  );
  for (const { parameters = [], requestBody, responses } of operations) {
    for (const parameter of parameters) parameter.example ??= exampleOf(parameter.schema, schemas, parameter.name);
    for (const body of Object.values(requestBody?.content ?? {})) body.example = exampleOf(body.schema, schemas);
    for (const [status, { content = {} }] of Object.entries(responses)) {
      for (const answer of Object.values(content)) {
        const isProblem = answer.schema.$ref === "#/components/schemas/Problem";
        answer.example = isProblem ? problemOf(Number(status)) : exampleOf(answer.schema, schemas);
      }
    }
  }
  return document;
}

function problemOf(status: number): object {
  const [code = "internal_error"] = Object.entries(HTTP_STATUS).find(([, of]) => of === status) ?? [];
  const issues = status === 400 ? { issues: [{ path: "accountId", message: "is required" }] } : {};
  return { error: { code, message: REFUSALS[status] ?? "The reason, for a person", ...issues } };
}
