/**
 * One HTTP call: connection, mark, request, verdict, in this order, once, whichever provider writes the request and reads the answer.
 * It never repeats a call, never follows a redirect, and lets no byte out before the caller's `left` mark.
 */
import { validateHeaderValue } from "node:http";
import { LinkupError } from "@linkup-queue/contracts";
import type { Provider, Reading } from "../seam/provider.ts";
import type { CallFrame, ProviderRequest, Reply, Transport } from "../seam/transport.ts";
import { type CallClock, startCallClock } from "./call-clock.ts";
import { openConnection, type ProviderAddress, providerAddress, type SessionCache } from "./connection.ts";
import { type Exchange, type ExchangeResult, exchange } from "./exchange.ts";
import { type TransportEvent, verdictWithoutAnswer } from "./transport-table.ts";
import { Way } from "./way.ts";
import { withoutValues } from "./without-values.ts";

const DEFAULT_MAX_BODY_BYTES = 10 * 1024 * 1024;

export type HttpOptions = {
  baseUrl: string;
  apiKey: string;
  /** The longest any call may take. */
  timeoutMs: number;
  /** The longest a request needs to be counted by the provider once it was handed over; null or left out: until its answer. */
  transitMs?: number | null;
  /** Of an answer as decompressed; 10 MiB when left out. */
  maxBodyBytes?: number;
  userAgent?: string;
  /** PEM trusted instead of Node's own list. */
  ca?: string;
};

/** A connection that is open, over which nothing was sent yet. */
export type OpenLine = {
  /** Sends the request and reads the whole answer, until the clock cuts it. Never throws. */
  exchange: (request: Omit<Exchange, "connection">) => Promise<ExchangeResult>;
  /** Ends it at once, whatever is still on its way. */
  reset: () => void;
};

/** Opens a connection to the provider; rejects where there is none, and with the signal's reason. */
export type Wire = (signal: AbortSignal) => Promise<OpenLine>;

/** A transport to one address under one key. Throws LinkupError configuration_invalid for an address or a key that cannot be used. */
export function createHttpTransport(provider: Provider, options: HttpOptions): Transport {
  return createTransport(provider, options, httpWire(providerAddress(options.baseUrl, options.ca)));
}

function httpWire(address: ProviderAddress): Wire {
  const sessions: SessionCache = { ticket: undefined };
  return async (signal) => {
    const connection = await openConnection(address, sessions, signal);
    return { exchange: (request) => exchange({ ...request, connection }), reset: () => connection.reset() };
  };
}

/** A transport over any wire: a simulation has one of its own. Throws as `createHttpTransport`. */
export function createTransport(provider: Provider, options: HttpOptions, wire: Wire): Transport {
  const address = providerAddress(options.baseUrl, options.ca);
  const base = address.url.href.replace(/\/+$/, "");
  const headers = requestHeaders(provider, options);
  const closing = new AbortController();
  const inFlight = new Set<Promise<Reply>>();
  const way = options.transitMs == null ? undefined : new Way({ transitMs: options.transitMs, timeoutMs: options.timeoutMs });

  async function sendOnce(request: ProviderRequest, frame: CallFrame): Promise<Reply> {
    const { path, body } = provider.write(request);
    const payload = JSON.stringify(body);
    const givingUp = frame.signal === undefined ? [closing.signal] : [closing.signal, frame.signal];
    const clock = startCallClock(Math.min(frame.deadlineMs, options.timeoutMs), givingUp);
    const end = (reading: Reading, left: boolean): Reply => ({ ...reading, left, latencyMs: clock.elapsedMs() });
    const nothingSent = (event: TransportEvent): Reply => end(withoutAnswer(notSent(clock, event), null), false);

    let line: OpenLine | null = null;
    try {
      line = await wire(clock.signal).catch(() => null);
      if (line === null) return nothingSent("nothing-left");
      const mark = await clock.race((async () => frame.markLeft())()).catch(() => null);
      if (mark !== true) return nothingSent(mark === null ? "mark-failed" : "left-refused");
      const maxBodyBytes = options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES;
      const answer = await line.exchange({ url: base + path, headers, payload, maxBodyBytes, clock, way });
      if (!answer.handedOver) return nothingSent("nothing-left");
      if (!answer.whole) return end(withoutAnswer(brokenOff(clock), answer.httpStatus), true);
      const reading = provider.read(request, { httpStatus: answer.httpStatus, body: answer.body });
      const counted = way === undefined ? {} : countedBefore(way, reading, answer.acknowledgedAtMs ?? null);
      const told = request.kind === "call" ? withoutSecrets(reading, [options.apiKey, request.token]) : reading;
      return { ...end(told, true), ...counted };
    } finally {
      clock.stop();
      line?.reset();
    }
  }

  return {
    send: (request, frame) => {
      const sent = sendOnce(request, frame);
      inFlight.add(sent);
      const forget = (): boolean => inFlight.delete(sent);
      sent.then(forget, forget);
      return sent;
    },
    close: async () => {
      closing.abort();
      await Promise.allSettled(inFlight);
    },
  };
}

/** The moment by which the request of this answer was counted, where that is known to be before its answer. */
function countedBefore(way: Way, { verdict }: Reading, acknowledgedAtMs: number | null): Pick<Reply, "countedAtMs"> {
  // A gateway's own answer says nothing of the way behind it.
  if (verdict.charge === "unknown") return {};
  const nowMs = performance.now();
  way.heard(nowMs);
  const countedAtMs = acknowledgedAtMs === null ? nowMs : way.countedBy(acknowledgedAtMs);
  return countedAtMs < nowMs ? { countedAtMs } : {};
}

/** A log-in's answer is read for its token, and its output goes nowhere. */
function withoutSecrets(reading: Reading, secrets: readonly string[]): Reading {
  return { ...reading, verdict: { ...reading.verdict, output: withoutValues(reading.verdict.output, secrets) } };
}

function withoutAnswer(event: TransportEvent, httpStatus: number | null): Reading {
  return { verdict: verdictWithoutAnswer(event, httpStatus), credits: null, auth: { kind: "other" } };
}

/** A cut before anything was handed over is told as such, whichever step it interrupted. */
function notSent(clock: CallClock, otherwise: TransportEvent): TransportEvent {
  const cause = clock.cause();
  if (cause === null) return otherwise;
  return cause === "deadline" ? "too-late-to-leave" : "aborted-before-left";
}

function brokenOff(clock: CallClock): TransportEvent {
  const cause = clock.cause();
  if (cause === null) return "reset";
  return cause === "deadline" ? "timed-out" : "aborted";
}

function requestHeaders(provider: Provider, { apiKey, userAgent }: HttpOptions): Record<string, string> {
  const headers = {
    ...provider.headers(apiKey),
    "content-type": "application/json",
    accept: "application/json",
    "user-agent": userAgent ?? "linkup-queue",
  };
  for (const [name, value] of Object.entries(headers)) {
    try {
      if (value === "") throw new TypeError("empty");
      validateHeaderValue(name, value);
    } catch {
      // No cause: Node's own message would carry the value on.
      throw new LinkupError("configuration_invalid", `The ${name} header is empty or has a character that no header may hold`);
    }
  }
  return headers;
}
