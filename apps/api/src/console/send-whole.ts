/** A table on its way to somebody who downloads it: whole, or seen to be cut. */
import type { Response } from "express";
import { ClientGone } from "../body/read-chunks.ts";
import type { ApiContext } from "../http/api-context.ts";

/** Throws what `write` throws before the answer began; behind that the connection is cut, as half a table must not look like a whole one. `message`: for the log then. */
export async function sendWhole(
  response: Response,
  write: () => Promise<void>,
  { trouble, message }: { trouble: Pick<ApiContext["trouble"], "see">; message: string },
): Promise<void> {
  try {
    await write();
  } catch (thrown) {
    if (!response.headersSent && !(thrown instanceof ClientGone)) throw thrown;
    if (!(thrown instanceof ClientGone)) trouble.see(thrown, message);
    response.destroy();
  }
}
