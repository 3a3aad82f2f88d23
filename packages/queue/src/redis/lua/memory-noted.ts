/** The memory that Redis used, hour by hour; see memory-noted.lua. */
import { z } from "zod";
import { defineScript } from "../script.ts";

export const memoryNotedScript = defineScript({
  name: "memory_noted",
  args: z.object({
    /** As the server says; of a cluster the fullest master's. */
    usedBytes: z.number(),
  }),
  keys: (keys) => [keys.memory],
  reply: z.number().transform((answer) => answer === 1),
});
