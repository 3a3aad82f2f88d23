/** What happens to campaigns, one log line each: started, stalled, moving again, paused, ended, cancelled. No person's data. */
import { type CampaignMoment, Campaigns, type Engine } from "@linkup-queue/queue";
import type { Logger } from "pino";

const WORDS: Readonly<Record<CampaignMoment["event"], string>> = {
  draft: "a campaign was made",
  scheduled: "a campaign waits for its startAt",
  running: "a campaign runs",
  stalled: "a campaign has stalled: the accounts it needs are away",
  moving: "a campaign moves again",
  paused: "a campaign is paused",
  ended: "a campaign has ended",
  cancelled: "a campaign was cancelled",
};

/** Tells one moment. `why` is `budget_exhausted` when the campaign's credits paused it. */
export async function tellCampaign({ scripts }: Engine, log: Logger, moment: CampaignMoment): Promise<void> {
  const { campaign: campaignId, event, why, at } = moment;
  const campaign = await new Campaigns(scripts).read(campaignId);
  const counts = campaign === null ? {} : { recipients: campaign.recipients, byStatus: campaign.byStatus, credits: campaign.credits };
  const told = { campaignId, event, why, at: new Date(at).toISOString(), ...counts };
  if (event === "stalled" || why === "budget_exhausted" || why === "expired") log.warn(told, WORDS[event]);
  else log.info(told, WORDS[event]);
}
