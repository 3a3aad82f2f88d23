/** The campaign that a person means by an id. It reads only. */
import { LinkupError } from "@linkup-queue/contracts";
import type { Campaign, Engine } from "@linkup-queue/queue";

/** The campaign. Throws LinkupError `not_found`. */
export async function findCampaign(engine: Engine, id: string): Promise<Campaign> {
  const campaign = await engine.campaigns.read(id);
  if (campaign !== null) return campaign;
  throw new LinkupError("not_found", `There is no campaign ${id}; "linkup campaign status" shows those there are`);
}
