/** Recipients that are dealt anew over other accounts, as they lie beside their campaign's list; see campaign-deal.lua. */
import { z } from "zod";

export const CampaignDeal = z.object({
  /** By which its chunks lie beside the list. */
  name: z.string(),
  /** How often rows had been erased when it was made. */
  erased: z.number(),
  /** The accounts of before, and how far each was fed. */
  from: z.array(z.object({ account: z.string(), chunk: z.number(), at: z.number() })),
  /** Of the new accounts those that get recipients: how many, in how many chunks. */
  shares: z.array(z.object({ account: z.string(), count: z.number(), chunks: z.number() })),
  /** Rows of people who were erased, which are dealt to nobody. */
  passed: z.number(),
});
export type CampaignDeal = z.infer<typeof CampaignDeal>;
