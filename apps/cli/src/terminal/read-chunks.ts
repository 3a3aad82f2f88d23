/** The bytes of a file or of stdin as they come, for whoever reads a list. A stop is an error, never an end: half a row must not be taken for a whole one. */
import { LinkupError } from "@linkup-queue/contracts";

export type ChunkOptions = { onBytes: (count: number) => void; stopping: AbortSignal };

/** Each chunk, told to `onBytes` when it is used. Throws LinkupError `interrupted` when stopped, `invalid_input` for what can't be read to its end. */
export async function* readChunks(bytes: AsyncIterable<unknown>, { onBytes, stopping }: ChunkOptions): AsyncGenerator<Uint8Array> {
  const interrupted = () => new LinkupError("interrupted", "Stopped by Ctrl-C");
  try {
    for await (const read of bytes) {
      if (stopping.aborted) throw interrupted();
      const chunk = typeof read === "string" ? Buffer.from(read) : read;
      if (!(chunk instanceof Uint8Array)) throw new LinkupError("internal_error", "A stream gave something that is not bytes");
      yield chunk;
      onBytes(chunk.length);
    }
  } catch (cause) {
    if (stopping.aborted) throw interrupted();
    if (cause instanceof LinkupError) throw cause;
    throw new LinkupError("invalid_input", "The list can't be read to its end: is the file still there, and may it be read?", { cause });
  }
  if (stopping.aborted) throw interrupted();
}
