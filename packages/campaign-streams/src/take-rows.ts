/** Reads a list's rows as its bytes come, and tells why it stopped early. */
import { LinkupError } from "@linkup-queue/contracts";
import { redisTrouble } from "@linkup-queue/queue";

type TakingRows<Chunk, Read> = {
  chunks: AsyncIterable<Chunk>;
  rows: { feed(chunk: Chunk): Read; end(): Read };
  takeAll: (read: Read) => Promise<void>;
  /** Rows that were read whole are taken, also when the rest never comes. */
  flush: () => Promise<void>;
};

/** Null when all was read; else an error of ours, or Redis's trouble, that ended it. */
export async function takeRows<Chunk, Read>({ chunks, rows, takeAll, flush }: TakingRows<Chunk, Read>): Promise<LinkupError | null> {
  try {
    try {
      for await (const chunk of chunks) await takeAll(rows.feed(chunk));
      await takeAll(rows.end());
    } finally {
      await flush();
    }
  } catch (thrown) {
    const known = thrown instanceof LinkupError ? thrown : redisTrouble(thrown);
    if (known === null) throw thrown;
    return known;
  }
  return null;
}
