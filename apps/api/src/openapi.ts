/** The OpenAPI 3.1 description, generated from the table of routes and its schemas: nothing in it is written by hand. */
import { z } from "zod";
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject, type ZodOpenApiResponsesObject } from "zod-openapi";
import { ErrorBody } from "./http/api-error.ts";
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
  const schema = row.schema ?? (status >= 400 ? ErrorBody : undefined);
  const { contentType = "application/json", summary, headers } = row;
  const description = { description: row.description, ...(headers === undefined ? {} : { headers: z.object(headersOf(headers)) }) };
  if (schema === undefined) return row.contentType === undefined ? description : { ...description, content: { [contentType]: {} } };
  return {
    ...description,
    content: { [contentType]: { schema }, ...(summary === undefined ? {} : { "application/json": { schema: summary } }) },
  };
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
  const { role, schemas, streams, summary, description, tag, method, path } = route;
  const object = (schema: z.ZodType | null) => (schema instanceof z.ZodObject ? schema : undefined);
  const params = { path: object(schemas.params), query: object(schemas.query), header: object(schemas.headers) };
  const given = Object.fromEntries(Object.entries(params).filter(([, schema]) => schema !== undefined));
  const contentTypes = streams.length > 0 ? streams : ["application/json"];
  return {
    operationId: `${method}${path.replaceAll(/[^A-Za-z0-9]+(\w)?/g, (_all, letter: string = "") => letter.toUpperCase())}`,
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
  return createDocument({
    openapi: "3.1.0",
    info: { title: "linkup-queue", version: "1", description: INTRODUCTION },
    security: [{ bearer: [] }],
    components: { securitySchemes: { bearer: { type: "http", scheme: "bearer" } } },
    paths,
  });
}
