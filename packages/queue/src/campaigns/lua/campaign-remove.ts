/** A recipient is taken out of a draft; see campaign-remove.lua. */
import { z } from "zod";
import { defineScript } from "../../redis/script.ts";

export const campaignRemoveScript = defineScript({
  name: "campaign_remove",
  args: z.object({
    campaign: z.string(),
    account: z.string(),
    /** By its number, counted from the first ever. */
    chunk: z.number(),
    /** The recipient's. */
    digest: z.string(),
  }),
  keys: (keys, { campaign, account, digest }) => [
    keys.campaign(campaign),
    keys.todo(campaign, account),
    keys.recipients(campaign, digest.slice(0, 2)),
  ],
  /** `changed`: the chunk is not what was read; `started`: the campaign is no draft any more. */
  reply: z.enum(["done", "changed", "started"]),
});
