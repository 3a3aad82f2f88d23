/** Campaigns of the benchmarks, put in by the engine itself and started together. A recipient is known by its name in the journal. */
import { setTimeout as sleep } from "node:timers/promises";
import { CampaignDefinition, type Engine } from "@linkup-queue/queue";

export type NewCampaign = { id: string; accountIds: readonly string[]; recipients: number; maxCredits?: number };

const BATCH = 1_000;
/** By then all recipients of several campaigns are in, so that they start at the same moment. */
const STARTS_AFTER_MS = 5_000;

/** The recipient's name in the sandbox's journal. */
export const recipientName = (campaignId: string, number: number): string => `${campaignId}-${number}`;

/** Which campaign a name of `recipientName` belongs to. */
export const campaignOf = (person: string): string => person.slice(0, person.lastIndexOf("-"));

/** Makes the campaigns with all their recipients, and starts them when all are in. Answers when they started, ms since the epoch. */
export async function putCampaigns(engine: Engine, wanted: readonly NewCampaign[]): Promise<number> {
  const campaigns = engine.campaigns;
  const together = wanted.length > 1 ? Date.now() + STARTS_AFTER_MS : null;
  for (const { id, accountIds, recipients, maxCredits } of wanted) {
    const definition = {
      name: id,
      operation: "message.send",
      accountIds,
      input: { linkedin_url: "{{linkedin_url}}", message_text: "Hello {{first_name|there}}" },
      ...(maxCredits === undefined ? {} : { maxCredits }),
      ...(together === null ? {} : { startAt: new Date(together).toISOString() }),
    };
    await campaigns.create(id, CampaignDefinition.parse(definition));
    for (let offset = 0; offset < recipients; offset += BATCH) {
      const some = Array.from({ length: Math.min(BATCH, recipients - offset) }, (_, more) => recipientOf(recipientName(id, offset + more)));
      await campaigns.accept(id, { accountIds, recipients: some, offset });
    }
  }
  await Promise.all(wanted.map(({ id }) => campaigns.change(id, "start")));
  const startedMs = Date.now();
  if (together === null || startedMs >= together) return startedMs;
  await sleep(together - startedMs);
  return together;
}

function recipientOf(name: string) {
  const url = `https://www.linkedin.com/in/${name}`;
  return { id: url, fields: { linkedin_url: url, first_name: name } };
}
