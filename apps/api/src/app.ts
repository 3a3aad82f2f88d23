/**
 * The express app, built from the table of routes: who may call, what is read, what is answered. It knows no route by name.
 * Every way to fail ends in one error body; nothing of a request but method, path and caller is logged.
 */

import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { LinkupError } from "@linkup-queue/contracts";
import type { Request, RequestHandler, Response, Router as RouterType } from "express";
import express, { Router } from "express";
import helmet from "helmet";
import { BOARD_PATH } from "./board/board-path.ts";
import { jsonBody } from "./body/read-body.ts";
import { type Authentication, type Caller, includesRole } from "./callers/authenticate.ts";
import { callerAddress } from "./callers/caller-address.ts";
import type { ApiContext } from "./http/api-context.ts";
import { errorBody, toLinkupError } from "./http/api-error.ts";
import { HTTP_STATUS } from "./http/http-status.ts";
import { perform } from "./http/perform.ts";
import { knownOf, requestLog } from "./http/request-log.ts";
import type { Route } from "./http/route.ts";
import { sendAnswer, sendError } from "./http/send-answer.ts";

export type AppParts = {
  context: ApiContext;
  authentication: Authentication;
  /** The table, one list for each resource. */
  resources: readonly (readonly Route[])[];
  /** Pages for people, which answer under paths of their own. */
  pages: readonly RouterType[];
};

/** Bytes that a streamed body holds besides one line. */
const STREAM_BYTES = 3 * 1024 * 1024;

/** Builds the app. Listens to nothing. */
export function createApp({ context, authentication, resources, pages }: AppParts): RequestListener {
  const root = Router();
  root.use(requestLog(context.log));
  // upgrade-insecure-requests would send a browser to https, which this server does not speak.
  root.use(helmet({ contentSecurityPolicy: { directives: { "upgrade-insecure-requests": null } } }));
  root.use(noStrangersOptions(authentication));
  for (const routes of resources) root.use(routerOf(routes, { context, authentication }));
  for (const page of pages) root.use(page);
  root.use(otherMethods(resources.flat()));

  const app = express();
  app.disable("x-powered-by");
  app.set("trust proxy", context.settings.trustedProxies);
  app.use((request, response) => {
    // Requests that no route took, and errors that any of them threw, end here.
    root(request, response, (thrown: unknown) => refuse(context, { request, response, thrown }));
  });
  return app;
}

/** One resource's routes as an express router. */
function routerOf(routes: readonly Route[], { context, authentication }: Pick<AppParts, "context" | "authentication">): RouterType {
  const router = Router({ caseSensitive: true, strict: true });
  for (const route of routes) {
    const path = expressPath(route);
    const steps: RequestHandler[] = [measure(route, context), authorize(route, authentication)];
    if (route.schemas.body !== null && route.streams.length === 0) {
      steps.push(context.bodies.handler(context.limits.bodyBytes), jsonBody(context.limits, { isOptional: route.optionalBody }));
    }
    // A stream holds its longest line and three chunks, however long it is.
    if (route.streams.length > 0) steps.push(streamedBody(route.streams), context.bodies.handler(context.limits.bodyBytes + STREAM_BYTES));
    router[route.method](path, ...steps, runRoute(route, context));
  }
  return router;
}

/** After all routes: a known path with another method. */
function otherMethods(routes: readonly Route[]): RouterType {
  const router = Router({ caseSensitive: true, strict: true });
  for (const path of new Set(routes.map(expressPath))) {
    const methods = routes.filter((route) => expressPath(route) === path).map((route) => route.method.toUpperCase());
    router.all(path, (_request, response, next) => {
      response.setHeader("allow", methods.join(", "));
      next(new LinkupError("method_not_allowed", `This path takes ${methods.join(" and ")}`));
    });
  }
  return router;
}

function expressPath({ path }: Route): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1");
}

function measure({ method, path }: Route, { metrics }: ApiContext): RequestHandler {
  return (_request, response, next) => {
    const startedMs = performance.now();
    response.once("close", () => {
      metrics.answered({ method, path, status: response.statusCode, seconds: (performance.now() - startedMs) / 1000 });
    });
    next();
  };
}

/** Express answers OPTIONS by itself, whoever asks; the board asks for names in its own way. */
function noStrangersOptions(authentication: Authentication): RequestHandler {
  return (request, response, next) => {
    if (request.method !== "OPTIONS" || request.path === BOARD_PATH || request.path.startsWith(`${BOARD_PATH}/`)) return next();
    identify(authentication, request, response);
    next();
  };
}

function authorize({ role }: Route, authentication: Authentication): RequestHandler {
  return (request, response, next) => {
    knownOf(response).path = request.path.slice(0, 300);
    if (role === "none") return next();
    const caller = identify(authentication, request, response);
    if (!includesRole(caller.role, role)) {
      return next(new LinkupError("forbidden", `This needs the role ${role}; ${caller.name} is ${caller.role}`));
    }
    next();
  };
}

/** Who calls. Throws `unauthorized`, `too_many_requests`. */
function identify(authentication: Authentication, request: Request, response: Response): Caller {
  const identified = authentication.byBearer(request.headers.authorization, callerAddress(request));
  if (identified.known) {
    knownOf(response).caller = identified.caller;
    return identified.caller;
  }
  if (identified.retryAfterSeconds === null) response.setHeader("www-authenticate", 'Bearer realm="linkup-queue"');
  else response.setHeader("retry-after", String(identified.retryAfterSeconds));
  throw identified.error;
}

function streamedBody(types: readonly string[]): RequestHandler {
  return (request, _response, next) => {
    const encoding = request.headers["content-encoding"] ?? "identity";
    if (encoding !== "identity") return next(new LinkupError("unsupported_media_type", "Send the lines without a Content-Encoding"));
    if (request.is([...types]) === false) {
      return next(new LinkupError("unsupported_media_type", `Send the lines as Content-Type: ${types[0]}`));
    }
    next();
  };
}

function runRoute(route: Route, context: ApiContext): RequestHandler {
  return async (request, response) => {
    const { params, query } = request;
    const body: unknown = request.body;
    const { caller } = knownOf(response);
    const from = { via: "http", address: callerAddress(request) } as const;
    const answer = await perform(route, context, { call: { params, query, body, caller, request, response }, from });
    sendAnswer(response, answer, context.limits);
  };
}

type Refused = { request: IncomingMessage; response: ServerResponse; thrown: unknown };

function refuse(context: ApiContext, { request, response, thrown }: Refused): void {
  const { path } = knownOf(response);
  const error =
    thrown === undefined ? new LinkupError("not_found", "There is no such path here; /docs shows those there are") : toLinkupError(thrown);
  const status = HTTP_STATUS[error.code];
  if (status >= 500) context.trouble.see(thrown, error.message, { method: request.method, path });
  sendError(response, { status, body: errorBody(error) }, context.limits);
}
