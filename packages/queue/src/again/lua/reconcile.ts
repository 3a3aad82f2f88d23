/** The name and the entry of the job that looks for a write that was told unknown; see reconcile.lua. */
import { z } from "zod";
import { defineScript } from "../../redis/script.ts";

export const reconcileScript = defineScript({
  name: "reconcile",
  args: z.object({
    /** Of the looks, and of the write. */
    queue: z.string(),
    /** Of the write's job. */
    digest: z.string(),
    /** Ids and digests, in order. */
    candidates: z.array(z.tuple([z.string(), z.string()])),
    account: z.string(),
    campaign: z.string().optional(),
    /** JobMeta of the look, as JSON. */
    meta: z.string(),
    /** Reconciling, as JSON. */
    reconciling: z.string(),
    ledgerDays: z.number(),
  }),
  keys: (keys, { digest, candidates }) => [
    keys.redriven(digest),
    keys.resolved(digest),
    keys.waiting,
    ...candidates.map(([, candidate]) => keys.job(candidate)),
  ],
  reply: z.tuple([z.enum(["new", "again", "known", "none", "redriven", "resolved", "state_lost"]), z.string()]),
});
