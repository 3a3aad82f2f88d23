/**
 * One HTTP call: connection, mark, request, verdict, in this order, once, whichever provider writes the request and reads the answer.
 * It never repeats a call, never follows a redirect, and lets no byte out before the caller's `left` mark.
 */
import { validateHeaderValue } from "node:http";
import { LinkupError } from "@linkup-queue/contracts";
import type { Provider, Reading } from "../seam/provider.ts";
import type { CallFrame, ProviderRequest, Reply, Transport } from "../seam/transport.ts";
import { type CallClock, startCallClock } from "./call-clock.ts";
import { type Connection, openConnection, providerAddress, type SessionCache } from "./connection.ts";
import { exchange } from "./exchange.ts";
import { type TransportEvent, verdictWithoutAnswer } from "./transport-table.ts";
import { withoutValues } from "./without-values.ts";

const DEFAULT_MAX_BODY_BYTES = 10 * 1024 * 1024;

export type HttpOptions = {
  baseUrl: string;
  apiKey: string;
  /** The longest any call may take. */
  timeoutMs: number;
  /** Of an answer as decompressed; 10 MiB when left out. */
  maxBodyBytes?: number;
  userAgent?: string;
  /** PEM trusted instead of Node's own list. */
  ca?: string;
};

/** A transport to one address under one key. Throws LinkupError configuration_invalid for an address or a key that cannot be used. */
export function createHttpTransport(provider: Provider, options: HttpOptions): Transport {
  const address = providerAddress(options.baseUrl, options.ca);
  const headers = requestHeaders(provider, options);
  const sessions: SessionCache = { ticket: undefined };
  const closing = new AbortController();
  const inFlight = new Set<Promise<Reply>>();

  async function sendOnce(request: ProviderRequest, frame: CallFrame): Promise<Reply> {
    const { path, body } = provider.write(request);
    const payload = JSON.stringify(body);
    const url = new URL(address.url);
    url.pathname = address.url.pathname.replace(/\/+$/, "") + path;
    const givingUp = frame.signal === undefined ? [closing.signal] : [closing.signal, frame.signal];
    const clock = startCallClock(Math.min(frame.deadlineMs, options.timeoutMs), givingUp);
    const end = (reading: Reading, left: boolean): Reply => ({ ...reading, left, latencyMs: clock.elapsedMs() });
    const nothingSent = (event: TransportEvent): Reply => end(withoutAnswer(notSent(clock, event), null), false);

    let connection: Connection | null = null;
    try {
      connection = await openConnection(address, sessions, clock.signal).catch(() => null);
      if (connection === null) return nothingSent("nothing-left");
      const mark = await clock.race((async () => frame.markLeft())()).catch(() => null);
      if (mark !== true) return nothingSent(mark === null ? "mark-failed" : "left-refused");
      const maxBodyBytes = options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES;
      const answer = await exchange({ url, headers, payload, maxBodyBytes, connection, clock });
      if (!answer.handedOver) return nothingSent("nothing-left");
      if (!answer.whole) return end(withoutAnswer(brokenOff(clock), answer.httpStatus), true);
      const reading = provider.read(request, { httpStatus: answer.httpStatus, body: answer.body });
      return end(request.kind === "call" ? withoutSecrets(reading, [options.apiKey, request.token]) : reading, true);
    } finally {
      clock.stop();
      connection?.reset();
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
