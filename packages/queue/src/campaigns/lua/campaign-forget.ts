/** Campaigns that are over are forgotten, or deleted by a person; see campaign-forget.lua. */
import { z } from "zod";
import { defineScript } from "../../redis/script.ts";

export const campaignForgetScript = defineScript({
  name: "campaign_forget",
  args: z.object({ resultsMs: z.number(), keepMs: z.number() }),
  keys: (keys) => [keys.endedResults, keys.endedCampaigns],
  /** The id of what was forgotten whole, or ''. */
  reply: z.string(),
});

/** `open`: jobs of it have no outcome yet. With the state that it has, or had. */
export const campaignDeleteScript = defineScript({
  name: "campaign_delete",
  args: z.object({ campaign: z.string() }),
  keys: (keys, { campaign }) => [keys.campaign(campaign), keys.held(campaign), keys.endedResults, keys.endedCampaigns],
  reply: z.tuple([z.enum(["done", "unknown", "conflict", "open"]), z.string()]),
});
