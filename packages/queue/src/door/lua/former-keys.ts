/** Keys of an earlier form; see former-keys.lua. */
import { z } from "zod";
import { defineScript } from "../../redis/script.ts";

export const formerKeysScript = defineScript({
  name: "former_keys",
  args: z.object({ formerIds: z.array(z.string()), ledgerDays: z.number(), fingerprintLength: z.number() }),
  keys: () => [],
  reply: z
    .tuple([z.number(), z.array(z.string())])
    .transform(([areHonoured, fingerprints]) => ({ areHonoured: areHonoured === 1, fingerprints })),
});
