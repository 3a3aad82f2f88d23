/** The course of a campaign if it went on now: cost and end, whom it would not write to, examples of what it sends, and what is probably not meant. It changes nothing. */
import type { Issue } from "@linkup-queue/contracts";
import type { RedisScripts } from "../redis/scripts.ts";
import type { PeopleDigests } from "../safety/people-digests.ts";
import { type Estimate, estimate, type Load } from "./campaign-estimate.ts";
import type { Campaign } from "./campaign-record.ts";
import { drawSamples, type Sample } from "./draw-samples.ts";
import { countOutOfReach } from "./out-of-reach.ts";
import { campaignDoubts } from "./unsent.ts";

/** `samples`: inputs of some recipients that are left, see `SAMPLES`. */
export type Preview = { estimate: Estimate; samples: Sample[]; doubts: Issue[] };

/** `random` gives numbers from 0 to below 1. */
export async function previewCampaign(
  parts: { scripts: RedisScripts; digests: PeopleDigests },
  campaign: Campaign,
  { load, random = Math.random }: { load: Load; random?: () => number },
): Promise<Preview> {
  const [outOfReach, samples, doubts] = await Promise.all([
    countOutOfReach(parts, campaign, random),
    drawSamples(parts.scripts, campaign, random),
    campaignDoubts(parts.scripts, campaign),
  ]);
  return { estimate: estimate(campaign, load, outOfReach), samples, doubts };
}
