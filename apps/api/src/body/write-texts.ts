/** A text that is longer than memory, on its way to a client: a piece at a time, and no faster than it is read. */
import { once } from "node:events";
import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { ClientGone } from "./read-chunks.ts";

/** `silenceMs`: so long a client may read nothing. */
export type WriteOptions = { headers: OutgoingHttpHeaders; silenceMs: number; stopping: AbortSignal };

/** Pieces are put together up to this many characters. */
const AT_ONCE = 64 * 1024;

/**
 * Writes all pieces and ends the answer, which begins with the first piece. Throws ClientGone when the client went, reads nothing for `silenceMs`, or the process stops;
 * the pieces are asked for no further then.
 */
export async function writeTexts(response: ServerResponse, texts: AsyncIterable<string>, options: WriteOptions): Promise<void> {
  const { headers, silenceMs, stopping } = options;
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const send = async (text: string) => {
    if (response.write(text)) return;
    await once(response, "drain", { signal: AbortSignal.any([gone.signal, AbortSignal.timeout(silenceMs)]) }).catch(() => {
      throw new ClientGone();
    });
  };
  let ahead = "";
  for await (const text of texts) {
    // Half an answer must not look like a whole one: the connection is cut.
    if (response.destroyed || stopping.aborted) throw new ClientGone();
    if (!response.headersSent) response.writeHead(200, headers);
    ahead += text;
    if (ahead.length < AT_ONCE) continue;
    await send(ahead);
    ahead = "";
  }
  if (ahead !== "") await send(ahead);
  response.end();
}
