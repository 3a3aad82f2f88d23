/** The mark before the first byte; see left.lua. */
import { z } from "zod";
import { defineScript } from "../../redis/script.ts";

export const leftScript = defineScript({
  name: "left",
  args: z.object({ digest: z.string(), callId: z.string() }),
  keys: (keys, { digest }) => [keys.job(digest)],
  /** Whether the call may leave. */
  reply: z.number().transform((answer) => answer === 1),
});
