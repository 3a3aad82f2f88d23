/** JSON bodies: only declared ones, bounded in size, time and depth, without keys that could become prototypes. No error quotes the body. */
import { LinkupError, parseExactJson } from "@linkup-queue/contracts";
import express, { type RequestHandler } from "express";
import { invalidInput } from "./api-error.ts";
import type { Limits } from "./limits.ts";

const JSON_TYPE = "application/json";
const MAYBE_PROTOTYPE = /__proto__|\\u/i;

function holdsPrototypeKey(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.hasOwn(value, "__proto__") || Object.values(value).some(holdsPrototypeKey);
}

/**
 * The value of a JSON text from outside; integers above 2^53 become strings of their digits.
 * @throws LinkupError `invalid_input` for what is no JSON, deeper than 200 levels, or has a key named like a prototype.
 */
export function readJson(text: string): unknown {
  let value: unknown;
  try {
    value = parseExactJson(text);
  } catch {
    throw invalidInput([{ path: "", message: "is not JSON, or nested deeper than 200 levels" }], "The body is not readable JSON");
  }
  // The exact reader drops such keys; a sender must be told instead.
  if (MAYBE_PROTOTYPE.test(text) && holdsPrototypeKey(JSON.parse(text))) {
    throw invalidInput([{ path: "", message: "must not hold a key named like a prototype" }]);
  }
  return value;
}

/** Reads the body of a request that must be JSON into `request.body`. */
export function jsonBody(limits: Limits): RequestHandler {
  const readBytes = express.raw({ type: JSON_TYPE, limit: limits.bodyBytes });
  return (request, response, next) => {
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
        request.body = readJson(utf8(request.body));
        next();
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
