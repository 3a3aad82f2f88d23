/** The course of a campaign if it went on now: cost and end, whom it would not write to, examples of what it sends, and what is probably not meant. It changes nothing. */
import type { Issue } from "@linkup-queue/contracts";
import type { RedisScripts } from "../redis/scripts.ts";
import type { PeopleDigests } from "../safety/people-digests.ts";
import { type Estimate, estimate, type Load } from "./campaign-estimate.ts";
import type { Campaign } from "./campaign-record.ts";
import { drawRecipients, LOOKED_AT_FOR_SAMPLES, type Sample, samplesOf } from "./draw-samples.ts";
import { countOutOfReach, drawnForReach } from "./out-of-reach.ts";
import { campaignDoubts } from "./unsent.ts";

/** `samples`: inputs of some recipients that are left, see `SAMPLES`. */
export type Preview = { estimate: Estimate; samples: Sample[]; doubts: Issue[] };

/** `random` gives numbers from 0 to below 1. */
export async function previewCampaign(
  parts: { scripts: RedisScripts; digests: PeopleDigests },
  campaign: Campaign,
  { load, random = Math.random }: { load: Load; random?: () => number },
): Promise<Preview> {
  // Drawn once for both: a chunk of the list is read and unpacked whole, however few of its rows are wanted.
  const forReach = await drawnForReach(parts, campaign);
  const count = Math.max(forReach, LOOKED_AT_FOR_SAMPLES);
  const drawn = await drawRecipients(parts.scripts, campaign, { count, random });
  const [outOfReach, doubts] = await Promise.all([
    countOutOfReach(parts, campaign, forReach === 0 ? null : drawn),
    campaignDoubts(parts.scripts, campaign),
  ]);
  return { estimate: estimate(campaign, load, outOfReach), samples: samplesOf(campaign, drawn), doubts };
}
