/**
 * How many bytes of bodies are held at once, all requests together: each of them is bounded, but many at a time could take all memory. One
 * caller alone never has more than half of it. A request that finds no capacity is told to come back; nothing waits here.
 */
import { LinkupError } from "@linkup-queue/contracts";
import type { RequestHandler } from "express";
import { knownOf } from "./request-log.ts";

const COME_BACK_SECONDS = 1;

export class BodyCapacity {
  readonly #bytes: number;
  #taken = 0;
  readonly #takenBy = new Map<string, number>();

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /**
   * Takes capacity for a caller and answers how to give it back, once; null when there is too little. A body larger than a caller's half goes
   * while that caller has nothing else, and what is larger than all of it goes alone.
   */
  take(bytes: number, caller: string): (() => void) | null {
    const own = this.#takenBy.get(caller) ?? 0;
    if (this.#taken > 0 && this.#taken + bytes > this.#bytes) return null;
    if (own > 0 && own + bytes > this.#bytes / 2) return null;
    this.#change(caller, bytes);
    let given = false;
    return () => {
      if (!given) this.#change(caller, -bytes);
      given = true;
    };
  }

  #change(caller: string, bytes: number): void {
    const own = (this.#takenBy.get(caller) ?? 0) + bytes;
    this.#taken += bytes;
    if (own === 0) this.#takenBy.delete(caller);
    else this.#takenBy.set(caller, own);
  }

  /** Lets a request on when there is capacity for what it may hold at most; the capacity is its own until its answer is over. */
  handler(mostBytes: number): RequestHandler {
    return (request, response, next) => {
      const giveBack = this.take(reservedBytes(request.headers, mostBytes), knownOf(response).caller?.name ?? "");
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
function reservedBytes(headers: Readonly<Record<string, unknown>>, mostBytes: number): number {
  const length = Number(headers["content-length"] ?? Number.NaN);
  const plain = (headers["content-encoding"] ?? "identity") === "identity";
  return plain && length >= 0 ? Math.min(length, mostBytes) : mostBytes;
}
