/** The bytes of a request as they come, no faster than they are asked for; silence and the end of the process are told as errors. */
import type { IncomingMessage } from "node:http";
import { LinkupError } from "@linkup-queue/contracts";

export type ChunkOptions = {
  /** The sender may be silent for this long, ms. */
  silenceMs: number;
  /** Aborted when the process stops. */
  stopping: AbortSignal;
};

/** The client went away in the middle of its request: there is nobody to answer. */
export class ClientGone extends Error {
  override readonly name = "ClientGone";
}

/** Yields the chunks of a body. Throws `timed_out`, `interrupted` (the process stops), or ClientGone. */
export async function* readChunks(request: IncomingMessage, options: ChunkOptions): AsyncGenerator<Uint8Array> {
  for (;;) {
    if (options.stopping.aborted) throw new LinkupError("interrupted", "The api is stopping; send this line and those after it again");
    const chunk: unknown = request.read();
    if (chunk instanceof Uint8Array) yield chunk;
    else if (request.readableEnded) return;
    else await somethingHappens(request, options);
  }
}

async function somethingHappens(request: IncomingMessage, { silenceMs, stopping }: ChunkOptions): Promise<void> {
  if (request.destroyed) throw new ClientGone();
  let stopWaiting = () => {};
  try {
    await new Promise<void>((resolve, reject) => {
      const wake = () => resolve();
      const gone = () => (request.readableEnded ? resolve() : reject(new ClientGone()));
      const silent = () =>
        reject(new LinkupError("timed_out", `Nothing came for ${silenceMs} ms; send this line and those after it again`));
      const timer = setTimeout(silent, silenceMs);
      request.on("readable", wake).on("end", wake).on("error", gone).on("close", gone);
      stopping.addEventListener("abort", wake);
      stopWaiting = () => {
        clearTimeout(timer);
        request.off("readable", wake).off("end", wake).off("close", gone);
        stopping.removeEventListener("abort", wake);
        // Kept for the request's whole life: an error that nobody listens to would end the process.
        if (request.listenerCount("error") > 1) request.off("error", gone);
      };
    });
  } finally {
    stopWaiting();
  }
}
