/** Entries of the audit list; see audit.lua. */
import { z } from "zod";
import { defineScript } from "../../redis/script.ts";

export const auditScript = defineScript({
  name: "audit",
  args: z.object({
    entries: z
      .array(
        z.object({
          by: z.string(),
          via: z.string(),
          from: z.string(),
          what: z.string(),
          target: z.string(),
          status: z.string(),
          count: z.string(),
        }),
      )
      .readonly(),
  }),
  keys: (keys) => [keys.audit],
  reply: z.number(),
});
