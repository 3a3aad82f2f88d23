/** A batch of recipients that are dealt anew; see campaign-lay-out.lua. */
import { z } from "zod";
import { defineScript } from "../../redis/script.ts";

export const campaignLayOutScript = defineScript({
  name: "campaign_lay_out",
  args: z.object({
    campaign: z.string(),
    deal: z.string(),
    /** `chunk`: which one of the account's it is, from 0. */
    shares: z.array(z.object({ account: z.string(), chunk: z.number() })),
  }),
  keys: (keys, { campaign }) => [keys.campaign(campaign)],
  reply: z.number(),
});
