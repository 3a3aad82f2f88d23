/**
 * The table for calls that ended without a whole answer: keyed by what happened, so the compiler proves it total.
 * `retry` stands only where it is a fact that no byte of the request left this process.
 */
import type { Charge, Effect, OutcomeCode, Remedy, Verdict } from "@linkup-queue/contracts";

/** How a call can end without a whole answer. */
export const TRANSPORT_EVENTS = [
  "nothing-left",
  "left-refused",
  "mark-failed",
  "too-late-to-leave",
  "aborted-before-left",
  "timed-out",
  "reset",
  "aborted",
] as const;
export type TransportEvent = (typeof TRANSPORT_EVENTS)[number];

export type TransportRow = {
  /** For people: what happened. */
  when: string;
  code: OutcomeCode;
  charge: Charge;
  effect: Effect;
  remedy: Remedy;
  message: string;
  source: string;
};

const FREE = { charge: "no", effect: "none", remedy: "retry" } as const;
const UNKNOWN = { charge: "unknown", effect: "unknown", remedy: "end" } as const;

export const TRANSPORT_TABLE: Readonly<Record<TransportEvent, TransportRow>> = {
  "nothing-left": {
    when: "name not resolved, connection refused, TLS failed, or the connection gone before the request was handed to it",
    code: "connection_failed",
    ...FREE,
    message: "No connection to LinkUp: check LINKUP_BASE_URL, the network and the certificate; nothing was sent",
    source: "a fact: the request is handed to the connection after it is open",
  },
  "left-refused": {
    when: "the `left` mark was refused: the grant is past its deadline or void",
    code: "connection_failed",
    ...FREE,
    message: "The permission to call ran out before the connection was open; nothing was sent",
    source: "a fact: the request is handed over after the mark",
  },
  "mark-failed": {
    when: "writing the `left` mark failed",
    code: "connection_failed",
    ...FREE,
    message: "Redis did not confirm the mark that goes before a call: check Redis; nothing was sent",
    source: "a fact: whether or not the mark was written, the request was not handed over",
  },
  "too-late-to-leave": {
    when: "the deadline passed before the request was handed to the connection",
    code: "connection_failed",
    ...FREE,
    message: "The deadline passed before a connection to LinkUp was ready; nothing was sent",
    source: "a fact: the request is handed over after the mark, and never past the deadline",
  },
  "aborted-before-left": {
    when: "this process gave up before the request was handed to the connection",
    code: "interrupted",
    ...FREE,
    message: "The call was given up before anything was sent",
    source: "a fact, as above",
  },
  "timed-out": {
    when: "the deadline passed after the request was handed over; the connection is reset",
    code: "timed_out",
    ...UNKNOWN,
    message: "LinkUp did not answer in time: look on LinkedIn whether it was done before sending it again",
    source: "[I] nothing tells whether the provider went on",
  },
  // The provider's side cut its answer short, so it is a bad response; `interrupted` is kept for our own crash or shutdown.
  reset: {
    when: "the connection broke, or what came was no HTTP or no whole body, after the request was handed over",
    code: "bad_response",
    ...UNKNOWN,
    message: "The connection to LinkUp broke in the middle of the call: look on LinkedIn whether it was done before sending it again",
    source: "[I] nothing tells whether the provider went on",
  },
  aborted: {
    when: "this process gave up after the request was handed over; the connection is reset",
    code: "interrupted",
    ...UNKNOWN,
    message: "The call was given up before LinkUp answered: look on LinkedIn whether it was done before sending it again",
    source: "[I] nothing tells whether the provider went on",
  },
};

/** The verdict on a call without a whole answer; `httpStatus` when at least the head of one came. */
export function verdictWithoutAnswer(event: TransportEvent, httpStatus: number | null): Verdict {
  const { code, charge, effect, remedy, message } = TRANSPORT_TABLE[event];
  return { row: event, code, charge, effect, remedy, message, httpStatus, output: null };
}
