/**
 * One log line for each request: method, path of a known route without its query, status, time, caller's name. Never a header, a query or a body,
 * and no error: why requests fail is told in a line of its own, whose repeats are counted.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { RequestHandler } from "express";
import type { Logger } from "pino";
import { pinoHttp } from "pino-http";
import type { Caller } from "../callers/authenticate.ts";

const QUIET_PATHS: ReadonlySet<string> = new Set(["/healthz", "/readyz", "/metrics"]);

/** Facts about a request that the log and the route learn on its way. */
export type Known = { caller: Caller | null; path: string | null };
const KNOWN = new WeakMap<ServerResponse, Known>();

/** The facts known of the request that this response answers. */
export function knownOf(response: ServerResponse): Known {
  const known = KNOWN.get(response) ?? { caller: null, path: null };
  KNOWN.set(response, known);
  return known;
}

/** The middleware that logs. */
export function requestLog(log: Logger): RequestHandler {
  return pinoHttp({
    logger: log,
    serializers: { req: () => undefined, res: () => undefined, err: () => undefined },
    wrapSerializers: false,
    // Whatever the serializers may miss one day.
    redact: ["req.headers", "res.headers"],
    customLogLevel: (_request, response, error) => {
      if (error !== undefined || response.statusCode >= 500) return "error";
      return QUIET_PATHS.has(knownOf(response).path ?? "") ? "debug" : "info";
    },
    customSuccessObject: seen,
    customErrorObject: seen,
    customSuccessMessage: () => "answered",
    customErrorMessage: () => "failed",
  });
}

function seen(request: IncomingMessage, response: ServerResponse, values: object): object {
  const { caller, path } = knownOf(response);
  const aborted = response.writableFinished ? {} : { aborted: true };
  return { ...values, method: request.method, path: path ?? "(no route)", status: response.statusCode, caller: caller?.name, ...aborted };
}
