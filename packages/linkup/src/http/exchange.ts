/**
 * Carries one HTTP request over one open connection: the only place that uses got.
 * Whatever got offers beyond that is off: retries, redirects, cookies, caches and proxies would each make a second call or a second meaning.
 */
import got, { type Request } from "got";
import type { AnswerBody } from "../seam/provider.ts";
import { parseAnswerBody } from "./answer-body.ts";
import type { CallClock } from "./call-clock.ts";
import type { Connection } from "./connection.ts";
import type { Passage, Way } from "./way.ts";

export type Exchange = {
  url: string;
  headers: Readonly<Record<string, string>>;
  /** JSON. */
  payload: string;
  /** Of the body as decompressed; reading stops past it. */
  maxBodyBytes: number;
  connection: Connection;
  clock: CallClock;
  /** Where it is wanted to know when the request was at the other end. */
  way?: Way | undefined;
};

/** `handedOver` is false only when no byte of the request can have left. */
export type ExchangeResult =
  | {
      whole: true;
      handedOver: true;
      httpStatus: number;
      body: AnswerBody;
      /** When the peer was seen to have acknowledged the whole request, by `performance.now()`; null or left out: nobody saw it. */
      acknowledgedAtMs?: number | null;
    }
  | { whole: false; handedOver: boolean; httpStatus: number | null };

/** Sends the request and reads the whole answer, until the clock cuts it. Never throws. */
export async function exchange({ url, headers, payload, maxBodyBytes, connection, clock, way }: Exchange): Promise<ExchangeResult> {
  let handedOver = false;
  let passage: Passage | undefined;
  let isOver = false;
  const request = got.stream.post(url, {
    headers: { ...headers },
    body: payload,
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    http2: false,
    // Without an agent Node opens no connection of its own, asks for this one once, and keeps none.
    createConnection: () => {
      if (clock.cause() !== null || !connection.isOpen()) throw new Error("The connection is not to be used any more");
      handedOver = true;
      return connection.socket;
    },
  });
  // Errors also arrive after the reading loop has ended; unheard they would end the process.
  request.on("error", () => undefined);
  // `finish`: the last byte was handed to the kernel.
  const onHandedOver = (): void => {
    if (!isOver) passage = way?.handedOver(connection.tcp);
  };
  if (way !== undefined) request.once("request", (sent) => sent.once("finish", onHandedOver));
  // Nobody here speaks another protocol, and got would wait for ever.
  request.once("upgrade", () => request.destroy(new Error("The answer switches to another protocol")));
  const onAbort = (): void => {
    connection.reset();
    request.destroy();
  };
  clock.signal.addEventListener("abort", onAbort, { once: true });

  try {
    const body = await readBody(request, maxBodyBytes);
    const httpStatus = statusOf(request);
    if (body.state !== "too_large") connection.close();
    if (httpStatus === null || !handedOver) return { whole: false, handedOver, httpStatus };
    return { whole: true, handedOver, httpStatus, body, acknowledgedAtMs: passage?.acknowledgedAtMs() ?? null };
  } catch {
    return { whole: false, handedOver, httpStatus: statusOf(request) };
  } finally {
    isOver = true;
    passage?.stop();
    clock.signal.removeEventListener("abort", onAbort);
    request.destroy();
    connection.reset();
  }
}

async function readBody(request: Request, maxBodyBytes: number): Promise<AnswerBody> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > maxBodyBytes) return { state: "too_large" };
    chunks.push(chunk);
  }
  return parseAnswerBody(Buffer.concat(chunks));
}

function statusOf(request: Request): number | null {
  return request.response?.statusCode ?? null;
}
