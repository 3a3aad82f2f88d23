/** A secret that was sealed anew; see reseal.lua. */
import { z } from "zod";
import { defineScript } from "../script.ts";

export const resealScript = defineScript({
  name: "reseal",
  args: z.object({
    /** The owner of the secret; the key has no id. */
    of: z.enum(["account", "webhook", "key"]),
    id: z.string(),
    field: z.string(),
    was: z.string(),
    becomes: z.string(),
  }),
  keys: (keys, { of, id }) => (of === "account" ? [keys.account(id)] : of === "webhook" ? [keys.webhook(id)] : []),
  /** 1 when it was put in place, 0 when another was written meanwhile. */
  reply: z.number(),
});
