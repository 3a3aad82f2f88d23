/** JSON bodies: only declared ones, bounded in size, time and depth, without keys that could become prototypes. No error quotes the body. */
import { LinkupError, parseSentJson } from "@linkup-queue/contracts";
import express, { type RequestHandler } from "express";
import { invalidInput } from "../http/api-error.ts";
import type { Limits } from "../http/limits.ts";

const JSON_TYPE = "application/json";
/** After a body of more bytes is parsed others get their turn, before it is checked and stored: each of these takes its time. */
const LARGE_BYTES = 256 * 1024;

/** Reads the body of a request that must be JSON into `request.body`; an empty object where it may be left out and is. */
export function jsonBody(limits: Limits, { isOptional }: { isOptional: boolean }): RequestHandler {
  const readBytes = express.raw({ type: JSON_TYPE, limit: limits.bodyBytes });
  return (request, response, next) => {
    const length = request.headers["content-length"];
    if (isOptional && request.headers["transfer-encoding"] === undefined && (length === undefined || length === "0")) {
      request.body = {};
      next();
      return;
    }
    if (!request.is(JSON_TYPE)) {
      next(new LinkupError("unsupported_media_type", "Send the body as Content-Type: application/json"));
      return;
    }
    const tooSlow = setTimeout(() => {
      response.setHeader("connection", "close");
      next(new LinkupError("timed_out", `The body took longer than ${limits.bodyMs} ms to arrive`));
    }, limits.bodyMs);
    readBytes(request, response, (error?: unknown) => {
      clearTimeout(tooSlow);
      if (response.headersSent) return;
      if (error !== undefined) return next(error);
      try {
        const { byteLength = 0 } = request.body instanceof Uint8Array ? request.body : {};
        request.body = parseSentJson(utf8(request.body));
        if (byteLength > LARGE_BYTES) setImmediate(() => next());
        else next();
      } catch (refused) {
        next(refused);
      }
    });
  };
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });

function utf8(bytes: unknown): string {
  try {
    return UTF8.decode(bytes instanceof Uint8Array ? bytes : new Uint8Array());
  } catch {
    throw invalidInput([{ path: "", message: "is not UTF-8" }], "The body is not readable JSON");
  }
}
