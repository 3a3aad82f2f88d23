/** The client's types: `createClient`, its options, its one error, and all that the api's calls take and answer. */
import type { Api, Problem } from "./api.d.ts";

export type * from "./api.d.ts";

export type ClientSettings = {
  /** Where the api is, such as `http://127.0.0.1:3000`. */
  url: string;
  /** The secret of one of the api's tokens. */
  token: string;
  /** How often a request may be sent again after an answer that says that nothing was done; default 2. */
  retries?: number;
  /** The longest pause before that, in milliseconds; default 30,000. An answer that asks for a longer one is thrown. */
  longestPauseMs?: number;
  /** In place of the global fetch. */
  fetch?: typeof globalThis.fetch;
};

/** The client: a function for each call of the api, by its operation's id. */
export type Client = Api;

export declare function createClient(settings: ClientSettings): Client;

/**
 * Why a call has no answer that can be used. The codes of the api, and two of the client's own: `no_answer`, the connection broke, and
 * `unreadable_answer`, something else than the api answered. New codes come: take one that you do not know as `internal_error`.
 */
export type ClientErrorCode = Problem["error"]["code"] | "no_answer" | "unreadable_answer";

/** The one error of every call. Its message holds no token and nothing that was sent. */
export declare class ClientError extends Error {
  override readonly name: "ClientError";
  readonly code: ClientErrorCode;
  /** The call's operation id. */
  readonly call: string;
  /** The HTTP status; null where there was no answer. */
  readonly status: number | null;
  /** Everything that is wrong with the input; empty for other errors. */
  readonly issues: ReadonlyArray<{ path: string; message: string }>;
  /** How long the api asks to wait, in milliseconds; null where it does not say. */
  readonly retryAfterMs: number | null;
  /** True where nothing was done for certain; false where it may have been: send it again only with the same idempotency key, or look first. */
  readonly nothingDone: boolean;
}
