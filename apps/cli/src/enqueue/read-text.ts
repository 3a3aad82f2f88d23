/** Bytes of a file or of stdin as text. A file in another encoding is refused: its umlauts would reach people as garbage. */
import { LinkupError } from "@linkup-queue/contracts";

/** The text of `bytes`, piece by piece; `onBytes` hears of each piece as it is used. Throws LinkupError `invalid_input`. */
export async function* readText(bytes: AsyncIterable<unknown>, onBytes: (count: number) => void): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for await (const piece of bytes) {
    const chunk = typeof piece === "string" ? Buffer.from(piece) : piece;
    if (!(chunk instanceof Uint8Array)) throw new LinkupError("internal_error", "A stream gave something that is not bytes");
    yield decode(() => decoder.decode(chunk, { stream: true }));
    onBytes(chunk.length);
  }
  yield decode(() => decoder.decode());
}

function decode(read: () => string): string {
  try {
    return read();
  } catch (cause) {
    throw new LinkupError("invalid_input", 'The text is not UTF-8 from here on; save the file as UTF-8 (in Excel: "CSV UTF-8")', { cause });
  }
}
