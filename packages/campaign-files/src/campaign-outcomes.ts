/** A campaign's outcomes from wherever they are kept: Redis first, and the archive for what Redis keeps no longer. Nobody sees a difference. */
import type { Archive } from "@linkup-queue/archive";
import type { Outcome } from "@linkup-queue/contracts";
import { Campaigns, type Engine } from "@linkup-queue/queue";

/** `archive`: null where outcomes are kept in Redis alone. */
export type OutcomeSources = { engine: Pick<Engine, "scripts">; archive: Archive | null };

const PAGE = 200;

/** Whether there is such a campaign, or its outcomes are archived. */
export async function hasOutcomes({ engine, archive }: OutcomeSources, campaignId: string): Promise<boolean> {
  if ((await new Campaigns(engine.scripts).read(campaignId)) !== null) return true;
  return archive !== null && (await archive.byCampaign(campaignId, { limit: 1 })).items.length > 0;
}

/** A campaign's outcomes, a page at a time: in the order they came, or as they ended where Redis has forgotten that order. */
export async function* campaignOutcomes({ engine, archive }: OutcomeSources, campaignId: string): AsyncGenerator<Outcome> {
  const elsewhere = archive === null ? undefined : (ids: readonly string[]) => archive.readMany(ids);
  let count = 0;
  for await (const outcome of new Campaigns(engine.scripts).outcomes(campaignId, { elsewhere })) {
    count += 1;
    yield outcome;
  }
  if (count > 0 || archive === null) return;
  let after: Parameters<Archive["byCampaign"]>[1]["after"];
  do {
    const page = await archive.byCampaign(campaignId, { after, limit: PAGE });
    yield* page.items;
    after = page.next ?? undefined;
  } while (after !== undefined);
}
