/** People whom a campaign would not write to; see out-of-reach.lua. */
import { z } from "zod";
import { defineScript } from "../../redis/script.ts";
import { OUT_OF_REACH_CODES } from "../out-of-reach-code.ts";

export const outOfReachScript = defineScript({
  name: "out_of_reach",
  args: z.object({
    campaign: z.string(),
    recipients: z.array(
      z.object({
        /** Whom the job would be about: digests with commas between. */
        people: z.string(),
        /** Whom it would reach, as digests. */
        reached: z.string(),
        account: z.string(),
      }),
    ),
  }),
  keys: (keys, { campaign }) => [keys.campaign(campaign)],
  reply: z.array(z.enum([...OUT_OF_REACH_CODES, ""]).transform((code) => (code === "" ? null : code))),
});
