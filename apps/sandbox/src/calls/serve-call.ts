/**
 * One call from its arrival to its answer: stamp, window, body, decision, latency, delivery. The decision, its charge and its effect fall
 * when the body is complete, so a client that dies while it waits changes nothing, as with the provider.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { ENDPOINT_BY_ROUTE } from "../api/endpoints.ts";
import type { Book } from "../book/book.ts";
import type { FaultChooser } from "../scenario/choose-fault.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { type Decision, decideCall, refusal } from "./decide-call.ts";
import { deliver } from "./deliver.ts";
import { readBody } from "./read-body.ts";
import type { Timers } from "./timers.ts";

/** A message with a file in it fits; LinkUp's own bound is not known. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;
const MAX_PATH_LENGTH = 200;

export type Serving = {
  book: Book;
  scenario: Scenario;
  faults: FaultChooser;
  timers: Timers;
  /** Milliseconds since the sandbox started, monotonic. */
  nowMs: () => number;
  /** Wall clock at 0. */
  epochMs: number;
};

/** Serves one call; `serving` is read at its arrival for the book and again at its decision for the scenario. */
export function serveCall(request: IncomingMessage, response: ServerResponse, serving: Serving): void {
  const arrivalMs = serving.nowMs();
  const { book } = serving;
  const path = pathOf(request);
  const endpoint = ENDPOINT_BY_ROUTE.get(`${request.method} ${path}`) ?? null;
  const operation = endpoint?.operation ?? null;
  const apiKey = headerOf(request, "x-api-key");
  const key = apiKey === null ? null : book.key(apiKey, serving.scenario.credits);
  const overLimit = key?.window.arrive(arrivalMs, serving.scenario) ?? false;
  const line = book.journal.open({
    arrivalMs,
    key: key?.fingerprint ?? "none",
    path: endpoint?.path ?? path.slice(0, MAX_PATH_LENGTH),
    operation,
  });
  book.meter.arrived(operation);
  if (key !== null) key.requests += 1;
  if (key !== null && overLimit) key.refused429 += 1;

  readBody(request, MAX_BODY_BYTES, (read) => {
    const known = { account: null, target: null, effect: "none", fault: null } as const;
    if (read.kind === "aborted") {
      line.settle({ ...known, status: "aborted", charged: 0 });
      book.meter.settled(operation, "aborted", 0);
      return;
    }
    const nowMs = serving.nowMs();
    const call = {
      seq: line.seq,
      endpoint,
      key,
      overLimit,
      contentType: headerOf(request, "content-type"),
      nowMs,
      wallMs: serving.epochMs + nowMs,
    };
    const decision: Decision =
      read.kind === "text"
        ? decideCall({ ...call, bodyText: read.text }, { book, scenario: serving.scenario, faults: serving.faults })
        : { ...known, answer: refusal(413, "Payload too large").answer, status: 413, charged: 0 };
    line.settle(decision);
    book.meter.settled(operation, decision.status, decision.charged);
    const { late } = decision;
    if (late !== undefined) {
      serving.timers.after(serving.scenario.lateEffectMs, () => {
        const lateMs = serving.nowMs();
        const { charged, effect } = late({ nowMs: lateMs, wallMs: serving.epochMs + lateMs });
        line.settle({ ...decision, charged, effect });
        book.meter.chargedLate(operation, charged);
      });
    }
    if (read.kind === "too-large") response.setHeader("connection", "close");

    serving.timers.after(operation === null ? 0 : serving.faults.latencyMs(path, operation), () => {
      if (response.destroyed) {
        line.abandon();
        return;
      }
      if (typeof decision.status === "number") line.answered(serving.nowMs());
      const { oversizedBytes, dripIntervalMs } = serving.scenario;
      deliver(response, decision.answer, { oversizedBytes, dripIntervalMs, timers: serving.timers });
    });
  });
}

function pathOf(request: IncomingMessage): string {
  const url = request.url ?? "/";
  const query = url.indexOf("?");
  return query === -1 ? url : url.slice(0, query);
}

function headerOf(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name];
  return typeof value === "string" && value !== "" ? value : null;
}
