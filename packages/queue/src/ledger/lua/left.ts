/** The mark before the first byte; see left.lua. */
import { z } from "zod";
import { defineScript } from "../../redis/script.ts";
import { Seen } from "../seen-state.ts";

export const leftScript = defineScript({
  name: "left",
  args: z.object({ digest: z.string(), callId: z.string(), seen: Seen.optional() }),
  keys: (keys, { digest }) => [keys.job(digest)],
  /** The marks that there are since, and the line of the state that they are in; null: nothing may leave. */
  reply: z.union([z.literal(0).transform(() => null), z.tuple([z.number(), z.string()]).transform(([marks, line]) => ({ marks, line }))]),
});
