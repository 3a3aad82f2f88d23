/** The mark before the first byte; see left.lua. */
import { z } from "zod";
import { defineScript } from "../../redis/script.ts";

export const leftScript = defineScript({
  name: "left",
  args: z.object({ d: z.string(), callId: z.string() }),
  keys: (keys, { d }) => [keys.job(d)],
  /** Whether the call may leave. */
  reply: z.number().transform((answer) => answer === 1),
});
