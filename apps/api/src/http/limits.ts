/** Bounds on what one request may take, in one place. Tests hand in smaller ones. */
import { MAX_REQUEST_BYTES } from "@linkup-queue/contracts";

export type Limits = {
  /** Longest JSON body, and longest line of a batch. */
  bodyBytes: number;
  /** Most bytes of bodies that are held at once, all requests together. */
  bodiesBytes: number;
  /** A JSON body must have arrived within this, ms. */
  bodyMs: number;
  /** A batch whose sender falls silent for this long is ended, ms. */
  silenceMs: number;
  /** A call to Redis is given up after this, ms. */
  redisMs: number;
  /** Bytes that a client still sends after its answer are read and dropped for this long, so that it can read the answer, ms. */
  lingerMs: number;
  /** Most streams of events at once, those of the console among them: half of them to one token, an eighth to one session of a browser. */
  eventClients: number;
  /** Most rows of a list that the console hands out as a table. */
  tableRows: number;
  /** Requests in work get this long when the process stops, ms. */
  drainMs: number;
};

export const LIMITS: Limits = {
  bodyBytes: MAX_REQUEST_BYTES,
  bodiesBytes: 256 * 1024 * 1024,
  bodyMs: 30_000,
  silenceMs: 60_000,
  redisMs: 10_000,
  lingerMs: 3_000,
  eventClients: 500,
  tableRows: 100_000,
  drainMs: 10_000,
};
