/** The number of the layout, looked at and changed; see layout.lua. */
import { z } from "zod";
import { defineScript } from "../script.ts";

export const layoutScript = defineScript({
  name: "layout",
  args: z.object({
    /** The layout that it must be to be changed; without this argument the script only reads it. */
    was: z.string().optional(),
    to: z.string().optional(),
    /** Only when no worker is alive. */
    alone: z.boolean().optional(),
    aliveMs: z.number(),
  }),
  keys: (keys) => [keys.workers],
  reply: z.tuple([z.string(), z.number()]).transform(([found, workers]) => ({ found, workers })),
});
