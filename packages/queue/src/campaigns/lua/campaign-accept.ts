/** A batch of recipients; see campaign-accept.lua. */
import { z } from "zod";
import { defineScript, jsonReply } from "../../redis/script.ts";

export const campaignAcceptScript = defineScript({
  name: "campaign_accept",
  args: z.object({
    campaign: z.string(),
    /** The same for every repetition. */
    batch: z.string(),
    /** The text that they were checked against. */
    rev: z.number().optional(),
    /** The place in the list for which the shares were dealt. */
    offset: z.number(),
    digests: z.array(z.string()),
    /** Columns, by their keys, that one of them fills. */
    filled: z.array(z.string()),
    shares: z.array(z.object({ account: z.string(), count: z.number() })),
  }),
  keys: (keys, { campaign }) => [keys.campaign(campaign)],
  reply: jsonReply(
    z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("ok"), place: z.number() }),
      z.object({ kind: z.literal("seen"), digests: z.array(z.string()) }),
      z.object({ kind: z.literal("edited") }),
      z.object({ kind: z.literal("moved"), place: z.number() }),
      z.object({ kind: z.literal("closed"), state: z.string() }),
    ]),
  ),
});
