/** Puts a decided answer on the wire, or fails to, as the decision says. */
import type { ServerResponse } from "node:http";
import type { Answer } from "./decide-call.ts";
import type { Timers } from "./timers.ts";

export type DeliveryRules = { oversizedBytes: number; dripIntervalMs: number; timers: Timers };

/** Sends the answer; a hang leaves the connection open until the client or the sandbox closes it. */
export function deliver(response: ServerResponse, answer: Answer, rules: DeliveryRules): void {
  const bytes = Buffer.from(answer.body);
  switch (answer.delivery) {
    case "plain":
      response.writeHead(answer.status, { "content-type": answer.contentType, "content-length": bytes.length });
      response.end(bytes);
      return;
    case "hang":
      return;
    case "reset":
      response.socket?.resetAndDestroy();
      return;
    case "truncated":
      response.writeHead(answer.status, { "content-type": answer.contentType, "content-length": bytes.length });
      response.write(bytes.subarray(0, bytes.length / 2), () => response.socket?.destroySoon());
      return;
    case "drip":
      response.writeHead(answer.status, { "content-type": answer.contentType, "content-length": bytes.length });
      drip(response, bytes, rules);
      return;
    case "oversized":
      pour(response, answer, rules.oversizedBytes);
  }
}

function drip(response: ServerResponse, bytes: Buffer, rules: DeliveryRules): void {
  let sent = 0;
  const next = (): void => {
    if (response.destroyed) return;
    sent += 1;
    response.write(bytes.subarray(sent - 1, sent));
    if (sent < bytes.length) rules.timers.after(rules.dripIntervalMs, next);
    else response.end();
  };
  next();
}

/** A well-formed answer of a size that no client should take into memory; without content-length, so that only counting helps. */
function pour(response: ServerResponse, answer: Answer, totalBytes: number): void {
  const head = '{"status":"success","data":"';
  const tail = '"}';
  const filling = Buffer.alloc(64 * 1024, "x");
  let left = Math.max(0, totalBytes - head.length - tail.length);
  response.writeHead(answer.status, { "content-type": answer.contentType });
  response.write(head);
  const more = (): void => {
    while (left > 0 && !response.destroyed) {
      const chunk = filling.subarray(0, Math.min(left, filling.length));
      left -= chunk.length;
      if (!response.write(chunk)) {
        response.once("drain", more);
        return;
      }
    }
    if (!response.destroyed) response.end(tail);
  };
  more();
}
