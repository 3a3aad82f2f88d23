/**
 * Everything that one version of one provider knows: how a request is written and what a whole answer means.
 * Pure: it opens no connection and repeats nothing, so that every provider gets the same one careful way of sending.
 */
import type { Verdict } from "@linkup-queue/contracts";
import type { ProviderRequest, Reply } from "./transport.ts";

/** A body as it came off the wire. Too large is kept apart from unreadable for the person who reads the message. */
export type AnswerBody = { state: "json"; value: unknown } | { state: "empty" } | { state: "unreadable" } | { state: "too_large" };

/** A POST. `path` is below the base address, with its leading slash; `body` is sent as JSON. */
export type Message = { path: string; body: Readonly<Record<string, unknown>> };
export type WholeAnswer = { httpStatus: number; body: AnswerBody };
export type Reading = Pick<Reply, "credits" | "auth"> & { verdict: Verdict };

export type Provider = {
  /** The headers that carry the API key. */
  headers: (apiKey: string) => Readonly<Record<string, string>>;
  write: (request: ProviderRequest) => Message;
  /** The verdict on a whole answer to that request. */
  read: (request: ProviderRequest, answer: WholeAnswer) => Reading;
};
