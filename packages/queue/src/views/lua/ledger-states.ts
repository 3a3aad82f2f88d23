/** The ledger's states of listed jobs; see ledger-states.lua. */
import { z } from "zod";
import { defineScript } from "../../redis/script.ts";

export const ledgerStatesScript = defineScript({
  name: "ledger_states",
  args: z.object({ digests: z.array(z.string()), ledgerDays: z.number() }),
  keys: (keys, { digests }) => (digests ?? []).map(keys.job),
  /** State, status, and the letter of a status. */
  reply: z.array(z.tuple([z.string(), z.string(), z.string()])),
});
