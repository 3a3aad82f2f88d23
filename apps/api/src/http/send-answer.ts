/** Writes answers, and lets a client that is still sending read its own: what it sends on is dropped for a moment, then cut off. */
import type { ServerResponse } from "node:http";
import type { ErrorBody } from "./api-error.ts";
import type { Limits } from "./limits.ts";
import type { Answer } from "./route.ts";

/** Sends a route's answer; nothing for one that was streamed. */
export function sendAnswer(response: ServerResponse, answer: Answer, limits: Limits): void {
  if (answer === "streamed") return;
  closeLater(response, limits);
  response.setHeader("cache-control", "no-store");
  if (answer.text !== undefined) {
    response.writeHead(answer.status, { "content-type": answer.text.contentType }).end(answer.text.content);
    return;
  }
  if (answer.body === undefined) {
    response.writeHead(answer.status).end();
    return;
  }
  response.writeHead(answer.status, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(answer.body));
}

/** Sends an error; where the answer had begun already, the connection is cut, so that nobody takes half an answer for a whole one. */
export function sendError(response: ServerResponse, { status, body }: { status: number; body: ErrorBody }, limits: Limits): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (status === 503) response.setHeader("retry-after", "5");
  sendAnswer(response, { status, body }, limits);
}

/** Cuts the connection of a client that is still sending when its answer is complete, after a moment. */
export function closeLater(response: ServerResponse, { lingerMs }: Limits): void {
  const { req: request } = response;
  if (request.complete) return;
  // A client that asked for its connection to be closed after the answer would lose the answer with it, as a connection that is closed over unread bytes is reset.
  response.shouldKeepAlive = true;
  // The rest of a body that nobody reads on is read and dropped, so that the client gets to its answer; but not for ever. A body that came to its end
  // leaves its connection to the next request.
  const timer = setTimeout(() => request.complete || request.destroy(), lingerMs);
  request.once("close", () => clearTimeout(timer));
  request.resume();
}
