/** Announces events of campaigns: one log line each, and a post to webhooks: started, stalled, paused, ended, cancelled. No person's data. */
import type { CampaignEvent, Engine, WebhookEvent } from "@linkup-queue/queue";
import type { Logger } from "pino";
import { ZodError } from "zod";

const WORDS: Readonly<Record<CampaignEvent["event"], string>> = {
  draft: "a campaign was made",
  scheduled: "a campaign waits for its startAt",
  running: "a campaign runs",
  stalled: "a campaign has stalled: it waits for what `why` says",
  moving: "a campaign moves again",
  paused: "a campaign is paused",
  ended: "a campaign has ended",
  cancelled: "a campaign was cancelled",
};

/** The events that webhooks get; a campaign that moves again or is resumed has started again. */
const POSTED_AS: Readonly<Partial<Record<CampaignEvent["event"], WebhookEvent["word"]>>> = {
  running: "started",
  moving: "started",
  stalled: "stalled",
  paused: "paused",
  ended: "ended",
  cancelled: "cancelled",
};

/** Announces one event; announcing it again tells webhooks nothing new. `why` is `budget_exhausted` when the campaign's credits paused it. */
export async function announceCampaign({ campaigns, webhooks }: Engine, log: Logger, happened: CampaignEvent): Promise<void> {
  const { campaign: campaignId, event, why, at } = happened;
  // A campaign that this version can't read is announced all the same, by its id.
  const campaign = await campaigns.read(campaignId).catch((error: unknown) => {
    if (!(error instanceof ZodError || error instanceof SyntaxError)) throw error;
    log.error({ err: error, campaignId }, "the record of a campaign can't be read");
    return null;
  });
  const counts = campaign === null ? {} : { recipients: campaign.recipients, byStatus: campaign.byStatus, credits: campaign.credits };
  const word = POSTED_AS[event];
  if (word !== undefined) {
    const more = { name: campaign?.definition.name ?? null, why, ...counts };
    await webhooks.publish({ eventId: `${campaignId}-${at}-${happened.seq}`, campaignId, word, atMs: at, more });
  }
  const facts = { campaignId, event, why, at: new Date(at).toISOString(), ...counts };
  if (event === "stalled" || why === "budget_exhausted" || why === "expired") log.warn(facts, WORDS[event]);
  else log.info(facts, WORDS[event]);
}
