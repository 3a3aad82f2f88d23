/** The campaign that a person means by an id, alone or with the load that its estimate wants. It reads only. */
import { LinkupError } from "@linkup-queue/contracts";
import { type Campaign, Campaigns, type CampaignView, campaignView, type Engine, type Load, readLoad } from "@linkup-queue/queue";

/** The campaign. Throws LinkupError `not_found`. */
export async function findCampaign(engine: Engine, id: string): Promise<Campaign> {
  const campaign = await new Campaigns(engine.scripts).read(id);
  if (campaign !== null) return campaign;
  throw new LinkupError("not_found", `There is no campaign ${id}; "linkup campaign status" shows those there are`);
}

/** What else goes on now, with the accounts of these campaigns. */
export function loadFor(engine: Engine, of: readonly Campaign[]): Promise<Load> {
  return readLoad({ ...engine, campaigns: new Campaigns(engine.scripts) }, of);
}

/** A campaign as it is shown, under the load of now. */
export async function viewOf(engine: Engine, campaign: Campaign): Promise<CampaignView> {
  return campaignView(campaign, await loadFor(engine, [campaign]));
}
