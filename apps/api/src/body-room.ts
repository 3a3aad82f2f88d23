/**
 * How many bytes of bodies are held at once, all requests together: each of them is bounded, but many at a time could take all memory. What
 * finds no room is told to come back; nothing waits in line here.
 */
import { LinkupError } from "@linkup-queue/contracts";
import type { RequestHandler } from "express";

const COME_BACK_SECONDS = 1;

export class BodyRoom {
  readonly #bytes: number;
  #taken = 0;

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** Takes room and answers how to give it back, once; null when there is too little. What is larger than all of it goes alone. */
  take(bytes: number): (() => void) | null {
    if (this.#taken > 0 && this.#taken + bytes > this.#bytes) return null;
    this.#taken += bytes;
    let given = false;
    return () => {
      if (!given) this.#taken -= bytes;
      given = true;
    };
  }

  /** Lets a request on when there is room for what it may hold at most; the room is its own until its answer is over. */
  handler(mostBytes: number): RequestHandler {
    return (request, response, next) => {
      const giveBack = this.take(heldBytes(request.headers, mostBytes));
      if (giveBack !== null) {
        response.once("finish", giveBack).once("close", giveBack);
        return next();
      }
      response.setHeader("retry-after", String(COME_BACK_SECONDS));
      next(new LinkupError("too_many_requests", "Too many large bodies are being read at the same time; send this one again in a moment"));
    };
  }
}

/** A compressed body may become as large as any, and one that does not tell its length too. */
function heldBytes(headers: Readonly<Record<string, unknown>>, mostBytes: number): number {
  const length = Number(headers["content-length"] ?? Number.NaN);
  const plain = (headers["content-encoding"] ?? "identity") === "identity";
  return plain && length >= 0 ? Math.min(length, mostBytes) : mostBytes;
}
