/** Reads a request's body with a bound. Never keeps more than the bound. */
import type { IncomingMessage } from "node:http";

export type ReadBody = { kind: "text"; text: string } | { kind: "too-large" } | { kind: "aborted" };

/** Calls back exactly once: with the text, or once the bound is passed, or when the client leaves in mid-body. */
export function readBody(request: IncomingMessage, maxBytes: number, whenRead: (body: ReadBody) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  let settled = false;
  const settle = (body: ReadBody): void => {
    if (settled) return;
    settled = true;
    whenRead(body);
  };
  request.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
    else settle({ kind: "too-large" });
  });
  request.on("end", () => settle({ kind: "text", text: chunks.length === 1 ? String(chunks[0]) : Buffer.concat(chunks).toString() }));
  request.on("error", () => settle({ kind: "aborted" }));
  request.on("close", () => settle({ kind: "aborted" }));
}
