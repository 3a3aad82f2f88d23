/**
 * One HTTP call to LinkUp v1: connection, mark, request, verdict, in this order, once.
 * It never repeats a call, never follows a redirect, and lets no byte out before the caller's `left` mark.
 */
import { validateHeaderValue } from "node:http";
import { LinkupError, type Proof, type Verdict } from "@linkup-queue/contracts";
import type { AnswerBody } from "./http/answer-body.ts";
import { type CallClock, startCallClock } from "./http/call-clock.ts";
import { type Connection, openConnection, providerAddress, type SessionCache } from "./http/connection.ts";
import { exchange } from "./http/exchange.ts";
import type { TransportEvent } from "./http/transport-table.ts";
import type { CallKind } from "./v1/answer-table.ts";
import { type AuthAnswer, type AuthStep, authAnswer } from "./v1/auth-answer.ts";
import { classify, classifyTransport } from "./v1/classify.ts";

const DEFAULT_MAX_BODY_BYTES = 10 * 1024 * 1024;

export type LinkupClientOptions = {
  baseUrl: string;
  apiKey: string;
  /** The longest any call may take. */
  timeoutMs: number;
  /** Of an answer as decompressed; 10 MiB when left out. */
  maxBodyBytes?: number;
  /** LINKUP_RETRY_WRITES_ON_500. */
  retryWritesOn500: boolean;
  userAgent?: string;
  /** PEM trusted instead of Node's own list. */
  ca?: string;
};

/** What every call needs besides its body. */
export type CallFrame = {
  /** What is left of the call's time, from before connecting to the last byte; `timeoutMs` when that is less. */
  deadlineMs: number;
  /** Asked when the connection is open and before the first byte. False or a rejection: nothing is sent. */
  markLeft: () => Promise<boolean>;
  /** Gives the call up; what was already sent ends as `interrupted`. */
  signal?: AbortSignal;
};

export type LinkupCall = CallFrame & {
  /** The operation's path, with its leading slash. */
  path: string;
  /** Without `login_token` and `country`. */
  input: Readonly<Record<string, unknown>>;
  loginToken: string;
  country?: string | undefined;
  kind: "read" | "write";
  /** What shows, in an answer with HTTP 200, that it was done: the operation's. */
  proof: Proof;
};

export type LoginCall = CallFrame & { email: string; password: string; country?: string | undefined };
export type VerifyCall = CallFrame & { email: string; code: string; country?: string | undefined };

export type CallResult = {
  verdict: Verdict;
  /** True when the request was handed to the connection. False is a fact: no byte of it left. */
  left: boolean;
  /** The whole call, connecting and marking included. */
  latencyMs: number;
};
export type AuthResult = CallResult & { auth: AuthAnswer };

export type LinkupClient = {
  /** One call for a job. Whatever the network does is in the verdict; it throws for defects alone. */
  call: (call: LinkupCall) => Promise<CallResult>;
  login: (call: LoginCall) => Promise<AuthResult>;
  verify: (call: VerifyCall) => Promise<AuthResult>;
  /** Gives up every call in flight and settles when they have their verdicts. Later calls end as given up, nothing sent. */
  close: () => Promise<void>;
};

type Sent = CallResult & { body: AnswerBody | null };
type Sending = { frame: CallFrame; path: string; kind: CallKind; proof: Proof | null; body: Readonly<Record<string, unknown>> };

/** A client for one address and one key. Throws LinkupError configuration_invalid for an address or a key that cannot be used. */
export function createLinkupClient(options: LinkupClientOptions): LinkupClient {
  const address = providerAddress(options.baseUrl, options.ca);
  const headers = requestHeaders(options);
  const sessions: SessionCache = { ticket: undefined };
  const closing = new AbortController();
  const inFlight = new Set<Promise<Sent>>();

  async function send({ frame, path, kind, proof, body }: Sending): Promise<Sent> {
    const payload = JSON.stringify(body);
    const url = new URL(address.url);
    url.pathname = address.url.pathname.replace(/\/+$/, "") + path;
    const givingUp = frame.signal === undefined ? [closing.signal] : [closing.signal, frame.signal];
    const clock = startCallClock(Math.min(frame.deadlineMs, options.timeoutMs), givingUp);
    const end = (verdict: Verdict, left: boolean, answered: AnswerBody | null): Sent => ({
      verdict,
      left,
      latencyMs: clock.elapsedMs(),
      body: answered,
    });
    const nothingSent = (event: TransportEvent): Sent => end(classifyTransport(notSent(clock, event), null), false, null);

    let connection: Connection | null = null;
    try {
      connection = await openConnection(address, sessions, clock.signal).catch(() => null);
      if (connection === null) return nothingSent("nothing-left");
      const mark = await clock.race((async () => frame.markLeft())()).catch(() => null);
      if (mark !== true) return nothingSent(mark === null ? "mark-failed" : "left-refused");
      const maxBodyBytes = options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES;
      const answer = await exchange({ url, headers, payload, maxBodyBytes, connection, clock });
      if (!answer.handedOver) return nothingSent("nothing-left");
      if (!answer.whole) return end(classifyTransport(brokenOff(clock), answer.httpStatus), true, null);
      const { httpStatus, body: answered } = answer;
      return end(classify({ httpStatus, body: answered, kind, proof, retryWritesOn500: options.retryWritesOn500 }), true, answered);
    } finally {
      clock.stop();
      connection?.reset();
    }
  }

  function track(sending: Sending): Promise<Sent> {
    const sent = send(sending);
    inFlight.add(sent);
    const forget = (): boolean => inFlight.delete(sent);
    sent.then(forget, forget);
    return sent;
  }

  async function auth(step: AuthStep, frame: CallFrame, body: Readonly<Record<string, unknown>>): Promise<AuthResult> {
    const { body: answered, ...result } = await track({ frame, path: `/v1/auth/${step}`, kind: "auth", proof: null, body });
    return { ...result, auth: authAnswer(step, result.verdict, answered) };
  }

  return {
    call: async ({ path, input, loginToken, country, kind, proof, ...frame }) => {
      const { verdict, left, latencyMs } = await track({ frame, path, kind, proof, body: { ...input, login_token: loginToken, country } });
      return { verdict, left, latencyMs };
    },
    login: ({ email, password, country, ...frame }) => auth("login", frame, { email, password, country }),
    verify: ({ email, code, country, ...frame }) => auth("verify", frame, { email, code, country }),
    close: async () => {
      closing.abort();
      await Promise.allSettled(inFlight);
    },
  };
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

function requestHeaders({ apiKey, userAgent }: LinkupClientOptions): Record<string, string> {
  const headers = {
    "x-api-key": apiKey,
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
