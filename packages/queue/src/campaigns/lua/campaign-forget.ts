/** Campaigns that are over are forgotten; see campaign-forget.lua. */
import { z } from "zod";
import { defineScript } from "../../redis/script.ts";

export const campaignForgetScript = defineScript({
  name: "campaign_forget",
  args: z.object({ resultsMs: z.number(), keepMs: z.number() }),
  keys: (keys) => [keys.endedResults, keys.endedCampaigns],
  /** The id of what was forgotten whole, or ''. */
  reply: z.string(),
});
