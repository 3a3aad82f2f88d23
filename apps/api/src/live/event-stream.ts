/** Server-sent events to one client: heartbeats, an end when the process stops, and no memory for a client that does not read. */
import type { ServerResponse } from "node:http";

export type EventStream = {
  /** Sends an event that `eventOf` made. */
  send(event: Buffer): void;
};

/** An event as it goes over the wire, to be made once for all who are sent it; without a name it is a message. */
export function eventOf(name: string | null, data: string): Buffer {
  const lines = data.split("\n").map((line) => `data: ${line}`);
  return Buffer.from(`${name === null ? "" : `event: ${name}\n`}${lines.join("\n")}\n\n`);
}

export type EventStreamOptions = {
  stopping: AbortSignal;
  /** The stream ends after so many ms; clients connect again. */
  endAfterMs: number;
  onClose: () => void;
};

/** Proxies and clients end a connection on which nothing comes for a minute, mostly. */
const HEARTBEAT_MS = 15_000;
/** Clients come again after this, ms. */
const RETRY_MS = 2_000;
/** A client that is so many bytes behind is cut off: it reads how things are when it comes again. */
const MOST_BEHIND = 1_048_576;
/** Timers count no further. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** Opens the stream on a response that nothing was written to. */
export function openEventStream(response: ServerResponse, { stopping, endAfterMs, onClose }: EventStreamOptions): EventStream {
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    // Some proxies gather an answer before they hand it on.
    "x-accel-buffering": "no",
  });
  response.write(`retry: ${RETRY_MS}\n\n`);
  const end = () => response.end();
  const beat = setInterval(() => response.write(": still here\n\n"), HEARTBEAT_MS);
  const last = setTimeout(end, Math.min(Math.max(endAfterMs, 0), LONGEST_TIMER_MS));
  stopping.addEventListener("abort", end, { once: true });
  response.once("close", () => {
    clearInterval(beat);
    clearTimeout(last);
    stopping.removeEventListener("abort", end);
    onClose();
  });
  if (stopping.aborted) end();
  return {
    send: (event) => {
      if (response.destroyed || response.writableEnded) return;
      if (response.writableLength > MOST_BEHIND) {
        response.destroy();
        return;
      }
      response.write(event);
    },
  };
}
