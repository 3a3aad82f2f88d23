/** Answers to what Node's HTTP parser can't read or won't wait for, in the same form as all other errors. */
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { LinkupError } from "@linkup-queue/contracts";
import { errorBody } from "../http/api-error.ts";

const ANSWERS: Readonly<Record<string, readonly [string, LinkupError]>> = {
  HPE_HEADER_OVERFLOW: ["431 Request Header Fields Too Large", new LinkupError("payload_too_large", "The headers are too large")],
  ERR_HTTP_REQUEST_TIMEOUT: ["408 Request Timeout", new LinkupError("timed_out", "The request took too long to arrive")],
};
const MALFORMED = ["400 Bad Request", new LinkupError("invalid_input", "This is not a readable HTTP request")] as const;

/** For the server's `clientError`. */
export function answerUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  const begun = "bytesWritten" in socket && (socket as Socket).bytesWritten > 0;
  if (error.code === "ECONNRESET" || !socket.writable || begun) {
    socket.destroy();
    return;
  }
  const [status, failure] = ANSWERS[error.code ?? ""] ?? MALFORMED;
  const body = JSON.stringify(errorBody(failure));
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
