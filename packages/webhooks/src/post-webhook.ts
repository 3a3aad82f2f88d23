/**
 * One post to a webhook, signed by the Standard Webhooks scheme, once: nothing is repeated or followed here. The receiver's words beyond
 * its status are not kept, and no error holds a secret, an address or a body.
 */
import got, { RequestError } from "got";
import { Webhook } from "standardwebhooks";
import { isPublicAddress, literalAddress, type ResolveName, resolveName } from "./address.ts";
import { AddressRefused, checkedLookup } from "./checked-lookup.ts";

export type WebhookPost = {
  url: string;
  /** `whsec_` and base64. */
  secret: string;
  /** The receiver's idempotency key; the same for every try. */
  messageId: string;
  /** JSON, posted as it is. */
  body: string;
};

export type PostOptions = {
  /** Whether addresses that are not public may be posted to. */
  allowPrivate: boolean;
  /** The whole post, from resolving the name to the answer's end. */
  timeoutMs?: number;
  resolve?: ResolveName;
  /** Gives the post up. */
  signal?: AbortSignal;
};

/** `why` is one of a few words, or `http_` and the status. */
export type PostResult =
  | { ok: true; httpStatus: number }
  /** `retryAfterMs`: how long the receiver asks to be left alone; null where it does not say. */
  | { ok: false; httpStatus: number | null; why: string; retryAfterMs: number | null };

/** Standard Webhooks asks for 15 to 30 s. */
export const POST_TIMEOUT_MS = 15_000;
/** An answer is read this far, so that a receiver is not cut off in mid-sentence. */
const MOST_ANSWER_BYTES = 65_536;

/** Posts once. An error is in the result; throws for a secret or URL that `WebhookRequest` would have refused. */
export async function postWebhook({ url, secret, messageId, body }: WebhookPost, options: PostOptions): Promise<PostResult> {
  const { allowPrivate, timeoutMs = POST_TIMEOUT_MS, resolve = resolveName, signal } = options;
  const literal = literalAddress(new URL(url));
  // A socket asks no lookup for an address.
  if (!allowPrivate && literal !== null && !isPublicAddress(literal)) return failed(null, "address_refused");
  const at = new Date();
  const timeUp = AbortSignal.timeout(timeoutMs);
  const request = got.stream.post(url, {
    headers: {
      "content-type": "application/json",
      "user-agent": "linkup-queue",
      "webhook-id": messageId,
      "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
      "webhook-signature": new Webhook(secret).sign(messageId, at, body),
    },
    body,
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    decompress: false,
    http2: false,
    agent: { http: false, https: false },
    dnsLookup: checkedLookup({ allowPrivate, resolve }),
    signal: signal === undefined ? timeUp : AbortSignal.any([timeUp, signal]),
  });
  // Errors also arrive after the reading loop has ended; unheard they would end the process.
  request.on("error", () => undefined);
  request.once("upgrade", () => request.destroy(new Error("The answer switches to another protocol")));
  try {
    let bytes = 0;
    for await (const chunk of request as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength;
      if (bytes > MOST_ANSWER_BYTES) break;
    }
    return judge(request.response?.statusCode ?? null, retryAfterMs(request.response?.headers["retry-after"], at.getTime()));
  } catch (error) {
    const httpStatus = request.response?.statusCode ?? null;
    if (signal?.aborted) return failed(httpStatus, "given_up");
    return failed(httpStatus, timeUp.aborted ? "timed_out" : reason(error));
  } finally {
    request.destroy();
  }
}

function failed(httpStatus: number | null, why: string): PostResult {
  return { ok: false, httpStatus, why, retryAfterMs: null };
}

function judge(httpStatus: number | null, retryAfterMs: number | null): PostResult {
  if (httpStatus === null) return failed(null, "connection_failed");
  if (httpStatus >= 200 && httpStatus < 300) return { ok: true, httpStatus };
  return { ok: false, httpStatus, why: httpStatus >= 300 && httpStatus < 400 ? "redirected" : `http_${httpStatus}`, retryAfterMs };
}

/** Seconds, or a date (RFC 9110, 10.2.3), as ms from now; null for neither, and for a time that is past. */
function retryAfterMs(header: string | undefined, nowMs: number): number | null {
  const text = header?.trim() ?? "";
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs;
  return ms > 0 ? ms : null;
}

function reason(error: unknown): string {
  const cause = error instanceof RequestError ? (error.cause ?? error) : error;
  if (cause instanceof AddressRefused) return "address_refused";
  const code = error instanceof RequestError ? error.code : "";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "name_not_resolved";
  return /CERT|SSL|TLS|ALTNAME|SELF_SIGNED|UNABLE_TO/.test(code) ? "tls_failed" : "connection_failed";
}
