/**
 * One route as data: method, path, role, schemas, and what it does. The app, the OpenAPI page and the tests are built from these rows;
 * nothing about a route is said anywhere else.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type ApiRole, type Issue, issuesOf } from "@linkup-queue/contracts";
import type { z } from "zod";
import type { Caller } from "../callers/authenticate.ts";
import type { ApiContext } from "./api-context.ts";
import { invalidInput } from "./api-error.ts";

export type Method = "get" | "put" | "post" | "patch" | "delete";

/** A route's answer; `streamed` when it wrote the answer by itself. */
export type Answer = { status: number; body?: unknown; text?: { contentType: string; content: string } } | "streamed";

/** One answer of a route, for people and machines. */
export type AnswerRow = {
  description: string;
  schema?: z.ZodType;
  contentType?: string;
  /** Another type in which it may come. */
  otherType?: string;
  /** The answer instead for `Accept: application/json`. */
  summary?: z.ZodType;
  /** Headers of the answer that a client should know. */
  headers?: Readonly<Record<string, { description: string; schema: z.ZodType }>>;
};

export type RawCall = {
  params: unknown;
  query: unknown;
  /** Undefined unless the route has a body. */
  body: unknown;
  /** Null only on routes that need no role. */
  caller: Caller | null;
  request: IncomingMessage;
  response: ServerResponse;
};

export type Route = {
  /** Its name in the description, as code reads it, such as `addJob`: clients are generated with it, so it never changes. */
  name: string;
  method: Method;
  /** As OpenAPI writes it: `/v1/accounts/{id}`. */
  path: string;
  role: ApiRole | "none";
  /** The heading under which the page shows it. */
  tag: string;
  summary: string;
  description: string;
  schemas: { params: z.ZodType | null; query: z.ZodType | null; headers: z.ZodType | null; body: z.ZodType | null };
  /** Whether the handler checks the JSON body by itself: its schema is for the docs, and one of several that depend on each other. */
  rawBody: boolean;
  /** Whether the JSON body may be left out: it is then an empty object. */
  optionalBody: boolean;
  /** Content types of a body that the route reads by itself, as a stream. */
  streams: readonly string[];
  /** Whether it may take longer than an answer of Redis's. */
  slow: boolean;
  /** Whether the audit list counts its calls instead of naming each: jobs are added by the thousand. */
  counted: boolean;
  /** The choice in the body, for the audit list: one of a few words, or a filter by names of things; never about a person. Null where there is none. */
  choiceIn(body: unknown): string | null;
  answers: Readonly<Record<number, AnswerRow>>;
  run(context: ApiContext, call: RawCall): Promise<Answer>;
};

type Parsed<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> = Omit<RawCall, "params" | "query" | "body"> & {
  params: z.output<P>;
  query: z.output<Q>;
  body: z.output<B>;
};

export type RouteSpec<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> = {
  name: string;
  method: Method;
  path: string;
  role: ApiRole | "none";
  tag: string;
  summary: string;
  description?: string;
  params?: P;
  query?: Q;
  headers?: z.ZodType;
  body?: B;
  rawBody?: boolean;
  optionalBody?: boolean;
  streams?: readonly string[];
  slow?: boolean;
  counted?: boolean;
  choice?: (body: z.output<B>) => string;
  answers: Readonly<Record<number, AnswerRow>>;
  handle(context: ApiContext, call: Parsed<P, Q, B>): Promise<Answer>;
};

/** Makes a row: its handler sees what its schemas read, and a success leaves through the schema of its answer, which drops all else. */
export function route<P extends z.ZodType = z.ZodUnknown, Q extends z.ZodType = z.ZodUnknown, B extends z.ZodType = z.ZodUnknown>(
  spec: RouteSpec<P, Q, B>,
): Route {
  const {
    name,
    method,
    path,
    role,
    tag,
    summary,
    description = "",
    params,
    query,
    headers,
    body,
    rawBody = false,
    optionalBody = false,
    streams = [],
    slow = false,
    counted = false,
    choice,
    answers,
    handle,
  } = spec;
  return {
    name,
    method,
    path,
    role,
    tag,
    summary,
    description,
    schemas: { params: params ?? null, query: query ?? null, headers: headers ?? null, body: body ?? null },
    rawBody,
    optionalBody,
    streams,
    slow,
    counted,
    choiceIn: (sent) => {
      const read = choice === undefined ? undefined : body?.safeParse(sent);
      return choice === undefined || !read?.success ? null : choice(read.data);
    },
    answers,
    run: async (context, call) => {
      const issues: Issue[] = [];
      const read = <S extends z.ZodType>(schema: S | undefined, value: unknown): z.output<S> | undefined => {
        const parsed = schema?.safeParse(value);
        if (parsed?.success === false) for (const issue of requestIssues(parsed.error)) issues.push(issue);
        return parsed?.data;
      };
      const readBody = !rawBody && streams.length === 0 ? read(body, call.body) : call.body;
      const parts = { params: read(params, call.params), query: read(query, call.query), body: readBody };
      if (issues.length > 0) throw invalidInput(issues);
      const answer = await handle(context, { ...call, ...parts } as Parsed<P, Q, B>);
      if (answer === "streamed" || answer.body === undefined) return answer;
      const schema = answers[answer.status]?.schema;
      return schema === undefined ? answer : { status: answer.status, body: await schema.parseAsync(answer.body) };
    },
  };
}

/** Issues of a request; the words about secrets in jobs are not for it, whose fields may well be secrets. */
function requestIssues(error: z.ZodError): Issue[] {
  return issuesOf(error).map(({ path, message }) => ({
    path,
    message: message.includes("must never be in a job") ? "is not a known field; leave it out" : message,
  }));
}
