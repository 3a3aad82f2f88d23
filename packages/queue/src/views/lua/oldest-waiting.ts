/** The heads of a queue; see oldest-waiting.lua. */
import { z } from "zod";
import { defineScript } from "../../redis/script.ts";

export const oldestWaitingScript = defineScript({
  name: "oldest_waiting",
  args: z.object({ queue: z.string() }),
  keys: () => [],
  /** When each was made, and its options as JSON. */
  reply: z.array(z.tuple([z.string(), z.string()])),
});
